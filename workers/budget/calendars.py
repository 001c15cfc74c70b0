"""How much work comes in on each day of a week, and so when a batch is done: calendar days, weekends and parts of days.

A day counts as the share of it in which work was available, weighted by when people usually work. So the day on which a pilot
began, the day on which it ended, and today count only in part. A day without available work says nothing.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
from django.db.models import Count, Min, QuerySet
from django.utils import timezone
from numpy.typing import NDArray

from annotator.models import Answer, Question
from annotator.server import sql
from workers.budget import crowds
from workers.budget.crowds import DRAWS, Crowd

Array = NDArray[np.float64]
DAYS = 28  # days to look back
LATEST = 8_000  # the most answers that are read
HOURS = 24
SATURDAY = 5

# What is known before a whole day was seen.
WORKING_HOURS, WORKING_SPREAD = (
    10.0,
    0.45,
)  # hours of the day in which people come, and the spread of its logarithm
PRIOR_UNEVEN, PRIOR_UNEVEN_WEIGHT = 0.5, 3.0  # coefficient of variation of days of one kind, counted as this many days
UNSTEADY = 0.45  # how the level changes from the past to the future (spread of the logarithm)
NO_WEEKENDS = 0.5  # the chance that nobody works at weekends, if none was seen

# Work was available from the opening of a batch, or its first answer, until now if enough of it is still open; otherwise until
# nine in ten of its answers had come. The last ones wait for people who have not met the item, however many people there are.
_GIVEN = """
WITH given AS MATERIALIZED (
    SELECT a.created_at, a.worker_id, t.batch_id, a.active_ms / 1000.0 AS seconds
    FROM annotator_answer a JOIN annotator_task t ON t.id = a.task_id
    WHERE t.question_id = %(question)s::bigint AND NOT a.decision AND NOT a.imported AND a.replaces_id IS NULL
      AND a.created_at > %(since)s::timestamptz AND a.created_at <= %(now)s::timestamptz
    ORDER BY a.created_at DESC LIMIT %(latest)s::int
), spans AS MATERIALIZED (
    SELECT b.id, least(b.opened_at, min(g.created_at)) AS begins, max(g.created_at) AS ended,
           percentile_disc(0.9) WITHIN GROUP (ORDER BY g.created_at) AS most,
           b.state = 'open' AND (SELECT count(*) FROM (
               SELECT 1 FROM annotator_task w WHERE w.batch_id = b.id AND w.open_slots > 0 LIMIT 500) opened
           ) > least(499, 0.05 * count(*)) AS going_on
    FROM given g JOIN annotator_batch b ON b.id = g.batch_id GROUP BY b.id
)
"""
_HOURS = f"""{_GIVEN}
SELECT (g.created_at AT TIME ZONE 'UTC')::date, extract(hour FROM g.created_at AT TIME ZONE 'UTC')::int, count(*)::int,
       count(DISTINCT g.worker_id)::int, min(g.created_at)
FROM given g LEFT JOIN spans s ON s.id = g.batch_id
WHERE g.created_at <= CASE WHEN s.going_on THEN %(now)s::timestamptz ELSE coalesce(s.most, (SELECT max(most) FROM spans)) END
GROUP BY GROUPING SETS ((1, 2), (1)) ORDER BY 1, 2
"""  # noqa: S608
_OPEN = f"{_GIVEN} SELECT begins, CASE WHEN going_on THEN %(now)s::timestamptz ELSE most END FROM spans"  # noqa: S608


@dataclass(frozen=True)
class Past:
    """Answers by day and hour, and the share of each hour with available work: both of shape (days, 24), oldest day first."""

    first: datetime  # midnight of the first day
    answers: Array
    open: Array
    people: Array  # the number of people who answered on each day, shape (days,)

    @property
    def worked(self) -> int:
        """The number of days on which somebody answered."""
        return int((self.answers.sum(axis=1) > 0).sum())


@dataclass(frozen=True)
class Supply:
    """Draws of the answers that come in.

    `days`: answers on each day of a week, Monday first, shape (draws, 7). `uneven`: coefficient of variation of one day.
    `clock`: the share of a day's answers that has come by each full hour, shape (draws, 25). `whole`: how many whole days were
    seen, shape (draws,).
    """

    days: Array
    uneven: float
    clock: Array
    whole: Array
    rests_on: str

    def week(self) -> Array:
        """Return draws of the answers of seven days, shape (draws,)."""
        luck = self.uneven * np.sqrt((self.days**2).sum(axis=1))
        week = self.days.sum(axis=1)
        return np.asarray(np.maximum(0.0, week + luck * crowds.generator(5).standard_normal(len(week))))


def midnight(moment: datetime) -> datetime:
    """Return the start of a day (UTC)."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def a_day(by_day: dict[date, float], first: datetime, now: datetime) -> float:
    """Return the mean amount per calendar day over a week, from the amounts of the last days.

    Today is over only in part, so it counts only if nothing came before. Working days and weekends are counted apart, so that a
    week that was not seen completely is not mistaken for working days only.

    Args:
        by_day: the amount of each day; days that are not named have none.
        first: when the first of it came.
        now: the present moment.
    """
    today = midnight(now)
    if midnight(first) == today:
        return sum(by_day.values())
    came, days = [0.0, 0.0], [0.0, 0.0]
    begun = today - timedelta(
        days=7
    )  # the first day of a longer past counts as whole; one that began at noon or later as half
    half = first > begun + timedelta(days=1) and first.astimezone(UTC).hour >= HOURS / 2
    day = max(midnight(first), begun)
    while day < today:
        weekend = day.weekday() >= SATURDAY
        came[weekend] += by_day.get(day.date(), 0.0)
        days[weekend] += 0.5 if half and day == midnight(first) else 1.0
        day += timedelta(days=1)
    rate = [what / max(0.5, length) for what, length in zip(came, days, strict=True)]
    if not days[True]:
        rate[True] = rate[False] * (1 - NO_WEEKENDS)
    if not days[False]:
        rate[False] = rate[True]
    return (SATURDAY * rate[False] + (7 - SATURDAY) * rate[True]) / 7


def answers_a_day(answers: QuerySet[Answer]) -> tuple[int, float]:
    """Return on how many days of the last week these answers came, and their mean number per calendar day; see `a_day`."""
    now = timezone.now()
    since = midnight(now) - timedelta(days=7)
    recent = answers.filter(decision=False, imported=False, replaces=None, created_at__gte=since)
    rows = list(recent.values_list("created_at__date").annotate(count=Count("pk"), first=Min("created_at")))
    if not rows:
        return 0, 0.0
    return len(rows), a_day({day: float(count) for day, count, _ in rows}, min(first for *_, first in rows), now)


def past_of(question: Question, now: datetime | None = None) -> Past | None:
    """Return the last weeks of a question, or None if nobody has answered in them."""
    now = now or timezone.now()
    since = now - timedelta(days=DAYS)
    rows = sql.rows(_HOURS, question=question.pk, since=since, now=now, latest=LATEST)
    if not rows:
        return None
    began = min(row[4] for row in rows)
    first = midnight(began)
    count = (now - first).days + 1
    answers, there = np.zeros((count, HOURS)), np.zeros((count, HOURS))
    people = np.zeros(count)
    for day, hour, number, workers, _ in rows:
        if hour is None:
            people[(day - first.date()).days] = workers
        else:
            answers[(day - first.date()).days, hour] = number
    for start, end in sql.rows(_OPEN, question=question.pk, since=since, now=now, latest=LATEST):
        begin, finish = (max(0.0, (one - first) / timedelta(hours=1)) for one in (max(start, began), end))
        edges = np.arange(count * HOURS, dtype=float)
        share = np.clip(np.minimum(finish, edges + 1) - np.maximum(begin, edges), 0.0, 1.0).reshape(count, HOURS)
        there = np.maximum(there, share)
    return Past(first, answers, np.where(answers > 0, np.maximum(there, 0.02), there), people)


def supply(question: Question, now: datetime | None = None) -> Supply | None:
    """Return the answers that come in on the days of a week, or None if nobody has answered lately."""
    past = past_of(question, now)
    return of_past(past) if past else None


def of_past(past: Past) -> Supply:
    """Return the answers that come in on the days of a week, from past answers.

    The hours of a day give the clock: answers per hour, over the hours with available work. Hours not seen yet are assumed to
    be like the others as far as people usually work. The clock says how much of a whole day each day was. Days give a level for
    working days and one for weekends; each day of the week may differ from its kind as far as it was seen.
    """
    rng = crowds.generator(3)
    weekday = (np.arange(len(past.answers)) + past.first.weekday()) % 7
    weekend = weekday >= SATURDAY
    kinds = weekend if not past.answers[~weekend].sum() else ~weekend  # the days from which the clock is computed
    rate, known = _clock(past.answers[kinds], past.open[kinds])
    middle = float((rate * known).sum() / max(((rate > 0) * known).sum(), 1e-9))
    filled = _working(rate > 0, rng) * (1 - known) * middle
    day = rate * known + filled  # for each draw, the answers of each hour of a whole day
    total = day.sum(axis=1, keepdims=True)
    clock = np.hstack([np.zeros((DRAWS, 1)), np.cumsum(day / np.maximum(total, 1e-9), axis=1)])
    part = (day / np.maximum(total, 1e-9)) @ past.open.T  # for each draw, how much of a whole day each day was
    came = past.answers.sum(axis=1)
    days, uneven = _levels(came, part, past.people, weekday, weekend, rng)
    return Supply(days, uneven, clock, part.sum(axis=1), _words(past, weekend))


def _clock(answers: Array, there: Array) -> tuple[Array, Array]:
    """Return the answers per hour at each hour of the day, and how well they are known, from 0 to 1; both of shape (24,)."""
    seen = there.sum(axis=0)
    return answers.sum(axis=0) / np.maximum(seen, 0.02), np.minimum(1.0, seen)


def _working(seen: NDArray[np.bool_], rng: np.random.Generator) -> Array:
    """Return draws of the hours of the day in which people come, shape (draws, 24): one stretch around the hours seen."""
    hours = np.flatnonzero(seen)
    low, high = float(hours.min()), float(hours.max() + 1)
    length = np.clip(WORKING_HOURS * np.exp(WORKING_SPREAD * rng.standard_normal(DRAWS)), high - low, HOURS)
    begin = low - rng.random(DRAWS) * (length - (high - low))
    edges = np.arange(-HOURS, 2 * HOURS, dtype=float)
    inside = np.minimum(begin[:, None] + length[:, None], edges + 1) - np.maximum(begin[:, None], edges)
    return np.asarray(np.clip(inside, 0.0, 1.0).reshape(DRAWS, 3, HOURS).sum(axis=1))


def _levels(
    came: Array,
    part: Array,
    people: Array,
    weekday: NDArray[np.int64],
    weekend: NDArray[np.bool_],
    rng: np.random.Generator,
) -> tuple[Array, float]:
    """Return draws of the answers of each day of a week, shape (draws, 7), and the coefficient of variation of one day."""
    levels, spreads, weights = {}, [PRIOR_UNEVEN**2 * PRIOR_UNEVEN_WEIGHT], [PRIOR_UNEVEN_WEIGHT]
    for name, which in ((False, ~weekend), (True, weekend)):
        whole = part[:, which].sum(axis=1)
        if came[which].sum() or whole.mean() > 0.5:
            levels[name] = (came[which].sum() + 0.5 * (came[which].sum() > 0)) / np.maximum(whole, 0.02)
            share, level = part[:, which].mean(axis=0), float(np.median(levels[name]))
            full = share > 0.3
            if level > 0 and full.sum() > 1:
                off = came[which][full] / share[full] / level - 1
                spreads.append(float((share[full] * off**2).sum()))
                weights.append(float(share[full].sum()) - 1)
    uneven = float(np.sqrt(max(0.01, sum(spreads) / max(sum(weights), 1e-9))))
    for name in levels:
        which = weekend if name else ~weekend
        touched = max(1.0, float((part[:, which].mean(axis=0) > 0.02).sum()))
        error = np.sqrt(uneven**2 / touched + 1 / (people[which].sum() + 1))
        levels[name] = levels[name] * np.exp(min(error, 1.2) * rng.standard_normal(DRAWS))
    moved = np.exp(UNSTEADY * rng.standard_normal(DRAWS))
    ratio = np.where(rng.random(DRAWS) < NO_WEEKENDS, 0.0, rng.uniform(0.3, 1.1, DRAWS))
    if False not in levels or not levels[False].any():
        levels[False] = levels[True] / rng.uniform(0.5, 1.1, DRAWS)
    if True not in levels:
        levels[True] = levels[False] * ratio
    days = np.empty((DRAWS, 7))
    for day in range(7):
        kind = day >= SATURDAY
        mine = weekday == day
        level = levels[kind]
        whole = part[:, mine].sum(axis=1)
        # One day's worth of its kind, and what was seen on this day of the week itself.
        days[:, day] = level * (came[mine].sum() + level) / np.maximum(level * (whole + 1), 1e-9)
    return days * moved[:, None], uneven


def _words(past: Past, weekend: NDArray[np.bool_]) -> str:
    worked = past.worked
    said = f"{past.answers.sum():,.0f} answers on {worked} of the last {len(past.answers)} days"
    seen = past.open[weekend].sum(axis=1) > HOURS / 4 if weekend.any() else np.zeros(0, dtype=bool)
    if not seen.any():
        return f"{said}; no weekend was seen yet"
    return said if past.answers[weekend].sum() else f"{said}; none at weekends"


def unseen(crowd: Crowd) -> Supply:
    """Return the days and hours of a crowd in which nobody has answered yet."""
    rng = crowds.generator(6)
    ratio = np.where(rng.random(DRAWS) < NO_WEEKENDS, 0.0, rng.uniform(0.3, 1.1, DRAWS))
    days = np.hstack([np.ones((DRAWS, SATURDAY)), np.repeat(ratio[:, None], 2, axis=1)])
    nine_to_five = np.zeros(HOURS, dtype=bool)
    nine_to_five[9:17] = True
    clock = np.cumsum(_working(nine_to_five, rng), axis=1)
    clock = np.hstack([np.zeros((DRAWS, 1)), clock / clock[:, -1:]])
    people = crowd.workforce
    who = f"{people} {'people' if people > 1 else 'person'}, of whom nobody has answered yet"
    return Supply(days, PRIOR_UNEVEN, clock, np.zeros(DRAWS), f"{who}: a few minutes to two hours a day each")


def hour_at(clock: Array, share: Array) -> Array:
    """Return the hours at which shares of a day's answers have come; `share` of shape (draws, n)."""
    rows = np.repeat(np.arange(len(clock)), share.shape[1])
    flat = share.ravel()
    # One search for all draws: each draw's clock is shifted to a range of its own.
    steps = (clock + 2 * np.arange(len(clock))[:, None]).ravel()
    low = np.searchsorted(steps, flat + 2 * rows, "right") - 1 - rows * clock.shape[1]
    low = np.clip(low, 0, HOURS - 1)
    before, step = clock[rows, low], clock[rows, low + 1] - clock[rows, low]
    return np.asarray((low + np.clip((flat - before) / np.maximum(step, 1e-9), 0.0, 1.0)).reshape(share.shape))
