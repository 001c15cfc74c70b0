"""Time by the hour: a minute is paid once, an answer and a day have a limit."""

import itertools
import threading
import time
import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator import queue
from annotator.models import Assignment
from annotator.refusal import Refused
from tests import make
from workers.budget import clocks
from workers.budget.models import Clock, Entry, Pay

pytestmark = pytest.mark.django_db
HOUR = 3_600_000


@pytest.fixture
def hourly(project, annotator):
    """A person paid 36 an hour: a cent a second."""
    return Pay.objects.create(project=project, worker=annotator, mode="hour", hourly=Decimal(36))


handed_out: list[float] = [0.0]


def ago(seconds: int) -> None:
    """Let what is held have been handed out so long ago."""
    handed_out[0] = time.monotonic()
    Assignment.objects.filter(state="held").update(leased_at=make.before(seconds))


def meanwhile() -> float:
    """Return the seconds the test itself took since `ago`: on a busy machine they are worked, and paid."""
    return time.monotonic() - handed_out[0]


def forget() -> None:
    """Let none of the time that has passed be paid yet."""
    Clock.objects.all().delete()


def seconds_paid() -> float:
    return float(sum(entry.amount for entry in Entry.objects.filter(kind="answer")) * 100)


def answer(question, person, task, active_ms=HOUR):
    queue.submit(question.project, task.task_id, person, uuid.uuid4(), "yes", active_ms)


def test_answers_sent_together_are_each_paid_for_their_time(question, annotator, hourly):
    make.items(question.project, 3)
    held = queue.next_tasks(question, annotator, 3)
    ago(13)
    for task in held:
        answer(question, annotator, task, 4000)
    assert [round(entry.amount * 100) for entry in Entry.objects.filter(kind="answer")] == [4, 4, 4]


def test_a_task_left_for_a_later_one_is_paid_for_the_time_before_it(question, annotator, hourly):
    make.items(question.project, 2)
    [early] = queue.next_tasks(question, annotator)
    ago(25)
    [later] = [task for task in queue.next_tasks(question, annotator, 2) if task.task_id != early.task_id]
    Assignment.objects.filter(task_id=later.task_id).update(leased_at=make.before(10))
    answer(question, annotator, later, 8_000)
    answer(question, annotator, early, 15_000)
    assert seconds_paid() == 23


def test_a_minute_is_paid_once_in_two_projects_of_two_currencies(question, manager, annotator, hourly):
    abroad = make.project(manager, currency="EUR")
    make.member(abroad, annotator, "annotator")
    Pay.objects.create(project=abroad, worker=annotator, mode="hour", hourly=Decimal(36))
    there = make.question(abroad)
    for asked in (question, there):
        make.items(asked.project, 3)
    held = [(asked, task) for asked in (question, there) for task in queue.next_tasks(asked, annotator, 3)]
    ago(12)
    for asked, task in held:
        answer(asked, annotator, task)
    assert 11 < seconds_paid() <= 12.5 + meanwhile()
    assert Clock.objects.count() == 1


def test_each_person_has_a_clock_of_their_own(question, manager, annotator, hourly):
    Pay.objects.create(project=question.project, worker=manager, mode="hour", hourly=Decimal(36))
    make.items(question.project, 1)
    held = [(person, queue.next_tasks(question, person)[0]) for person in (annotator, manager)]
    ago(20)
    for person, task in held:
        answer(question, person, task, 15_000)
    assert seconds_paid() == 30


def test_an_answer_that_is_refused_uses_no_time_up(question, annotator, hourly):
    make.items(question.project, 2)
    first, second = queue.next_tasks(question, annotator, 2)
    ago(10)
    with pytest.raises(Refused):
        queue.submit(question.project, first.task_id, annotator, uuid.uuid4(), "no such choice", 9000)
    answer(question, annotator, second, 9000)
    assert seconds_paid() == 9


@pytest.mark.django_db(transaction=True)
def test_answers_of_one_person_at_the_same_moment_share_the_clock(question, manager, annotator, hourly):
    """In two projects at once, where neither waits for the other's books."""
    other = make.project(manager)
    make.member(other, annotator, "annotator")
    Pay.objects.create(project=other, worker=annotator, mode="hour", hourly=Decimal(36))
    asked = [question, make.question(other)]
    for one in asked:
        make.items(one.project, 3)
    held = [(one, task) for one in asked for task in queue.next_tasks(one, annotator, 3)]
    ago(30)
    together = threading.Barrier(len(held))
    problems = []

    def send(one, task):
        try:
            together.wait()
            answer(one, annotator, task)
        except Exception as problem:  # shown below
            problems.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=pair) for pair in held]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems and Entry.objects.filter(kind="answer").exists()
    [clock] = Clock.objects.all()
    [(start, end)] = clock.paid
    assert abs(seconds_paid() - (end - start) / 1000) < 0.001, "what was paid is what the clock says"
    assert 29 < seconds_paid() < 90  # the wall time, however slow the machine, and not six times it


steps = st.lists(
    st.one_of(
        st.tuples(st.just("take"), st.integers(0, 2)),
        st.tuples(st.just("wait"), st.integers(0, 20)),
        st.tuples(st.just("answer"), st.integers(0, 5), st.integers(0, 30)),
        st.tuples(st.just("give back"), st.integers(0, 5)),
    ),
    max_size=40,
)


@given(steps)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_no_more_than_the_wall_time_is_paid_whatever_is_done(said):
    now, held, paid, total, first = 1_000_000, [], [], 0, None
    for what, *more in said:
        if what == "take":
            held.append(now)
            first = now if first is None else first
        elif what == "wait":
            now += more[0]
        elif held:
            taken = held.pop(more[0] % len(held))
            if what == "answer":
                ms, paid = clocks.allot(paid, taken, now, more[1])
                assert 0 <= ms <= min(more[1], now - taken)
                total += ms
        assert total <= (0 if first is None else now - first)
        assert sum(high - low for low, high in paid) == total
        assert all(one[1] < other[0] for one, other in itertools.pairwise(paid))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(0, 4), st.integers(0, 9)), max_size=40))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_all_is_paid_that_was_really_worked(shifts):
    """A person works at one task at a time, goes from one to another, and sends what they like when they like."""
    now, held, paid, worked, total = 0, {}, [], {}, 0
    for take, pause, which, work in shifts:
        for _ in range(take):
            held[len(worked)] = now
            worked[len(worked)] = 0
        now += pause
        if not held:
            continue
        task = sorted(held)[which % len(held)]
        worked[task] += work
        now += work
        if which % 2:
            name = sorted(held)[pause % len(held)]
            ms, paid = clocks.allot(paid, held.pop(name), now, worked[name])
            assert ms == worked[name]
            total += ms
    for name in sorted(held, reverse=True):
        ms, paid = clocks.allot(paid, held[name], now, worked[name])
        assert ms == worked[name]
        total += ms
    assert total == sum(worked.values()) <= now


def test_a_clock_stays_small_and_pays_nothing_twice():
    paid = []
    for moment in range(0, 100_000, 100):
        ms, paid = clocks.allot(paid, moment, moment + 10, 10)
        assert ms == 10
    assert len(paid) == clocks.MOST_SPANS and paid[0][0] == 0
    assert clocks.allot(paid, 0, 100_000, 10**6)[0] <= 100_000 - 1000 * 10


def test_three_tasks_held_at_once_are_not_three_times_the_time(question, annotator, hourly):
    make.items(question.project, 3)
    held = queue.next_tasks(question, annotator, 3)
    ago(120)
    for task in held:
        answer(question, annotator, task)
    assert 119 < seconds_paid() < 123 + meanwhile()


def test_tasks_of_two_questions_share_one_clock(question, annotator, hourly):
    other = make.question(question.project, text="Is it asleep?")
    make.items(question.project, 1)
    held = [(asked, queue.next_tasks(asked, annotator)[0]) for asked in (question, other)]
    ago(60)
    for asked, task in held:
        answer(asked, annotator, task)
    assert 59 < seconds_paid() < 63 + meanwhile()


def test_renewing_keeps_no_clock_running(question, annotator, hourly):
    make.items(question.project, 2)
    first, second = queue.next_tasks(question, annotator, 2)
    ago(60)
    answer(question, annotator, first)
    for _ in range(3):
        queue.renew(question.project, second.task_id, annotator)
    answer(question, annotator, second)
    assert seconds_paid() < 63 + meanwhile()


def test_one_answer_is_paid_for_at_most_what_the_manager_set(question, annotator, hourly):
    Pay.objects.update(most_seconds=90)
    make.items(question.project, 1)
    [task] = queue.next_tasks(question, annotator)
    ago(500)
    answer(question, annotator, task)
    assert 89 < seconds_paid() <= 90


def test_a_day_has_its_cap_and_the_next_begins_anew(question, annotator, hourly):
    Pay.objects.update(most_seconds=7200, daily_hours=Decimal("0.05"))  # three minutes
    make.items(question.project, 3)
    for expected in (150, 180):
        [task] = queue.next_tasks(question, annotator)
        forget()
        ago(150)
        answer(question, annotator, task)
        assert expected - 2 < seconds_paid() <= expected + 2 + meanwhile()
    Pay.objects.update(day=timezone.now().date() - timedelta(days=1))
    forget()
    [task] = queue.next_tasks(question, annotator)
    ago(40)
    answer(question, annotator, task)
    assert 218 < seconds_paid() < 223 + meanwhile()


def test_what_the_client_says_is_the_most_that_is_paid(question, annotator, hourly):
    make.items(question.project, 1)
    [task] = queue.next_tasks(question, annotator)
    ago(300)
    answer(question, annotator, task, active_ms=20_000)
    assert seconds_paid() == 20


def test_the_page_keeps_the_limits(project, manager, annotator, client):
    client.force_login(manager)
    path = f"/projects/{project.pk}/budget/pay/{annotator.pk}/"
    body = {"mode": "hour", "hourly": "18", "most_minutes": "5", "daily_hours": "4.5"}
    assert client.post(path, body).status_code == 302
    pay = Pay.objects.get()
    assert (pay.most_seconds, pay.daily_hours) == (300, Decimal("4.50"))
    for wrong in ({"most_minutes": "0"}, {"daily_hours": "25"}, {"daily_hours": "NaN"}, {"most_minutes": "x"}):
        assert client.post(path, body | wrong).status_code == 400
