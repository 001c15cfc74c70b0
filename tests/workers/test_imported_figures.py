"""What is computed from people's answers does not know imported ones: money, pace, time and days."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from annotator import queue
from annotator.intake.imported import RawAnswer, take_in
from annotator.models import Answer, Member, Question, User
from annotator.quality import answer_checks, live
from datasets.labels import computation, workers
from tests import make
from tests.annotator.imported import stored_texts
from workers.budget import calendars, crowds, estimates, ledger, paces, statements, visits, wages
from workers.budget.foresight import further
from workers.budget.pages.person import about
from workers.phases import pace, reports
from workers.training.sentences.summary import _days

pytestmark = pytest.mark.django_db


def figures(question: Question, person: User) -> dict[str, Any]:
    """Return every figure that people's answers decide, besides labels."""
    project, now = question.project, timezone.now()
    crowd = crowds.crowd_of(question)
    batch = question.batches.get(is_default=True)
    week = reports.write(project, reports.monday(now.date()))
    page = about(question, person)
    took = estimates.actual(batch)
    return {
        "ledger": ledger.totals(project)["spent"],
        "statement": [line.amount for line in statements.lines(project, "kind", now.date(), now.date())],
        "wages": [(one.name, one.answers, one.hours, one.earned) for one in wages.people(project)],
        "seconds": paces.seconds_an_answer(question),
        "crowd": [(one.worker, one.answers, one.seconds) for one in crowd.seen],
        "waiting": [one.worker for one in crowd.waiting],
        "newcomers": crowd.newcomers,
        "past": str(calendars.past_of(question)),
        "a day": calendars.answers_a_day(Answer.objects.filter(task__question=question)),
        "visits": visits._visits(question, now + timedelta(minutes=1)),
        "pace": pace.last_week(project),
        "took": (took.money, took.answers, took.hours),
        "further": further(question, {"train": (5, 10)}, crowd)[0].mean(),
        "week": (week["answers"], week["people"], week["spent"]),
        "person": (page["seconds"], page["usual_seconds"], page["given"], page["earned"]),
        "speed": live.figures(question)["speed"],
        "suspicion times": sorted(row[1] for row in workers.sql.rows(workers._MIDDLE, question=question.pk)),
        "checks": answer_checks.AnswerCheck.objects.count(),
        "days": _days(question, 10),
    }


@pytest.fixture
def asked(project, annotator):
    question = make.question(project, overlap=1, test_overlap=1, adaptive=True)
    make.items(project, 12)
    for place in range(8):
        [task] = queue.next_tasks(question, annotator)
        queue.submit(project, task.task_id, annotator, uuid.uuid4(), "yes", active_ms=1000 + 500 * place)
    computation.refresh(question)
    return question


@pytest.mark.parametrize("time", [None, "an hour ago"])
@pytest.mark.parametrize("which", ["every item", "items that nobody answered"])
def test_no_figure_of_money_time_or_pace_changes(asked, project, annotator, time, which):
    before = figures(asked, annotator)
    assert before["speed"] and before["wages"] and before["visits"] and before["took"][1] == 8
    given = None if time is None else (timezone.now() - timedelta(hours=1)).isoformat()
    there = project.items.all() if which == "every item" else project.items.filter(tasks__answer_count=0)
    items = [*there, *stored_texts(project, *(f"text {number}" for number in range(10)))]
    rows = [
        (item.pk, RawAnswer(name, "no", given, 400.0))
        for item in items
        for name in ("Ana", "Ben", "Cleo", "Dan", "Eve")
    ]
    free = asked.tasks.filter(open_slots__gt=0).count()
    assert take_in(project, asked, project.created_by, rows, "answers", "old.csv") == [None] * len(rows)
    assert free and not asked.tasks.filter(open_slots__gt=0).exists()
    after = figures(asked, annotator)
    # What further answers an item needs is learned from items without imported answers only, and then there are fewer.
    other = {"visits", "further"} if which == "every item" else {"visits"}
    assert [name for name in before if before[name] != after[name] and name not in other] == []
    # The tasks that were still wanted are not wanted any more, which may only end a visit sooner.
    assert [(one.worker, one.answers, one.seconds) for one in before["visits"]] == [
        (one.worker, one.answers, one.seconds) for one in after["visits"]
    ]
    assert queue.progress(asked).answers == 8 + len(rows)


def test_the_pages_of_money_and_pace_open_with_imported_answers_only(project, manager):
    question = make.question(project)
    items = stored_texts(project, *(f"text {number}" for number in range(10)))
    rows = [(item.pk, RawAnswer("Ana", "no")) for item in items]
    take_in(project, question, manager, rows, "answers", "old.csv")
    computation.refresh(question)
    browser = Client()
    browser.force_login(manager)
    base, ana = f"/projects/{project.pk}", Member.objects.get(imported=True).user_id
    for page in (
        "/",
        "/budget/",
        "/budget/pay/",
        "/budget/statement/",
        "/phases/",
        "/reports/",
        f"/questions/{question.pk}/plan/",
        f"/questions/{question.pk}/reading/",
        f"/questions/{question.pk}/live/",
        f"/questions/{question.pk}/people/{ana}/",
        f"/questions/{question.pk}/",
    ):
        assert browser.get(base + page).status_code == 200, page
