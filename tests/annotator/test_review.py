"""Items whose answers disagree, or whose label is unsure, are decided by someone who did not answer them."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from annotator import queue
from annotator.models import Answer, Review, Role, Split, Task
from annotator.quality import answer_checks, review, skips, worker_rules
from annotator.refusal import Refused
from datasets.labels import computation
from datasets.models import Label, StaleLabel
from datasets.versions import versions
from tests import make
from workers.budget.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(project):
    made = [make.user() for _ in range(4)]
    for person in made:
        make.member(project, person, Role.ANNOTATOR)
    return made


@pytest.fixture
def reviewer(project):
    person = make.user("reviewer")
    make.member(project, person, Role.REVIEWER)
    return person


def say(question, person, value):
    [held] = queue.next_tasks(question, person)
    queue.submit(question.project, held.task_id, person, uuid.uuid4(), value)
    answer_checks.check_answers()


@pytest.fixture
def disputed(question, people):
    """One item, answered yes and no."""
    make.items_of_split(question.project, Split.TRAIN, 1)
    say(question, people[0], "yes")
    say(question, people[1], "no")
    return Review.objects.get()


def decide(found, person, value="yes", reason="It has whiskers.", answer_id=None):
    project = found.task.question.project
    return review.decide(project, found.pk, person, answer_id or uuid.uuid4(), value, reason)


def refusal(*arguments, **named):
    with pytest.raises(Refused) as caught:
        decide(*arguments, **named)
    return caught.value.code


def test_disagreement_goes_to_review(disputed):
    assert disputed.trigger == "disagreement"


def test_agreement_does_not(question, people):
    make.items_of_split(question.project, Split.TRAIN, 1)
    for person in people[:2]:
        say(question, person, "yes")
    assert not Review.objects.exists()


def test_the_rule_may_ask_for_all_or_none(question, people):
    for share, expected in ((1.0, 1), (0.0, 1)):
        question.review_agreement = share
        question.save()
        make.items_of_split(question.project, Split.TRAIN, 1)
        for person in people[:2]:
            say(question, person, "yes" if share else ("yes" if person is people[0] else "no"))
        assert Review.objects.count() == expected


def test_a_label_less_sure_than_the_rule_asks_goes_to_review(question, people):
    question.review_agreement, question.review_confidence = 0.0, 0.99
    question.save()
    make.items_of_split(question.project, Split.TRAIN, 1)
    say(question, people[0], "yes")
    say(question, people[1], "no")
    computation.compute(question)
    assert Review.objects.get().trigger == "confidence"


def test_answers_are_shown_unnamed(disputed, reviewer, api):
    reply = api(reviewer).post(
        f"/api/v1/projects/{disputed.task.question.project_id}/questions/{disputed.task.question_id}/reviews/next/"
    )
    assert sorted(reply.json()["review"]["answers"], key=lambda one: one["value"]) == [
        {"value": "no", "votes": 1},
        {"value": "yes", "votes": 1},
    ]
    assert "person" not in reply.content.decode()


def test_a_decision_settles_the_label_for_good_and_is_no_paid_answer(disputed, reviewer):
    decide(disputed, reviewer, "no")
    question = disputed.task.question
    assert StaleLabel.objects.filter(question=question).exists()
    computation.compute(question)
    label = Label.objects.get()
    assert (label.value, label.probability, label.decided, label.answers) == ("no", 1.0, True, 2)
    assert Entry.objects.filter(kind="answer").count() == 2
    assert Task.objects.get().answer_count == 2
    assert not StaleLabel.objects.exists()


def test_a_decision_is_an_answer_of_its_own(disputed, reviewer):
    decided = decide(disputed, reviewer, "no")
    answer = Answer.objects.get(decision=True)
    assert (decided.decision, answer.value, answer.worker) == (answer, "no", reviewer)


def test_the_same_decision_twice_is_one_and_another_is_refused(disputed, reviewer):
    one = uuid.uuid4()
    decide(disputed, reviewer, "no", answer_id=one)
    assert decide(disputed, reviewer, "no", answer_id=one).decision_id == one
    assert refusal(disputed, reviewer, "yes") == "decided"
    for value, reason in (("yes", "It has whiskers."), ("no", "Another reason.")):
        assert refusal(disputed, reviewer, value, reason=reason, answer_id=one) == "id_taken"
    assert Answer.objects.filter(decision=True).count() == 1


def test_nobody_decides_their_own_work(disputed, people, project):
    make.member(project, people[0], Role.REVIEWER)
    assert review.next_review(disputed.task.question, people[0]) is None
    assert refusal(disputed, people[0]) == "own_work"


def test_who_decided_an_item_is_not_asked_about_it(question, reviewer, manager):
    make.items_of_split(question.project, Split.TRAIN, 1)
    found = review.ask_by_hand(question.project, Task.objects.get().pk, manager)
    [held] = queue.next_tasks(question, reviewer)
    assert refusal(found, reviewer) == "own_work"
    queue.give_back(question.project, held.task_id, reviewer)
    decide(found, reviewer)
    assert queue.next_tasks(question, reviewer) == []
    with pytest.raises(Refused):
        queue.submit(question.project, held.task_id, reviewer, uuid.uuid4(), "no")


def test_two_reviewers_never_have_one_item(disputed, reviewer, manager):
    question = disputed.task.question
    assert review.next_review(question, reviewer) == disputed
    assert review.next_review(question, reviewer) == disputed
    assert review.next_review(question, manager) is None
    assert refusal(disputed, manager) == "not_held"
    Review.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    assert review.next_review(question, manager) == disputed


@pytest.mark.parametrize(("value", "reason", "code"), [("maybe", "x", "invalid_answer"), ("yes", " ", "no_reason")])
def test_a_decision_needs_a_choice_and_a_reason(disputed, reviewer, value, reason, code):
    assert refusal(disputed, reviewer, value, reason) == code
    assert not Answer.objects.filter(decision=True).exists()


def test_more_people_can_be_asked_instead(disputed, reviewer, people):
    question = disputed.task.question
    review.ask_more(question.project, disputed.pk, reviewer, 1)
    assert not Review.objects.exists()
    say(question, people[2], "yes")
    assert queue.next_tasks(question, people[3]) == []
    assert (Task.objects.get().answer_count, Task.objects.get().overlap) == (3, 3)
    assert not Review.objects.exists()


def test_many_skips_send_an_item_to_review(question, people):
    make.items_of_split(question.project, Split.TRAIN, 1)
    for person in people[:3]:
        [held] = queue.next_tasks(question, person)
        skips.skip(question.project, held.task_id, person, "I cannot tell")
    assert Review.objects.get().trigger == "skipped"
    assert queue.next_tasks(question, people[0]) == []
    assert Task.objects.get().open_slots == 2


def test_who_answered_reads_what_was_decided_and_why(disputed, reviewer, people, client):
    decide(disputed, reviewer, "no", "Its ears are round.")
    path = f"/projects/{disputed.task.question.project_id}/decisions/"
    client.force_login(people[0])
    page = client.get(path).content.decode()
    assert "Its ears are round." in page and "you said yes" in page
    client.force_login(people[1])
    assert "as you said" in client.get(path).content.decode()
    client.force_login(people[2])
    assert "No item of yours" in client.get(path).content.decode()


def test_the_page_takes_decisions_one_after_the_other(question, people, reviewer, client):
    make.items_of_split(question.project, Split.TRAIN, 2)
    for _ in range(2):
        say(question, people[0], "yes")
        say(question, people[1], "no")
    client.force_login(reviewer)
    base = f"/projects/{question.project_id}/questions/{question.pk}/review/"
    for _ in range(2):
        page = client.get(base)
        found = page.context["review"]
        assert "1 × yes" in page.content.decode()
        assert client.post(f"{base}{found.pk}/", {"id": "x", "value": '"yes"', "reason": "r"}).status_code == 400
        form = {"id": page.context["id"], "value": '"yes"', "reason": "Whiskers."}
        assert client.post(f"{base}{found.pk}/", form).status_code == 302
    assert "Nothing to review" in client.get(base).content.decode()
    assert Review.objects.filter(decision__isnull=False).count() == 2


def test_a_version_holds_what_was_decided(question, people, reviewer, manager):
    make.items_of_split(question.project, Split.TEST, 1)
    question.tasks.update(overlap=2, open_slots=2)
    make.items_of_split(question.project, Split.TRAIN, 1)
    for person in people[:2]:
        for _ in range(2):
            say(question, person, "yes" if person is people[0] else "no")
    for found in Review.objects.all():
        decide(found, reviewer, "no")
    computation.compute(question)
    content = versions.build(question)
    assert {entry["label"] for entry in content["items"]} == {"no"}


def test_answers_that_are_excluded_disagree_with_nobody(project, manager):
    """The item is asked again; and where they count again, the disagreement is back."""
    asked = make.question(project, overlap=2, test_overlap=2, review_agreement=0.5)
    people = [make.user(), make.user()]
    for person in people:
        make.member(project, person, Role.ANNOTATOR)
    make.items(project, 1)
    for person, value in zip(people, ("yes", "no"), strict=True):
        task = queue.next_tasks(asked, person)[0].task_id
        queue.submit(project, task, person, uuid.uuid4(), value)
    answer_checks.check_answers()
    assert review.waiting(asked).count() == 1
    worker_rules.pause(asked, people[1], "paused by a test", manager, exclude_answers=True)
    assert review.waiting(asked).count() == 0
    worker_rules.resume(asked, people[1], manager)
    answer_checks.check_answers()
    assert review.waiting(asked).count() == 1
