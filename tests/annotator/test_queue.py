"""The queue hands out and takes in."""

import random
import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotator import queue
from annotator.models import Answer, Assignment, Role, Split, Task
from tests import make
from tests.annotator.answering import answer, first, refusal
from workers.budget.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(project):
    made = [make.user() for _ in range(4)]
    for person in made:
        make.member(project, person, Role.ANNOTATOR)
    return made


def test_it_hands_the_same_task_again_while_it_is_held(question, annotator):
    make.items(question.project, 3)
    assert first(question, annotator).task_id == first(question, annotator).task_id


def test_it_holds_up_to_three(question, annotator):
    make.items(question.project, 5)
    assert len({one.task_id for one in queue.next_tasks(question, annotator, 99)}) == 3


def test_test_items_stand_among_the_others(question, annotator):
    random.seed(7)
    train = make.items_of_split(question.project, Split.TRAIN, 60)
    test = {item.pk for item in make.items_of_split(question.project, Split.TEST, 60)}
    order = []
    while found := queue.next_tasks(question, annotator):
        order.append(found[0].item_id)
        answer(question, annotator, found[0].task_id)
    half = sum(item in test for item in order[:60])
    assert len(order) == len(train) + len(test) and 18 <= half <= 42


def test_a_person_never_gets_a_task_twice(question, annotator):
    make.items(question.project, 2)
    for _ in range(2):
        answer(question, annotator, first(question, annotator).task_id)
    assert queue.next_tasks(question, annotator) == []


def test_overlap_is_the_number_of_people(question, people):
    [item] = make.items_of_split(question.project, Split.TRAIN, 1)
    task = Task.objects.get(item=item)
    for person in people[: question.overlap]:
        answer(question, person, first(question, person).task_id)
    assert queue.next_tasks(question, people[-1]) == []
    task.refresh_from_db()
    assert (task.answer_count, task.open_slots) == (question.overlap, 0)


def test_places_held_by_others_are_not_handed_out(question, people):
    make.items_of_split(question.project, Split.TRAIN, 1)
    assert [len(queue.next_tasks(question, person)) for person in people] == [1, 1, 0, 0]


def test_the_same_answer_twice_is_one_and_says_so(question, annotator):
    make.items(question.project)
    task, answer_id = first(question, annotator).task_id, uuid.uuid4()
    assert not answer(question, annotator, task, answer_id=answer_id).duplicate
    assert answer(question, annotator, task, answer_id=answer_id).duplicate
    assert Answer.objects.count() == 1 and Entry.objects.filter(kind="answer").count() == 1


def test_another_answer_to_an_answered_task_is_refused(question, annotator):
    make.items(question.project)
    task = first(question, annotator).task_id
    answer(question, annotator, task)
    assert refusal(question, annotator, task, "no") == "answered"
    assert Answer.objects.get().value == "yes"


def test_an_id_of_another_answer_is_refused(question, annotator):
    make.items(question.project, 2)
    used = uuid.uuid4()
    answer(question, annotator, first(question, annotator).task_id, answer_id=used)
    assert refusal(question, annotator, first(question, annotator).task_id, answer_id=used) == "id_taken"


def test_the_same_id_with_another_value_is_refused(question, annotator):
    make.items(question.project)
    task, used = first(question, annotator).task_id, uuid.uuid4()
    answer(question, annotator, task, answer_id=used)
    assert refusal(question, annotator, task, "no", used) == "id_taken"


@pytest.mark.parametrize("value", ["maybe", "", None, 1, ["yes"], {"yes": 1}, "yes\x00", "Yes"])
def test_an_answer_that_is_no_choice_is_refused(question, annotator, value):
    make.items(question.project)
    assert refusal(question, annotator, first(question, annotator).task_id, value) == "invalid_answer"
    assert not Answer.objects.exists() and not Entry.objects.filter(kind="answer").exists()


def test_a_task_nobody_gave_me_is_refused(question, annotator, people):
    make.items(question.project)
    assert refusal(question, annotator, first(question, people[0]).task_id) == "not_held"


def test_a_task_of_another_project_is_unknown(question, annotator, manager):
    other = make.question(make.project(manager, name="Dogs"))
    make.items(other.project)
    make.member(other.project, annotator, Role.ANNOTATOR)
    assert refusal(question, annotator, first(other, annotator).task_id) == "unknown_task"


def let_run_out():
    Assignment.objects.filter(state="held").update(expires_at=timezone.now() - timedelta(seconds=1))


def test_an_expired_lease_frees_its_place_and_who_comes_late_is_refused_once_it_is_taken(question, annotator, people):
    make.items_of_split(question.project, Split.TRAIN, 1)
    task = first(question, annotator).task_id
    let_run_out()
    assert queue.free_expired() == 1
    assert Task.objects.get().open_slots == 2
    assert [len(queue.next_tasks(question, person)) for person in people[:2]] == [1, 1]
    assert refusal(question, annotator, task) == "lease_expired"


def test_who_comes_late_is_heard_where_nobody_took_the_place(question, annotator, people):
    make.items_of_split(question.project, Split.TRAIN, 1)
    task = first(question, annotator).task_id
    let_run_out()
    queue.free_expired()
    assert not answer(question, annotator, task).duplicate
    assert (Task.objects.get().answer_count, Task.objects.get().open_slots) == (1, 1)
    assert [len(queue.next_tasks(question, person)) for person in people[:2]] == [1, 0]


def test_who_lost_a_lease_may_have_the_task_again(question, annotator):
    make.items(question.project)
    first(question, annotator)
    Assignment.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    answer(question, annotator, first(question, annotator).task_id)
    assert Answer.objects.count() == 1


def test_a_lease_is_renewed(question, annotator):
    make.items(question.project)
    held = first(question, annotator)
    Assignment.objects.update(expires_at=timezone.now() + timedelta(seconds=5))
    assert queue.renew(question.project, held.task_id, annotator) > timezone.now() + timedelta(seconds=60)


def test_a_returned_task_frees_its_place_and_takes_no_answer(question, annotator):
    make.items_of_split(question.project, Split.TRAIN, 1)
    held = first(question, annotator)
    queue.give_back(question.project, held.task_id, annotator)
    assert Task.objects.get().open_slots == 2
    assert refusal(question, annotator, held.task_id) == "not_held"


def test_answer_task_and_charge_are_one_transaction(question, annotator, monkeypatch):
    make.items(question.project)
    task = first(question, annotator).task_id

    def fail(*arguments, **named):
        raise RuntimeError("the ledger is away")

    monkeypatch.setattr("workers.budget.charges.sql.rows", fail)
    with pytest.raises(RuntimeError):
        answer(question, annotator, task)
    assert not Answer.objects.exists()
    assert Task.objects.get(pk=task).answer_count == 0
    assert Assignment.objects.get().state == "held"


def test_an_answer_of_a_simulated_person_is_marked(question):
    make.items(question.project)
    program = make.user()
    make.member(question.project, program, Role.ANNOTATOR, simulated=True)
    answer(question, program, first(question, program).task_id)
    assert Answer.objects.get().simulated


@pytest.mark.parametrize("change", [lambda: Answer.objects.update(value="no"), lambda: Answer.objects.all().delete()])
def test_the_database_refuses_to_change_an_answer(question, annotator, change):
    make.items(question.project)
    answer(question, annotator, first(question, annotator).task_id)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        change()
