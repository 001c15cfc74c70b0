"""What lies ahead of a project: what the next week buys, when the money ends, and what may go wrong."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.db.models import Sum
from django.utils import timezone

from annotator import queue
from annotator.models import Answer, Project, Question, Standing, StandingState, Task
from annotator.money import money_text
from annotator.quality import contradicted
from annotator.queue import flags
from annotator.server import sql
from datasets.models import Aggregation
from workers.budget import calendars, ledger, wages
from workers.budget.paces import exactly, interval
from workers.budget.phase import current_phase
from workers.training.curve import advice
from workers.training.models import Curve

WEEK = timedelta(days=7)
SOON = timedelta(days=3)
CLEAR_ALPHA = 0.6  # people whose agreement is surely under it do not read the question alike


@dataclass(frozen=True)
class Risk:
    """Something that may cost time or money, with the page that helps (the name of its address, or none)."""

    text: str
    page: str = ""
    question: int | None = None


@dataclass(frozen=True)
class Pace:
    """How a project goes at present: answers and money a calendar day, weekends counted; `days`: on how many somebody worked."""

    days: int
    answers: float
    money: Decimal


# The latest movements only: of a ledger of millions, a week may be more than can be read while someone waits.
_PAID = """
SELECT (created_at AT TIME ZONE 'UTC')::date, count(*) FILTER (WHERE cause NOT LIKE '%%:%%:%%')::int, sum(amount), min(created_at)
FROM (SELECT created_at, amount, kind, cause FROM workers_entry WHERE project_id = %(project)s::bigint
      ORDER BY id DESC LIMIT %(latest)s::int) latest
WHERE kind = 'answer' AND created_at >= %(since)s::timestamptz GROUP BY 1 ORDER BY 1
"""
LATEST = 30_000


def pace(project: Project) -> Pace:
    """Return the pace of the last week: of what was paid for, or where nothing is paid, of the answers."""
    now = timezone.now()
    since = calendars.midnight(now) - WEEK
    rows = sql.rows(_PAID, project=project.pk, latest=LATEST, since=since)
    if sum(row[1] for row in rows) > LATEST / 2 and len(rows) > 1:
        rows = rows[1:]  # of the first day only a part was read
    if not rows:
        days, answers = calendars.answers_a_day(Answer.objects.filter(task__question__project=project))
        return Pace(days, answers, Decimal(0))
    first = rows[0][3]
    answers = calendars.a_day({day: float(count) for day, count, *_ in rows}, first, now)
    money = calendars.a_day({day: float(amount) for day, _, amount, _ in rows}, first, now)
    return Pace(len(rows), answers, Decimal(repr(money)))


def money_ends(project: Project, at: Pace) -> datetime | None:
    """Return when the money ends at the present pace; None where nothing is spent, or on one day only, or for over ten years."""
    found = ledger.totals(project)
    left = found["free"] + found["held"]
    if at.money <= 0 or at.days < 2 or not found["funded"]:  # one day is no pace
        return None
    days = float(left / at.money)
    return timezone.now() + timedelta(days=days) if days < 3650 else None


def next_week(question: Question, at: Pace, curve: Curve | None, left: queue.Progress) -> dict[str, Any] | None:
    """Return what a week at the present pace buys: answers, labels, money, and the error where there is a forecast."""
    if not at.answers or not question.overlap:
        return None
    many = at.answers * 7 > calendars.LATEST  # more than can be read while someone waits; and their mean is sure
    coming = None if many else calendars.supply(question)
    week = interval(coming.week()) if coming else exactly(at.answers * 7)
    wanted = float(left.answers_wanted - left.answers)
    answers = min(week.middle, wanted)
    if answers < 1:
        return {"answers": 0}
    labels = answers / question.overlap
    found: dict[str, Any] = {
        "answers": round(answers),
        "least": round(min(week.low, wanted)),
        "most": round(min(week.high, wanted)),
        "labels": round(labels),
        "money": question.price * round(answers),
        "at": at,
    }
    line = curve.forecast.get("line", []) if curve else []
    if curve and line:
        size = curve.forecast["size"] + labels
        found |= _along(line, size)
    return found


def _along(line: list[dict[str, float]], size: float) -> dict[str, float]:
    """Read the forecast off its line, which stands at sizes that are dense enough for a straight step."""
    for before, after in pairwise(line):
        if before["size"] <= size <= after["size"]:
            share = (size - before["size"]) / ((after["size"] - before["size"]) or 1)
            return {key: before[key] + share * (after[key] - before[key]) for key in ("error", "low", "high")}
    return {}


def risks(project: Project, at: Pace | None = None) -> list[Risk]:
    """Return what may go wrong, what costs most first. `at`: the pace, where it is known already."""
    return [*_of_money(project, at or pace(project)), *_of_time(project), *_of_questions(project)]


def _of_money(project: Project, at: Pace) -> list[Risk]:
    found = ledger.totals(project)
    currency = project.currency
    phase = current_phase(project)
    said = []
    if found["owed"]:
        said.append(Risk(f"{money_text(found['owed'], currency)} is owed beyond the budget.", "budget"))
    waiting = Task.objects.filter(question__project=project, unfunded__gt=0, batch__state__in=["open", "paused"])
    if places := waiting.aggregate(sum=Sum("unfunded"))["sum"]:
        said.append(
            Risk(f"{places:,} answers wait for money." if places > 1 else "One answer waits for money.", "budget")
        )
    if phase.active and project.questions.filter(gold_paused=True).exists():
        said.append(Risk("Known items are not asked any more: the budget does not cover them.", "budget"))
    end = money_ends(project, at)
    if end and phase.ends_at and end < phase.ends_at and phase.active:
        said.append(Risk(f"At this pace the money ends on {end:%-d %B}, before the time box does.", "budget"))
    return said


def _of_time(project: Project) -> list[Risk]:
    phase = current_phase(project)
    if not phase.active or not phase.ends_at:
        return []
    left = phase.ends_at - timezone.now()
    if left < timedelta(0):
        over = max(1, -left.days)
        return [
            Risk(f"The time box of “{phase}” ended {over} day{'s' if over > 1 else ''} ago. Hold its gate.", "phases")
        ]
    if left < SOON:
        return [Risk(f"The time box of “{phase}” ends on {phase.ends_at:%-d %B}. Plan the demo.", "phases")]
    return []


def _of_questions(project: Project) -> list[Risk]:
    said = []
    for question in project.questions.filter(draft=False):
        people = flags.unclear(question)
        if people >= flags.MANY:
            said.append(Risk(f"{people} people find “{question.text}” unclear.", "comments", question.pk))
        if not_understood(question):
            said.append(Risk(f"People don't agree what “{question.text}” asks.", "wording", question.pk))
        if failed := contradicted.nearly_everybody_fails(question):
            right = f"Only {failed[0]:,} of {failed[1]:,} answers to known items of “{question.text}” are right."
            said.append(Risk(f"{right} Check the known answers.", "quality", question.pk))
        if warning := wages.warning(question):
            said.append(Risk(warning.split(". ")[0] + ".", "quality", question.pk))
        paused = Standing.objects.filter(question=question, state=StandingState.PAUSED).count()
        if paused:
            who = "person is" if paused == 1 else "people are"
            said.append(Risk(f"{paused} {who} paused at “{question.text}”.", "quality", question.pk))
        curve = Curve.objects.filter(question=question).first()
        goal = curve.forecast.get("goal") if curve else None
        if goal and goal["probability"] < advice.UNLIKELY:
            said.append(Risk("The wanted error is unlikely with labels like these.", "runs"))
    return said


def not_understood(question: Question) -> bool:
    """Say whether people surely do not read a question alike: the upper end of their agreement is low."""
    aggregation = Aggregation.objects.filter(question=question).first()
    found = aggregation.agreement if aggregation else {}
    return bool(found) and found.get("high", found.get("alpha", 1.0)) < CLEAR_ALPHA
