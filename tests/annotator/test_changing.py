"""Changing an answer, revisions, drafts, suggestions, and one's own history."""

import random
import uuid
from contextlib import contextmanager

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.utils import timezone

from annotator import queue
from annotator.desk import own_answers
from annotator.models import Answer, Assignment, Purpose, Question, Revision, Role, Split, WorkerStatus
from annotator.quality import answer_checks, gold, review
from annotator.questions import drafts, suggestions
from datasets.labels import computation
from datasets.models import Label
from tests import make
from workers.budget.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def given(question, annotator):
    """An answer, and the task it was given to."""
    make.items(question.project)
    [task] = queue.next_tasks(question, annotator)
    first = uuid.uuid4()
    queue.submit(question.project, task.task_id, annotator, first, "yes")
    return task.task_id, first


def change(question, person, task, value, replaces, answer_id=None):
    return queue.change(question.project, task, person, answer_id or uuid.uuid4(), value, replaces)


@contextmanager
def refused(code):
    with pytest.raises(queue.Refused) as said:
        yield
    assert said.value.code == code


def test_a_change_names_the_old_counts_alone_and_is_not_paid_again(question, annotator, given):
    task, first = given
    second = change(question, annotator, task, "no", first).answer_id
    assert Answer.objects.get(pk=second).replaces_id == first
    assert list(queue.counted().values_list("pk", "value")) == [(second, "no")]
    assert Entry.objects.filter(kind="answer").count() == 1
    assert question.tasks.get().answer_count == 1


def test_a_change_sent_again_is_one_change(question, annotator, given):
    task, first = given
    answer_id = uuid.uuid4()
    assert not change(question, annotator, task, "no", first, answer_id).duplicate
    assert change(question, annotator, task, "no", first, answer_id).duplicate
    assert Answer.objects.count() == 2


def test_an_id_is_of_an_answer_or_of_the_change_of_one(question, annotator, given):
    task, first = given
    second = change(question, annotator, task, "no", first).answer_id
    for resend in (
        lambda: change(question, annotator, task, "no", second, second),
        lambda: queue.submit(question.project, task, annotator, second, "no"),
        lambda: change(question, annotator, task, "yes", second, first),
    ):
        with pytest.raises(queue.Refused) as caught:
            resend()
        assert caught.value.code == "id_taken"
    assert Answer.objects.count() == 2


def test_only_the_latest_answer_of_ones_own_can_be_replaced(question, annotator, given, project):
    task, first = given
    change(question, annotator, task, "no", first)
    with refused("changed"):
        change(question, annotator, task, "yes", first)
    other = make.user()
    make.member(project, other, Role.ANNOTATOR)
    with refused("not_held"):
        change(question, other, task, "no", first)


def test_the_rule_says_for_how_long(question, annotator, given, manager):
    task, first = given
    drafts.change(question, manager, {"change_minutes": 0})
    with refused("too_late"):
        change(question, annotator, task, "no", first)


def test_what_a_reviewer_decided_and_what_was_excluded_stands(question, annotator, given, manager, project):
    task, first = given
    found = review.ask_by_hand(project, task, manager)
    review.decide(project, found.pk, manager, uuid.uuid4(), "no", "Look at the ears.")
    with refused("decided"):
        change(question, annotator, task, "no", first)
    assert own_answers.fate(own_answers.mine(project, annotator).get()).word == "overruled"


@pytest.mark.parametrize(("first_value", "then", "right"), [("no", "yes", 0), ("yes", "no", 1)])
def test_only_the_first_answer_to_a_known_item_counts(project, annotator, manager, first_value, then, right):
    question = make.question(project)
    [item] = make.items(project)
    gold.add(question, manager, item, "yes", Purpose.QUALIFICATION)
    gold.add(question, manager, make.items(project)[0], "yes", Purpose.QUALIFICATION)
    task = queue.next_tasks(question, annotator)[0].task_id
    first = uuid.uuid4()
    queue.submit(project, task, annotator, first, first_value)
    change(question, annotator, task, then, first)
    answer_checks.check_answers()
    standing = WorkerStatus.objects.get(question=question, worker=annotator)
    assert (standing.qualification_right, standing.qualification_total) == (right, 1)
    assert own_answers.mine(project, annotator).get().value == then, (
        "it is stored all the same: nothing tells gold from work"
    )


def test_a_change_through_the_api_and_the_history(question, annotator, given, api):
    task, first = given
    base = f"/api/v1/projects/{question.project_id}/"
    client = api(annotator)
    body = {"id": str(uuid.uuid4()), "value": "no", "replaces": str(first)}
    task = Assignment.objects.get(task=task).public_id
    assert client.post(f"{base}tasks/{task}/answer/", body, format="json").status_code == 201
    assert client.post(f"{base}tasks/{task}/answer/", body, format="json").status_code == 200
    [mine] = client.get(f"{base}answers/").json()["results"]
    assert mine["value"] == "no" and mine["replaces"] == str(first) and mine["fate"] == "counts"


def test_the_history_page_leads_to_the_change(question, annotator, given, client):
    client.force_login(annotator)
    base = f"/projects/{question.project_id}/"
    page = client.get(f"{base}answers/").content.decode()
    assert "1 item here" in page and f"?change={given[1]}" in page
    data = client.get(f"{base}desk/{question.pk}/?change={given[1]}").context["data"]
    assert data["change"]["answer"] == str(given[1]) and data["change"]["value"] == "yes"
    for wrong in ("x", str(uuid.uuid4()), "'--"):
        assert "change" not in client.get(f"{base}desk/{question.pk}/", {"change": wrong}).context["data"]


def test_a_rewording_is_a_revision_and_answers_keep_theirs(question, annotator, given, manager):
    drafts.change(question, manager, {"text": "Is it a cat?", "config": {"choices": ["yes", "no", "unsure"]}})
    make.items(question.project)
    question.refresh_from_db()
    task = queue.next_tasks(question, annotator)[0].task_id
    queue.submit(question.project, task, annotator, uuid.uuid4(), "unsure")
    assert dict(Answer.objects.values_list("value", "revision")) == {"yes": 1, "unsure": 2}
    old, new = Revision.objects.filter(question=question).order_by("number")
    assert (old.text, new.text) == ("Is this a cat?", "Is it a cat?") and question.revision == 2


def test_a_revision_is_refused_a_change_by_the_database(question):
    with pytest.raises(DatabaseError), transaction.atomic():
        Revision.objects.filter(question=question).update(text="Another")


def test_a_draft_is_asked_of_nobody_until_it_is_published(project, manager, annotator):
    question = make.question(project, draft=True)
    make.items(project, 2)
    with pytest.raises(queue.Refused, match="no such question"):
        queue.next_tasks(question, annotator)
    assert question.tasks.count() == 0 and not WorkerStatus.objects.exists()
    drafts.reword(question, manager, overlap=7, config={"choices": ["one", "two"]})
    with pytest.raises(queue.Refused, match="draft"):
        from annotator.queue import batches

        batches.plan(question, manager, "x")
    drafts.publish(question, manager)
    drafts.publish(question, manager)
    assert question.tasks.count() == 2 and len(queue.next_tasks(question, annotator, 3)) == 2
    with pytest.raises(ValidationError):
        drafts.reword(Question.objects.get(pk=question.pk), manager, overlap=3)


def of_side(project, side):
    return make.items_of_split(project, side, 1)[0]


def test_a_suggestion_comes_with_half_of_the_tasks_and_is_marked_in_the_answer(question, annotator, manager):
    made = make.items_of_split(question.project, Split.TRAIN, 24)
    suggestions.store_suggestions(question, manager, "net 1", [{"item": item.pk, "value": "no"} for item in made])
    suggestions.store_suggestions(
        question, manager, "net 2", [{"item": item.pk, "value": "yes", "confidence": 0.9} for item in made]
    )
    met = []
    while found := queue.next_tasks(question, annotator):
        assert queue.next_tasks(question, annotator) == found, "asked again, it is the same"
        met += found
        queue.submit(question.project, found[0].task_id, annotator, uuid.uuid4(), "yes")
    assert {str(task.suggestion) for task in met} == {"None", "{'value': 'yes', 'model': 'net 2'}"}
    marked = set(Answer.objects.filter(suggestion__model="net 2").values_list("task", flat=True))
    assert marked == {task.task_id for task in met if task.suggestion}


def shown(question, person) -> dict[int, bool]:
    """Take every task there is, and return for each item whether a suggestion came with it."""
    found = {}
    while tasks := queue.next_tasks(question, person, 3):
        for task in tasks:
            found[task.item_id] = task.suggestion is not None
            queue.submit(question.project, task.task_id, person, uuid.uuid4(), "yes")
    return found


def test_a_suggestion_tells_nothing_of_why_an_item_is_asked(project, annotator, manager):
    question = make.question(project, gold_rate=0.3)
    of_train = make.items_of_split(project, Split.TRAIN, 90)
    of_test = make.items_of_split(project, Split.TEST, 60)
    for item in of_train[:40]:
        gold.add(question, manager, item, "yes")
    suggestions.store_suggestions(
        question, manager, "net", [{"item": item.pk, "value": "yes"} for item in [*of_train, *of_test]]
    )
    random.seed(2)
    found = shown(question, annotator)
    known = [found[item.pk] for item in of_train[:40] if item.pk in found]
    for some in (known, [found[item.pk] for item in of_train[40:]], [found[item.pk] for item in of_test]):
        # One in two, by the database's chance, which cannot be fixed beforehand: further off once in 100,000 runs.
        assert len(some) >= 25 and abs(sum(some) - len(some) / 2) < 4.5 * len(some) ** 0.5 / 2


def test_no_suggestion_is_shown_while_an_item_with_a_known_answer_has_none(project, annotator, manager):
    question = make.question(project, gold_rate=0.3)
    made = make.items_of_split(project, Split.TRAIN, 30)
    gold.add(question, manager, made[0], "yes")
    suggestions.store_suggestions(question, manager, "net", [{"item": item.pk, "value": "yes"} for item in made[1:]])
    assert not any(shown(question, annotator).values())


def test_a_test_label_comes_from_answers_without_a_suggestion_where_there_are_some(project, manager):
    question = make.question(project, test_overlap=6)
    [item] = make.items_of_split(project, Split.TEST, 1)
    suggestions.store_suggestions(question, manager, "net", [{"item": item.pk, "value": "yes"}])
    suggested = question.suggestions.get()
    for number in range(6):
        person = make.user()
        make.member(project, person, Role.ANNOTATOR)
        [task] = queue.next_tasks(question, person)
        Assignment.objects.filter(public_id=task.public_id).update(suggestion=suggested if number < 4 else None)
        queue.submit(project, task.task_id, person, uuid.uuid4(), "yes" if number < 4 else "no")
    computation.compute(question)
    assert Label.objects.get(item=item).value == "no"


def test_a_model_with_other_classes_is_told(question, manager, api):
    item = of_side(question.project, Split.TRAIN)
    address = f"/api/v1/projects/{question.project_id}/questions/{question.pk}/suggestions/"
    body = {"model": "other", "suggestions": [{"item": item.pk, "value": "giraffe"}]}
    said = api(manager).post(address, body, format="json")
    assert said.status_code == 400 and said.json()["code"] == "invalid_suggestion"
    assert "none of the choices" in said.json()["detail"] and question.suggestions.count() == 0


def test_trying_an_answer_stores_nothing(question, manager, api):
    [item] = make.items(question.project)
    address = f"/api/v1/projects/{question.project_id}/questions/{question.pk}/try/"
    client = api(manager)
    assert client.post(address, {"item": item.pk, "value": "yes"}, format="json").json() == {
        "value": "yes",
        "text": "yes",
    }
    assert client.post(address, {"item": item.pk, "value": "perhaps"}, format="json").status_code == 400
    assert not Answer.objects.exists()


def test_the_first_answer_decides_from_when_the_rule_counts(question, annotator, given):
    [mine] = own_answers.mine(question.project, annotator)
    assert timezone.timedelta(minutes=59) < mine.until - timezone.now() < timezone.timedelta(minutes=61)
