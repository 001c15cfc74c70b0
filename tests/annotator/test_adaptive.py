"""Items get more answers where the next is worth its price, and no more."""

import uuid

import pytest

from annotator import queue
from annotator.models import Answer, Review, Role, Split, Task
from annotator.quality import answer_checks, review
from annotator.questions import drafts
from annotator.queue import batches
from datasets.labels import computation
from datasets.models import Label
from tests import make
from workers.training import gains

pytestmark = pytest.mark.django_db


@pytest.fixture
def adaptive(project, manager):
    return make.question(project, overlap=2, test_overlap=2, adaptive=True, most_overlap=4, label_worth=100)


@pytest.fixture
def people(project):
    made = [make.user() for _ in range(6)]
    for person in made:
        make.member(project, person, Role.ANNOTATOR)
    return made


def answer(question, person, say):
    """Let a person answer all that comes, `say(item)`; return how many that were."""
    count = 0
    while found := queue.next_tasks(question, person):
        queue.submit(question.project, found[0].task_id, person, uuid.uuid4(), say(found[0].item_id))
        count += 1
    return count


def disagreeing(question, people, clear=30):
    """Make items of which most are clear and three split people evenly; let two people answer each."""
    made = make.items_of_split(question.project, Split.TRAIN, clear + 3)
    split = {item.pk for item in made[:3]}
    for place, person in enumerate(people[:2]):
        answer(question, person, lambda item, place=place: ("yes" if place else "no") if item in split else "yes")
    return split


def test_only_items_that_are_unsure_are_asked_again(adaptive, people):
    split = disagreeing(adaptive, people)
    computation.compute(adaptive)
    again = set(Task.objects.filter(overlap=3).values_list("item", flat=True))
    assert again == split
    assert set(Task.objects.filter(open_slots__gt=0).values_list("item", flat=True)) == split
    assert not Review.objects.exists()  # more people first, a reviewer then


def test_the_next_person_gets_them_and_only_them(adaptive, people):
    split = disagreeing(adaptive, people)
    assert answer(adaptive, people[2], lambda item: "yes") == 0
    computation.compute(adaptive)
    got = []
    assert answer(adaptive, people[2], lambda item: got.append(item) or "yes") == 3
    assert set(got) == split
    assert answer(adaptive, people[0], lambda item: "yes") == 0  # who has answered them is not asked again


def test_it_stops_at_the_most_and_a_reviewer_decides(adaptive, people, manager):
    drafts.change(adaptive, manager, {"label_worth": 100_000.0})
    adaptive.refresh_from_db()
    split = disagreeing(adaptive, people)
    for place in range(2, 6):
        computation.compute(adaptive)
        answer(adaptive, people[place], lambda item, place=place: "no" if place % 2 else "yes")
    computation.compute(adaptive)
    assert set(Task.objects.filter(item__in=split).values_list("overlap", "answer_count")) == {(4, 4)}
    assert set(review.waiting(adaptive).values_list("task__item", flat=True)) == split
    assert Answer.objects.count() <= 4 * 33


def test_a_fixed_question_is_never_asked_more(project, people):
    fixed = make.question(project, overlap=2, test_overlap=2, review_agreement=0)
    disagreeing(fixed, people)
    computation.compute(fixed)
    assert set(Task.objects.values_list("overlap", flat=True)) == {2} and computation.ask_more(fixed) == 0


def test_a_right_label_that_is_worth_less_is_asked_less(adaptive, people, manager):
    disagreeing(adaptive, people)
    drafts.change(adaptive, manager, {"label_worth": 1.0})
    adaptive.refresh_from_db()
    computation.compute(adaptive)
    assert not Task.objects.filter(overlap__gt=2).exists()


def test_looking_twice_asks_once(adaptive, people):
    disagreeing(adaptive, people)
    for _ in range(3):
        computation.compute(adaptive)
    assert Task.objects.filter(overlap=3).count() == 3 and not Task.objects.filter(overlap__gt=3).exists()


def test_what_a_reviewer_has_or_decided_is_not_asked_again(adaptive, people, manager):
    split = disagreeing(adaptive, people)
    first, second, _ = Task.objects.filter(item__in=split)
    review.ask_by_hand(adaptive.project, first.pk, manager)
    review.ask_by_hand(adaptive.project, second.pk, manager)
    review.decide(adaptive.project, Review.objects.get(task=second).pk, manager, uuid.uuid4(), "yes", "it is")
    computation.compute(adaptive)
    assert list(Task.objects.filter(overlap=3).values_list("item", flat=True)) == list(
        split - {first.item_id, second.item_id}
    )


def test_a_finished_batch_is_open_again(adaptive, people):
    disagreeing(adaptive, people)
    batches.note_finished()
    assert adaptive.batches.get().finished_at
    computation.compute(adaptive)
    assert adaptive.batches.get().finished_at is None


def test_the_rules_are_kept_by_page_and_api(adaptive, client, manager, api):
    client.force_login(manager)
    address = f"/projects/{adaptive.project_id}/questions/{adaptive.pk}/quality/"
    assert b"next answer is worth its price" in client.get(address).content
    reply = api(manager).patch(
        f"/api/v1/projects/{adaptive.project_id}/questions/{adaptive.pk}/",
        {"adaptive": False, "most_overlap": 7, "label_worth": 20},
        format="json",
    )
    assert reply.status_code == 200 and reply.json()["most_overlap"] == 7
    wrong = api(manager).patch(
        f"/api/v1/projects/{adaptive.project_id}/questions/{adaptive.pk}/", {"label_worth": 0}, format="json"
    )
    assert wrong.status_code == 400 and "label_worth" in wrong.json()


def test_the_page_says_why_a_label_is_open(adaptive, people, client, manager):
    split = disagreeing(adaptive, people)
    computation.compute(adaptive)
    client.force_login(manager)
    shown = client.get(f"/projects/{adaptive.project_id}/labels/?only=open").content.decode()
    assert shown.count("the last ones left it unsure") == 3
    label = Label.objects.filter(item__in=split).first()
    page = client.get(f"/projects/{adaptive.project_id}/labels/{label.pk}/").content.decode()
    assert "waits for one more answer" in page and people[0].display_name in page


def test_nobody_is_asked_more_in_a_closed_batch(adaptive, people, manager, client):
    split = disagreeing(adaptive, people)
    batch = batches.change(adaptive.batches.get(), "closed", manager)
    computation.compute(adaptive)
    assert not Task.objects.filter(open_slots__gt=0).exists(), "nobody would ever be asked"
    assert list(gains.unsure_labels(adaptive)) == []
    client.force_login(manager)
    label = Label.objects.filter(item__in=split).first()
    page = client.get(f"/projects/{adaptive.project_id}/labels/{label.pk}/").content.decode()
    assert "its batch is closed" in page and "waits for" not in page
    batches.change(batch, "open", manager)
    batches.change(batch, "paused", manager)
    computation.ask_more(adaptive)
    assert Task.objects.filter(open_slots=1).count() == 3, "a paused batch goes on later"
    batches.change(batch, "closed", manager)
    page = client.get(f"/projects/{adaptive.project_id}/labels/{label.pk}/").content.decode()
    assert "It lacks one more answer, but its batch is closed" in page


def test_unsure_items_of_a_closed_batch_go_to_a_reviewer_by_the_questions_rules(adaptive, people, manager):
    drafts.change(adaptive, manager, {"review_confidence": 0.95, "review_agreement": 0.6})
    adaptive.refresh_from_db()
    split = disagreeing(adaptive, people)
    batches.change(adaptive.batches.get(), "closed", manager)
    answer_checks.check_answers()
    assert set(review.waiting(adaptive).values_list("task__item", flat=True)) == split
    Review.objects.all().delete()
    computation.compute(adaptive)
    assert set(review.waiting(adaptive).values_list("task__item", flat=True)) == split
