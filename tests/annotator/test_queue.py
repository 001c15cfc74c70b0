"""The queue hands out and takes in."""

import random
import threading
import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from annotator import queue
from annotator.models import Answer, Assignment, Role, Split, Task
from annotator.quality import gold
from annotator.queue import batches
from tests import make
from workers.budget.models import Entry

pytestmark = pytest.mark.django_db


def first(question, person):
    return queue.next_tasks(question, person)[0]


def answer(question, person, task, value="yes", answer_id=None):
    return queue.submit(question.project, task, person, answer_id or uuid.uuid4(), value)


def refusal(*arguments, **named):
    with pytest.raises(queue.Refused) as caught:
        answer(*arguments, **named)
    return caught.value.code


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


@pytest.mark.django_db(transaction=True)
def test_one_id_for_two_tasks_at_the_same_moment_is_one_answer_and_one_refusal():
    project = make.project(make.user())
    question = make.question(project)
    make.items(project, 30)
    person = make.user()
    make.member(project, person, Role.ANNOTATOR)
    told = []

    def send(task, one, start):
        try:
            connection.ensure_connection()
            start.wait(10)
            told.append(
                ("stored", Answer.objects.get(pk=answer(question, person, task, answer_id=one).answer_id).task_id)
            )
        except queue.Refused as refused:
            told.append((refused.code, task))
        finally:
            connection.close()

    for _ in range(8):
        tasks, one, start = (
            [held.task_id for held in queue.next_tasks(question, person, 2)],
            uuid.uuid4(),
            threading.Barrier(2),
        )
        told.clear()
        threads = [threading.Thread(target=send, args=(task, one, start)) for task in tasks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(code for code, _ in told) == ["id_taken", "stored"]
    assert Answer.objects.count() == Entry.objects.filter(kind="answer").count() == 8


@pytest.mark.django_db(transaction=True)
def test_a_lease_that_is_being_freed_is_not_waited_for():
    """Whoever frees it may wait for a task that this person's answer has locked."""
    project = make.project(make.user())
    question = make.question(project)
    make.items(project, 5)
    person = make.user()
    make.member(project, person, Role.ANNOTATOR)
    [late] = queue.next_tasks(question, person)
    Assignment.objects.update(expires_at=timezone.now() - timedelta(seconds=5))
    locked, done = threading.Event(), threading.Event()

    def sweep():
        try:
            with transaction.atomic():
                Assignment.objects.select_for_update(no_key=True).get()
                locked.set()
                done.wait(30)
        finally:
            connection.close()

    sweeper = threading.Thread(target=sweep)
    sweeper.start()
    try:
        assert locked.wait(30)
        [given] = queue.next_tasks(question, person)
        assert given.task_id != late.task_id and not done.is_set() and sweeper.is_alive()
    finally:
        done.set()
        sweeper.join()


@pytest.mark.django_db(transaction=True)
def test_two_tabs_of_one_person_hold_each_task_once():
    project = make.project(make.user())
    question = make.question(project)
    make.items(project, 60)
    person = make.user()
    make.member(project, person, Role.ANNOTATOR)
    start, faults = threading.Barrier(4), []

    def tab():
        try:
            connection.ensure_connection()
            for _ in range(4):
                start.wait(10)
                for held in queue.next_tasks(question, person, 3)[:1]:
                    try:
                        answer(question, person, held.task_id)
                    except queue.Refused as refused:
                        assert refused.code == "answered"
        except Exception as fault:
            faults.append(fault)
            start.abort()
        finally:
            connection.close()

    threads = [threading.Thread(target=tab) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert Assignment.objects.filter(state="held").count() <= 3
    for task in Task.objects.all():
        held = task.assignments.filter(state="held").count()
        assert task.open_slots == task.overlap - task.answer_count - held
        assert task.answer_count == task.answers.count()


@pytest.mark.django_db(transaction=True)
def test_eight_people_at_once_lose_and_double_nothing():
    manager = make.user()
    project = make.project(manager)
    question = make.question(project, overlap=3, test_overlap=3)
    make.items(project, 25)
    people = [make.user() for _ in range(8)]
    for person in people:
        make.member(project, person, Role.ANNOTATOR)
    told, faults = [], []

    def work(person):
        try:
            while tasks := queue.next_tasks(question, person, 2):
                for assignment in tasks:
                    one = uuid.uuid4()
                    for _ in range(2):  # each is sent twice
                        told.append(answer(question, person, assignment.task_id, answer_id=one).answer_id)
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert set(told) == set(Answer.objects.values_list("pk", flat=True)) and len(told) == 2 * len(set(told))
    assert Answer.objects.count() == Entry.objects.filter(kind="answer").count() == 75
    assert set(Task.objects.values_list("answer_count", "open_slots")) == {(3, 0)}


@pytest.mark.django_db(transaction=True)
def test_a_person_is_handed_gold_while_a_manager_changes_the_order(monkeypatch):
    """An assignment refers to tasks: that reference must not wait for who holds their rows, or the two may deadlock."""
    manager, person = make.user(), make.user()
    question = make.question(make.project(manager), gold_rate=0.5)
    monkeypatch.setattr("annotator.queue.gold_items.random.random", lambda: 0.0)
    make.member(question.project, person, Role.ANNOTATOR)
    known, *_ = make.items(question.project, 6)
    gold.add(question, manager, known, "yes")
    changed, handed = threading.Event(), threading.Event()

    def change() -> None:
        try:
            with transaction.atomic():
                batches.set_priorities_by_rule(question, "newest_first")
                changed.set()
                handed.wait(30)
        finally:
            connection.close()

    thread = threading.Thread(target=change)
    thread.start()
    assert changed.wait(30)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")
        try:
            [given] = queue.next_tasks(question, person)
        finally:
            cursor.execute("RESET lock_timeout")
            handed.set()
            thread.join()
    assert given.item_id == known.pk
    assert Assignment.objects.get().companion.batch is not None
