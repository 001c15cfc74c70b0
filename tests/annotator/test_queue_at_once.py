"""The queue hands out and takes in while people and tabs work at the same moment. Nothing is lost or counted twice."""

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from annotator import queue
from annotator.models import Answer, Assignment, Role, Task
from annotator.quality import gold
from annotator.queue import batches
from tests import make
from tests.annotator.answering import answer
from workers.budget.models import Entry

pytestmark = pytest.mark.django_db


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
