"""In how many days a batch is done: who comes when, for how long, and what is left for them.

Nobody answers an item twice. So a pilot of few items says little about how much people would have done, and the last items of a
batch wait for people who have not met them. Both follow from simulating the coming days person by person.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from annotator.models import Question
from annotator.server import sql
from workers.budget import calendars, crowds
from workers.budget.calendars import DAYS, HOURS, SATURDAY, UNSTEADY, Supply
from workers.budget.crowds import Crowd, Paces, Person
from workers.budget.paces import Range, interval

Array = NDArray[np.float64]
DRAWS = crowds.DRAWS // 2
AHEAD = 21  # days that are simulated person by person
MOST_PEOPLE = 15  # of those seen, and as many new ones; if there are more new ones, each represents several
MOST_DAYS = 730  # a batch that takes longer is shown as taking this long
VISITS_OF = 4000  # answers from which it is known who gave how much on a day
CUT = 0.1  # a visit that ended with fewer than this share of items left for the person might have been longer
HOURS_A_VISIT, HOURS_SPREAD = 0.5, 1.2  # that a person gives on a day on which they come, and its spread (logarithm)
HOURS_DIFFER = 0.8  # how people differ in it
VISIT = 0.4  # how the visits of one person differ
PRESENCE = (2.0, 1.0)  # Beta: on what share of working days a person comes
AGAIN = 2  # different people who come before the last items that are asked again are done
LEFT_OUT = 0.25  # what this model leaves out: holidays, other work, people who bring others (spread of the logarithm)
JUST_NOW, GOES_ON = 3600, 0.5  # seconds; and the probability that a person who was there just now continues
PAUSES = 1.3  # elapsed time per unit of time at work

# The latest answers one by one.
_ANSWERS = """
SELECT a.worker_id, a.task_id, t.batch_id, extract(epoch FROM a.created_at)::float, a.active_ms / 1000.0,
       b.state = 'open' AND t.open_slots > 0
FROM annotator_answer a JOIN annotator_task t ON t.id = a.task_id JOIN annotator_batch b ON b.id = t.batch_id
WHERE t.question_id = %(question)s::bigint AND NOT a.decision AND NOT a.imported AND a.replaces_id IS NULL
  AND a.created_at > %(since)s::timestamptz AND a.created_at <= %(now)s::timestamptz
ORDER BY a.created_at DESC LIMIT %(latest)s::int
"""


@dataclass(frozen=True)
class Visit:
    """What one person gave on one day. `cut`: they might have given more if there had been more for them."""

    worker: int
    answers: int
    seconds: float
    cut: bool
    last: float = 0.0  # the time of the last answer, in seconds since 1970


def days_of(question: Question, answers: Array, items: int, crowd: Crowd, pace: Paces) -> Range:
    """Return in how many calendar days this many answers about this many items come. `answers`: draws, shape (draws,)."""
    now = timezone.now()
    coming = calendars.supply(question, now)
    visits = _visits(question, now) if coming else []
    coming = coming or calendars.unseen(crowd)
    why, most = coming.rests_on, max(question.overlap, question.test_overlap)
    if crowd.workforce < most:
        there = f"there {'is' if crowd.workforce == 1 else 'are'} {crowd.workforce}: others must join"
        why += f"; an item needs up to {most} different people, and {there}"
    each = min(max(most, question.most_overlap), max(most, crowd.workforce)) if question.adaptive else most
    return interval(until_done(answers, items, each, coming, visits, crowd, pace, now, question.adaptive), why)


def _visits(question: Question, now: datetime) -> list[Visit]:
    """Return who came on which day, what they gave, and whether the visit ended because hardly anything was left for them.

    Left for a person at the end of a visit are the items that they never met and that others answered later, or that still have
    open slots.
    """
    since = now - timedelta(days=DAYS)
    rows = sql.rows(_ANSWERS, question=question.pk, since=since, now=now, latest=VISITS_OF)
    last: dict[int, float] = {}  # when a task was last wanted
    tasks: dict[int, set[int]] = {}  # tasks of each batch
    met: dict[int, set[int]] = {}  # tasks that each person met
    visits: dict[tuple[int, int], list[tuple[int, float, float]]] = {}
    for worker, task, batch, moment, seconds, wanted in rows:
        last[task] = max(last.get(task, 0.0), np.inf if wanted else moment)
        tasks.setdefault(batch, set()).add(task)
        met.setdefault(worker, set()).add(task)
        visits.setdefault((worker, int(moment // 86_400)), []).append((batch, moment, float(seconds)))
    ends = {batch: np.sort([last[task] for task in some]) for batch, some in tasks.items()}
    mine = {
        (worker, batch): np.sort([last[task] for task in done & some])
        for worker, done in met.items()
        for batch, some in tasks.items()
    }
    found = []
    for (worker, _), given in visits.items():
        batch, moment, _ = max(given, key=lambda one: one[1])
        later = [len(one) - int(np.searchsorted(one, moment, "right")) for one in (ends[batch], mine[worker, batch])]
        cut = later[0] - later[1] < max(2.0, CUT * len(tasks[batch]))
        found.append(Visit(worker, len(given), sum(seconds for *_, seconds in given), cut, moment))
    return found


def until_done(
    answers: Array,
    items: int,
    each: int,
    coming: Supply,
    visits: list[Visit],
    crowd: Crowd,
    pace: Paces,
    now: datetime,
    again: bool = False,
) -> Array:
    """Return draws of the days until this many answers have come, from now on; at most MOST_DAYS, shape (draws,).

    People come on some days, at some hour, give some time and answer at their pace, each item once. Some item is asked `each`
    times: at least that many different people have come when the batch ends.
    """
    rng = crowds.generator(4)
    midnight = calendars.midnight(now)
    today = (now - midnight) / timedelta(days=1)
    least = max(each, int(np.ceil(np.median(answers) / max(items, 1))) + 1)
    people = _people(coming, visits, crowd, pace, least, rng)
    wanted = answers[:DRAWS] * people.part
    shape = (*people.hours.shape, AHEAD)
    weekday = (np.arange(AHEAD) + midnight.weekday()) % 7
    days = coming.days[:DRAWS]
    factor = np.minimum(days[:, weekday] / np.maximum(days[:, :SATURDAY].mean(axis=1, keepdims=True), 1e-9), 1.0)
    at = calendars.hour_at(coming.clock[:DRAWS], rng.random((DRAWS, shape[1] * AHEAD))).reshape(shape) / HOURS
    there = rng.random(shape) < people.presence[:, :, None] * factor[:, None, :]
    there[:, :, 0] &= at[:, :, 0] >= today
    # A person who was at work just now, until there was no more for them, may continue.
    stay = {one.worker for one in visits if one.cut and now.timestamp() - one.last < JUST_NOW}
    for place in (place for place, one in enumerate(people.seen) if one.worker in stay):
        goes_on = rng.random(DRAWS) < GOES_ON
        there[:, place, 0] |= goes_on
        at[:, place, 0] = np.where(goes_on, today, at[:, place, 0])
    seconds = people.seconds[:, :, None]
    gives = people.hours[:, :, None] * 3600 / seconds * np.exp(VISIT * rng.standard_normal(shape)) * there
    most = max(items, 1) * people.stands[None, :, None]
    gives = np.diff(np.minimum(np.cumsum(gives, axis=2), most), axis=2, prepend=0.0)
    took = gives / people.stands[None, :, None] * seconds * PAUSES / 86_400
    ended = (np.arange(AHEAD)[None, None, :] + at + took).reshape(DRAWS, -1)
    order = np.argsort(ended, axis=1)
    flat = np.take_along_axis(gives.reshape(DRAWS, -1), order, axis=1)
    total = np.cumsum(flat, axis=1)
    enough = total >= wanted[:, None] - 0.5
    place, rows = enough.argmax(axis=1), np.arange(DRAWS)
    # Of the visit that ends the batch, only a part is needed.
    spare = np.clip((total[rows, place] - wanted) / np.maximum(flat[rows, place], 1e-9), 0.0, 1.0)
    last = order[rows, place]
    done = ended[rows, last] - spare * took.reshape(DRAWS, -1)[rows, last]
    first = np.where(there, np.arange(AHEAD)[None, None, :] + at, np.inf).min(axis=2)
    other = np.sort(first, axis=1)[:, min(each, shape[1]) - 1]
    done = np.maximum(done, np.where(np.isfinite(other), np.maximum(other, today), done))
    if again:  # the last items are asked again and again: each time somebody must come who has not met them
        moment = np.where(there, np.arange(AHEAD)[None, None, :] + at, np.inf)
        after = np.where(moment > done[:, None, None], moment, np.inf).min(axis=2)
        next_ones = np.sort(after, axis=1)[:, min(AGAIN, shape[1]) - 1]
        done = np.where(np.isfinite(next_ones), next_ones, done)
    late = gives[:, :, -14:].sum(axis=(1, 2)) / 14
    later = AHEAD + (wanted - total[:, -1]) / np.maximum(late, 1e-9)
    found = np.where(enough.any(axis=1), done, later) - today
    return np.asarray(np.clip(found * np.exp(LEFT_OUT * rng.standard_normal(DRAWS)), 0.0, MOST_DAYS))


@dataclass(frozen=True)
class Coming:
    """Draws of people: those `seen`, then new ones.

    `hours` of a visit, `presence`: the chance to come on a working day, `seconds` of an answer: each of shape (draws, people).
    `stands`: how many people each represents, shape (people,). `part`: their share of all work.
    """

    seen: list[Person]
    hours: Array
    presence: Array
    seconds: Array
    stands: Array
    part: float


def _people(
    coming: Supply, visits: list[Visit], crowd: Crowd, pace: Paces, least: int, rng: np.random.Generator
) -> Coming:
    here = sorted((one for one in crowd.seen if one.here), key=lambda one: -one.answers)
    seen = here[:MOST_PEOPLE]
    places = {one.worker: place for place, one in enumerate(crowd.seen)}
    own = pace.seen[:DRAWS, [places[one.worker] for one in seen]]
    fresh = max(len(crowd.waiting), 1, least - len(seen))  # if there are too few people, others join
    new = min(fresh, MOST_PEOPLE)
    hours = _hours(seen, new, visits, rng)
    days = np.array([sum(one.worker == person.worker for one in visits) for person in seen], dtype=float)
    whole = coming.whole[:DRAWS]
    sure = np.minimum(1.0, whole)  # a visit on a part of a day says little about whole days
    missed = np.maximum(0.0, whole * (len(seen) + len(crowd.waiting) / 2) - days.sum())
    usual = rng.beta(PRESENCE[0] + sure * days.sum(), PRESENCE[1] + sure * missed)
    presence = np.empty_like(hours)
    for place in range(len(seen)):
        away = sure * np.maximum(0.0, whole - days[place])
        presence[:, place] = rng.beta(2 * usual + sure * days[place], 2 * (1 - usual) + away + 1e-6)
    # A person who has not come while there was work may never come: by Bayes, from how likely a participant was to come so far.
    joins = rng.beta(*crowds.JOINS, DRAWS)
    away = joins * (1 - usual) ** whole if crowd.seen else joins
    joins = away / np.maximum(away + 1 - joins, 1e-9) if crowd.waiting else np.full(DRAWS, 0.5)
    joined = rng.random((DRAWS, new)) < np.reshape(joins, (-1, 1))
    joined |= np.arange(new) < least - len(seen)  # a batch that needs this many people is not begun without them
    presence[:, len(seen) :] = usual[:, None] * joined
    line = pace.line[:DRAWS, :1] + pace.between[:DRAWS, None] * rng.standard_normal((DRAWS, new))
    stands = np.concatenate([np.ones(len(seen)), np.full(new, fresh / new)])
    part = sum(one.answers for one in seen) / max(1, sum(one.answers for one in here)) if here else 1.0
    hours[:, len(seen) :] *= fresh / new
    return Coming(seen, hours, presence, np.hstack([own, np.exp(line)]), stands, part)


def _hours(seen: list[Person], new: int, visits: list[Visit], rng: np.random.Generator) -> Array:
    """Return draws of the hours of a visit for each person and for new ones, shape (draws, people + new).

    They are log-normal around a common level. For a visit that may have ended for lack of work, only a lower bound is known.
    """
    mean = {one.worker: one.mean or 1.0 for one in seen}
    known = [one for one in visits if one.worker in mean]
    length = [float(np.log(max(one.seconds, 0.5 * one.answers * mean[one.worker], 1.0) / 3600)) for one in known]
    grid = np.linspace(np.log(0.01), np.log(8.0), 60)
    fit = -0.5 * ((grid - np.log(HOURS_A_VISIT)) / HOURS_SPREAD) ** 2
    for visit, value in zip(known, length, strict=True):
        off = (value - grid) / HOURS_DIFFER
        fit += np.log(np.maximum(1 - ndtr(off), 1e-12)) if visit.cut else -0.5 * off**2
    chance = np.exp(fit - fit.max())
    level = rng.choice(grid, DRAWS, p=chance / chance.sum())
    hours = np.empty((DRAWS, len(seen) + new))
    for place, person in enumerate(seen):
        mine = [(one.cut, value) for one, value in zip(known, length, strict=True) if one.worker == person.worker]
        whole = [value for cut, value in mine if not cut]
        if whole or not mine:
            weight = len(whole) / (len(whole) + (VISIT / HOURS_DIFFER) ** 2) if whole else 0.0
            middle = (1 - weight) * level + weight * (float(np.mean(whole)) if whole else 0.0)
            hours[:, place] = middle + HOURS_DIFFER * np.sqrt(1 - weight) * rng.standard_normal(DRAWS)
        else:
            least = ndtr((max(value for _, value in mine) - level) / HOURS_DIFFER)
            luck = np.clip(least + (1 - least) * rng.random(DRAWS), 1e-6, 1 - 1e-6)
            hours[:, place] = level + HOURS_DIFFER * ndtri(luck)
    hours[:, len(seen) :] = level[:, None] + HOURS_DIFFER * rng.standard_normal((DRAWS, new))
    return np.asarray(np.exp(hours + UNSTEADY * rng.standard_normal((DRAWS, 1))))
