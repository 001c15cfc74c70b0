"""Time by the hour: a minute is paid once, an answer and a day have a limit."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from annotator import queue
from annotator.models import Assignment
from tests import make
from workers.budget.models import Entry, Pay

pytestmark = pytest.mark.django_db
HOUR = 3_600_000


@pytest.fixture
def hourly(project, annotator):
    """A person paid 36 an hour: a cent a second."""
    return Pay.objects.create(project=project, worker=annotator, mode="hour", hourly=Decimal(36))


def ago(seconds: int) -> None:
    """Let what is held have been handed out so long ago."""
    Assignment.objects.filter(state="held").update(leased_at=timezone.now() - timedelta(seconds=seconds))


def seconds_paid() -> float:
    return float(sum(entry.amount for entry in Entry.objects.filter(kind="answer")) * 100)


def answer(question, person, task, active_ms=HOUR):
    queue.submit(question.project, task.task_id, person, uuid.uuid4(), "yes", active_ms)


def test_three_tasks_held_at_once_are_not_three_times_the_time(question, annotator, hourly):
    make.items(question.project, 3)
    held = queue.next_tasks(question, annotator, 3)
    ago(120)
    for task in held:
        answer(question, annotator, task)
    assert 119 < seconds_paid() < 123


def test_tasks_of_two_questions_share_one_clock(question, annotator, hourly):
    other = make.question(question.project, text="Is it asleep?")
    make.items(question.project, 1)
    held = [(asked, queue.next_tasks(asked, annotator)[0]) for asked in (question, other)]
    ago(60)
    for asked, task in held:
        answer(asked, annotator, task)
    assert 59 < seconds_paid() < 63


def test_renewing_keeps_no_clock_running(question, annotator, hourly):
    make.items(question.project, 2)
    first, second = queue.next_tasks(question, annotator, 2)
    ago(60)
    answer(question, annotator, first)
    for _ in range(3):
        queue.renew(question.project, second.task_id, annotator)
    answer(question, annotator, second)
    assert seconds_paid() < 63


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
        Pay.objects.update(paid_until=timezone.now() - timedelta(seconds=150))
        ago(150)
        answer(question, annotator, task)
        assert expected - 2 < seconds_paid() <= expected + 2
    Pay.objects.update(day=timezone.now().date() - timedelta(days=1), paid_until=timezone.now() - timedelta(seconds=40))
    [task] = queue.next_tasks(question, annotator)
    ago(40)
    answer(question, annotator, task)
    assert 218 < seconds_paid() < 223


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
