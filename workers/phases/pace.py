"""The present pace of a project: answers and money per day, when the money ends, and what the next week buys."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from annotator import queue
from annotator.models import Answer, Project, Question
from annotator.people import members
from annotator.server import sql
from workers.budget import calendars, ledger
from workers.budget.paces import exactly, interval
from workers.training import gains
from workers.training.curve.forecast import read_line
from workers.training.models import Curve

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Pace:
    """The present pace: answers and money per calendar day, weekends included. `days`: on how many days somebody worked."""

    days: int
    answers: float
    money: Decimal


# The latest movements only: in a ledger of millions, a week may be more than can be read while someone waits.
_PAID = """
SELECT (created_at AT TIME ZONE 'UTC')::date, count(*) FILTER (WHERE idempotency_key NOT LIKE '%%:%%:%%')::int,
       sum(amount), min(created_at)
FROM (SELECT created_at, amount, kind, idempotency_key FROM workers_entry WHERE project_id = %(project)s::bigint
      ORDER BY id DESC LIMIT %(latest)s::int) latest
WHERE kind = 'answer' AND created_at >= %(since)s::timestamptz GROUP BY 1 ORDER BY 1
"""
LATEST = 30_000


def last_week(project: Project) -> Pace:
    """Return the pace of the last week: of paid answers, or if nothing is paid, of all answers."""
    now = timezone.now()
    since = calendars.midnight(now) - WEEK
    rows = sql.rows(_PAID, project=project.pk, latest=LATEST, since=since)
    if sum(row[1] for row in rows) > LATEST / 2 and len(rows) > 1:
        rows = rows[1:]  # only a part of the first day was read
    if not rows:
        days, answers = calendars.answers_a_day(Answer.objects.filter(task__question__project=project))
        return Pace(days, answers, Decimal(0))
    first = rows[0][3]
    answers = calendars.a_day({day: float(count) for day, count, *_ in rows}, first, now)
    money = calendars.a_day({day: float(amount) for day, _, amount, _ in rows}, first, now)
    return Pace(len(rows), answers, Decimal(repr(money)))


def money_ends(project: Project, at: Pace) -> datetime | None:
    """Return when the money ends at the present pace.

    Returns None if nothing is spent, or on one day only, or if the money lasts for over ten years.
    """
    found = ledger.totals(project)
    left = found["available"] + found["reserved"]
    if at.money <= 0 or at.days < 2 or not found["funded"]:  # one day is not a pace
        return None
    days = float(left / at.money)
    return timezone.now() + timedelta(days=days) if days < 3650 else None


def next_week(question: Question, at: Pace, curve: Curve | None, left: queue.Progress) -> dict[str, Any] | None:
    """Return what a week at the present pace buys: answers, labels, money, and the error if there is a forecast."""
    if not at.answers or not question.overlap:
        return None
    many = at.answers * 7 > calendars.LATEST  # more than can be read while someone waits; and their mean is certain
    coming = None if many else calendars.supply(question)
    week = interval(coming.week()) if coming else exactly(at.answers * 7)
    wanted = float(left.answers_wanted - left.answers)
    answers = min(week.middle, wanted)
    if answers < 1:
        return {"answers": 0}
    if not members.who_may_answer(question).exists():
        return {"answers": 0, "nobody": True}
    # Second looks at items that already have their label make no new labels.
    labels = answers / wanted * gains.open_labels(question)
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
        found |= read_line(line, size) or {}
    return found
