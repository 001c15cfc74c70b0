"""Locks on rows leave their key alone, wherever they are taken, and are taken in one order."""

import re
import threading
import time
import uuid
from contextlib import contextmanager

import pytest
from django.db import OperationalError, connection, models, transaction

from annotator import queue
from annotator.intake import pictures, upload
from annotator.models import Batch, Purpose, Review, Role, Split, Task, WorkerStatus
from annotator.people import sign_in
from annotator.quality import answer_checks, gold, review, worker_rules
from annotator.questions import drafts
from annotator.queue import batches, open_slots, worker_status
from annotator.queue.release import reset_cursors
from tests import make
from tests.stand import ROOT
from workers.budget import ledger
from workers.budget.phase import current_phase
from workers.phases import gates

SOURCES = [
    path
    for app in ("annotator", "datasets", "workers")
    for path in sorted((ROOT / app).rglob("*.py"))
    if "migrations" not in path.parts
]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_lock_holds_up_who_only_refers_to_its_row(path):
    """FOR UPDATE makes every insert wait that refers to the row, in an order nobody planned: that is how deadlocks begin."""
    source = path.read_text()
    assert "FOR UPDATE" not in source
    for call in re.findall(r"select_for_update\(((?:[^()]|\([^()]*\))*)\)", source):
        assert "no_key=True" in call


# --- the order of locks (see `annotator.queue`): whoever waits for one must hold none that comes after it

_WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"


@contextmanager
def waiting(deed):
    """Run a deed beside this transaction until it waits for a lock; let it end after the block. Its failure is raised."""
    failures = []

    def run():
        try:
            deed()
        except Exception as problem:  # raised again below
            failures.append(problem)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    with transaction.atomic():
        yield thread
    thread.join(20)
    assert not thread.is_alive()
    if failures:
        raise failures[0]


def until_it_waits(thread) -> None:
    thread.start()
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute(_WAITING)
            if cursor.fetchone()[0]:
                return
        assert thread.is_alive(), "it waited for nothing"
        time.sleep(0.01)
    raise AssertionError("it never waited")


def assert_nobody_holds(*tables: str) -> None:
    for table in tables:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SELECT 1 FROM {table} FOR NO KEY UPDATE NOWAIT")
        except OperationalError:
            raise AssertionError(f"a row of {table} is held by who waits for a lock that comes before it") from None


@pytest.fixture
def busy(question, annotator, manager):
    """A question with a dispute, an item in hands, items nobody met, a closed batch, and a draft beside it."""
    other = make.user("other")
    make.member(question.project, other, Role.ANNOTATOR)
    make.member(question.project, make.user("reviewer"), Role.REVIEWER)
    make.items_of_split(question.project, Split.TRAIN, 4)
    for person, value in ((annotator, "yes"), (other, "no")):
        [held] = queue.next_tasks(question, person)
        queue.submit(question.project, held.task_id, person, uuid.uuid4(), value)
    answer_checks.check_answers()
    queue.next_tasks(question, annotator)
    return question


def _ask_more(question, manager):
    review.ask_more(question.project, Review.objects.get().pk, manager, 1)


def _know(question, manager, purpose=Purpose.GOLD):
    task = Task.objects.filter(question=question, answer_count=0, assignments=None).last()
    gold.add(question, manager, task.item, "yes", purpose)


def _plan(question, manager):
    with pytest.raises(queue.Refused, match="no item left"):
        batches.plan(question, manager, "")


def _publish(question, manager):
    fields = {"text": "And this?", "kind": "choice", "config": {"choices": ["yes", "no"]}}
    draft = drafts.add(question.project, manager, draft=True, **fields)
    drafts.publish(draft, manager)


def _pause(question, manager):
    worker_rules.pause(question, WorkerStatus.objects.first().worker, "x", manager)


def _resume(question, manager):
    worker_rules.resume(question, WorkerStatus.objects.first().worker, manager)


def _close(question, manager):
    batches.change(Batch.objects.get(), "closed", manager)


def _upload(question, manager):
    upload.take_in(question.project, manager, [pictures.check_picture("new.png", make.png(123_456))])


def _stop(question, manager):
    gates.decide(current_phase(question.project), manager, "stop", "over")


DEEDS = [_ask_more, _know, _plan, _publish, _pause, _resume, _close, _upload, _stop]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__.strip("_"))
def test_who_waits_for_a_projects_places_holds_no_row_that_comes_after(busy, manager, deed):
    with waiting(lambda: deed(busy, manager)) as thread:
        open_slots.lock(busy.project_id)
        until_it_waits(thread)
        assert_nobody_holds(
            "annotator_question",
            "annotator_batch",
            "annotator_review",
            "annotator_assignment",
            "annotator_task",
            "annotator_queuecursor",
            "workers_phase",
            "workers_account",
        )


@pytest.mark.django_db(transaction=True)
def test_who_makes_a_qualification_takes_standings_before_places(busy, manager):
    WorkerStatus.objects.create(question=busy, worker=make.user("new"))
    with waiting(lambda: _know(busy, manager, Purpose.QUALIFICATION)) as thread:
        worker_status.lock_status(busy, WorkerStatus.objects.latest("pk").worker)
        until_it_waits(thread)
        open_slots.lock(busy.project_id)  # as whoever pauses the person does next
        assert_nobody_holds("annotator_question", "annotator_task")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("deed", [_upload, _stop], ids=lambda deed: deed.__name__.strip("_"))
def test_who_waits_for_bookmarks_has_not_locked_the_accounts(busy, manager, deed):
    """Who answers holds their cursors and waits for the accounts. What concerns several questions must not do the reverse."""
    second = make.question(busy.project, text="And this?")
    person = WorkerStatus.objects.first().worker
    queue.next_tasks(second, person)
    Task.objects.filter(question=second, open_slots__gt=0).update(open_slots=models.F("open_slots") - 1, unfunded=1)
    with waiting(lambda: deed(busy, manager)) as thread:
        reset_cursors([second.batches.get().pk])
        until_it_waits(thread)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '2s'")
        ledger.lock(busy.project.pk)


@pytest.mark.django_db(transaction=True)
def test_a_reviewer_takes_their_standing_before_the_review(busy, manager):
    queue.next_tasks(busy, manager)
    with waiting(lambda: review.next_review(busy, manager)) as thread:
        worker_status.lock_status(busy, manager)
        until_it_waits(thread)
        assert_nobody_holds("annotator_review")


@pytest.mark.django_db(transaction=True)
def test_tries_to_sign_in_are_taken_back_in_one_order(manager):
    """Two who sign in at once from one address take the same counters back: the second must not hold what the first wants."""
    for key in ("c", "a", "b"):
        with connection.cursor() as cursor:
            cursor.execute(sign_in._COUNT, {"key": key, "seconds": 60})
    with waiting(lambda: sign_in.forget_attempt(["c", "b", "a"])) as thread, connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM annotator_signinattempts WHERE key = 'a' FOR NO KEY UPDATE")
        until_it_waits(thread)
        cursor.execute("SELECT 1 FROM annotator_signinattempts WHERE key IN ('b', 'c') FOR NO KEY UPDATE NOWAIT")
