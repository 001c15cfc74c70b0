"""Who answers a question, how fast, how much and paid how: what the past shows, and draws of who will do the next batch.

The draws are the base of every estimate. People are the clusters of the data: a mean over answers varies as people do, not as
answers do. So each draw has its own people: those seen so far with other shares of the work, and some who are new.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.models import Question
from annotator.people.permissions import MAY
from annotator.server import sql
from workers.budget.paces import usual_seconds

Array = NDArray[np.float64]
DRAWS = 1000
SEED = 20_771  # the same estimate for the same past
LATEST = 2000  # answers that are looked at
OUTLIER = 30.0  # × the median: a longer time is a page left open, and counts as this

# What is known before anyone has answered. All spreads are of the logarithm.
PRIOR_USUAL = 0.7  # a usual time is right within a factor of two or so
PRIOR_BETWEEN, PRIOR_BETWEEN_SPREAD = 0.4, 0.45  # how people differ in their mean time, and how sure that is
PRIOR_WITHIN, PRIOR_WITHIN_WEIGHT = (
    0.6,
    6.0,
)  # squared coefficient of variation of one person's times, worth so many answers
PRIOR_SLOPE = 0.25  # how much faster those are who give more hours, for each unit of the logarithm of these
MOST_WITHIN = 3.0
DRIFT = 0.2  # what moves everybody's pace from one batch to the next: other items, practice, a change of the page
UNSTEADY = 0.5  # squared coefficient of variation of a person's share of the work, from one batch to the next
TURNOVER = (1.0, 4.0)  # Beta: the share of a batch's answers that come from people who did not answer before
JOINS = (2.0, 1.0)  # Beta: what share of those who may answer and have not begun will ever come
NEW = 6  # people who stand for all who are new

_PEOPLE = """
WITH latest AS (
    SELECT a.worker_id, a.replaces_id, a.active_ms / 1000.0 AS seconds, (a.created_at AT TIME ZONE 'UTC')::date AS day
    FROM annotator_answer a JOIN annotator_task t ON t.id = a.task_id
    WHERE t.question_id = %(question)s::bigint AND NOT a.decision AND t.purpose <> 'qualification'
    ORDER BY a.created_at DESC LIMIT %(latest)s::int
), longest AS (
    SELECT %(outlier)s::float * percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS seconds FROM latest WHERE seconds > 0
), said AS (
    SELECT l.worker_id, count(*) FILTER (WHERE l.replaces_id IS NULL) AS answers,
           count(*) FILTER (WHERE l.replaces_id IS NULL AND l.seconds > 0) AS timed,
           sum(least(l.seconds, m.seconds)) AS seconds, sum(least(l.seconds, m.seconds) ^ 2) AS squares,
           sum(least(l.seconds, y.most_seconds)) / nullif(sum(l.seconds), 0) AS paid,
           count(DISTINCT l.day) AS days
    FROM latest l CROSS JOIN longest m
    LEFT JOIN workers_pay y ON y.worker_id = l.worker_id AND y.project_id = %(project)s::bigint
    GROUP BY l.worker_id
), known AS (
    SELECT s.worker_id, count(*) AS met
    FROM annotator_assignment s JOIN annotator_task t ON t.id = s.task_id
    WHERE t.question_id = %(question)s::bigint AND t.purpose = 'gold' AND s.state IN ('answered', 'excluded', 'skipped')
    GROUP BY s.worker_id
)
SELECT coalesce(said.worker_id, m.user_id), coalesce(said.answers, 0)::int, coalesce(said.timed, 0)::int,
       coalesce(said.seconds, 0)::float, coalesce(said.squares, 0)::float, coalesce(said.paid, 1)::float,
       coalesce(known.met, 0)::int, coalesce(m.presence = 'active', false) AND coalesce(t.state, 'working') <> 'paused',
       coalesce(t.state, 'working') = 'paused', coalesce(y.mode, 'answer'), coalesce(y.hourly, 0)::float,
       coalesce(m.role, ''), coalesce(said.days, 0)::int
FROM said
FULL JOIN (SELECT * FROM annotator_member WHERE project_id = %(project)s::bigint) m ON m.user_id = said.worker_id
LEFT JOIN known ON known.worker_id = coalesce(said.worker_id, m.user_id)
LEFT JOIN annotator_workerstatus t ON t.question_id = %(question)s::bigint AND t.worker_id = coalesce(said.worker_id, m.user_id)
LEFT JOIN workers_pay y ON y.project_id = %(project)s::bigint AND y.worker_id = coalesce(said.worker_id, m.user_id)
ORDER BY 1
"""

# Of each of the latest batches but the first: the share of its answers that came from people who had not answered before.
_NEWCOMERS = """
WITH latest AS (
    SELECT a.worker_id, a.task_id, t.batch_id
    FROM annotator_answer a JOIN annotator_task t ON t.id = a.task_id
    WHERE t.question_id = %(question)s::bigint AND t.batch_id IS NOT NULL AND NOT a.decision AND a.replaces_id IS NULL
    ORDER BY a.created_at DESC LIMIT %(latest)s::int
), ranked AS (
    SELECT batch_id, count(*) AS answers, row_number() OVER (PARTITION BY worker_id ORDER BY batch_id) AS turn
    FROM latest GROUP BY batch_id, worker_id
)
SELECT (coalesce(sum(answers) FILTER (WHERE turn = 1), 0) / sum(answers))::float FROM ranked
WHERE batch_id <> (SELECT min(batch_id) FROM latest) GROUP BY batch_id ORDER BY batch_id DESC LIMIT 8
"""


@dataclass(frozen=True)
class Person:
    """What is known of one person at a question.

    `seconds`, `squares`: sums over their timed answers; `paid`: the share of their time that is paid by the hour; `met`: known
    items they had; `here`: whether they may go on; `excluded`: whether they were paused, and their answers asked again; `days`:
    on how many they answered.
    """

    worker: int
    answers: int
    timed: int
    seconds: float
    squares: float
    paid: float
    met: int
    here: bool
    excluded: bool
    mode: str
    hourly: float
    role: str
    days: int

    @property
    def mean(self) -> float:
        """Mean time at work on an answer, in seconds; 0 where none is known."""
        return self.seconds / self.timed if self.timed else 0.0


@dataclass(frozen=True)
class Crowd:
    """Everyone who answered or may answer a question, and the share of newcomers in earlier batches."""

    usual: float
    people: list[Person]
    newcomers: list[float]

    @property
    def seen(self) -> list[Person]:
        """Those who answered."""
        return [one for one in self.people if one.answers]

    @property
    def timed(self) -> list[Person]:
        """Those whose time at work is known."""
        return [one for one in self.people if one.timed]

    @property
    def waiting(self) -> list[Person]:
        """Those who may answer and have not yet: annotators, or where there is none, everyone who may."""
        roles = [role for role, may in MAY.items() if "answer" in may]
        idle = [one for one in self.people if not one.answers and one.here and one.role in roles]
        annotators = any(one.role == "annotator" for one in self.people)
        return [one for one in idle if one.role == "annotator" or (not annotators and not self.seen)]

    @property
    def hands(self) -> int:
        """How many people may go on or begin: at least one."""
        return max(1, sum(one.here for one in self.seen) + len(self.waiting))

    @property
    def rests_on(self) -> str:
        """What a mean time rests on, in words."""
        timed = self.timed
        total = sum(one.timed for one in timed)
        if not total:
            return "what such questions usually take; nobody has answered yet"
        return f"{total:,} answers of {len(timed)} {'people' if len(timed) != 1 else 'person'}"


@dataclass(frozen=True)
class Paces:
    """Draws of mean times in seconds: of each person seen, and of new ones by the hours they give.

    `seen`: shape (draws, people). `line`: the logarithm of a new person's mean time where they give as many hours as most, and
    how it falls with the logarithm of their hours, shape (draws, 2); `between`: how people differ from it, shape (draws,);
    `within`: squared coefficient of variation of one person's times.
    """

    seen: Array
    line: Array
    between: Array
    within: float


@dataclass(frozen=True)
class Doers:
    """Draws of who does a batch: the share of its answers that each gives, and the pace. Those seen come first, then new ones.

    `share`, `pace`: shape (draws, people + new); `like`: for each new one, a place in `pool`: they are paid like that person;
    `stands`: for how many people each new one stands, shape (draws,).
    """

    share: Array
    pace: Array
    like: NDArray[np.int64]
    pool: Sequence[Person]
    stands: Array


def of(question: Question) -> Crowd:
    """Return the crowd of a question."""
    values = {"question": question.pk, "project": question.project_id}
    rows = sql.rows(_PEOPLE, **values, latest=LATEST, outlier=OUTLIER)
    newcomers = [share for (share,) in sql.rows(_NEWCOMERS, question=question.pk, latest=10 * LATEST)]
    return Crowd(usual_seconds(question), [Person(*row) for row in rows], newcomers)


def generator(*more: int) -> np.random.Generator:
    """Return the source of luck for one purpose: the same numbers each time."""
    return np.random.default_rng([SEED, *more])


def paces(crowd: Crowd, rng: np.random.Generator, draws: int = DRAWS) -> Paces:
    """Draw mean times from what is known of them.

    A hierarchical model: the logarithm of a person's true mean time is normal around a line in the logarithm of their hours,
    with spread τ; their measured mean is that with the error of `timed` answers. τ is integrated over a grid; the line and the
    people have their normal posteriors. A person with few answers is drawn near the line, one with many near their own mean.
    """
    seen, timed = crowd.seen, crowd.timed
    within = _within(timed)
    hours = np.log([one.seconds for one in timed])
    middle = float(hours.mean()) if len(timed) else 0.0
    error = np.array([np.log1p(within / one.timed) for one in timed])
    measured = np.array([np.log(one.mean) for one in timed]) + error / 2
    design = np.column_stack([np.ones(len(timed)), hours - middle])
    grid = np.exp(np.linspace(np.log(0.05), np.log(1.5), 30))
    first = np.array([np.log(crowd.usual), 0.0])
    doubt = np.diag([1 / PRIOR_USUAL**2, 1 / PRIOR_SLOPE**2])
    chances, means, spreads = [], [], []
    for between in grid:
        variance = between**2 + error
        precision = doubt + (design.T / variance) @ design
        covariance = np.linalg.inv(precision)
        mean = covariance @ (doubt @ first + (design.T / variance) @ measured)
        off = measured - design @ mean
        fit = -0.5 * (np.log(variance).sum() + (off**2 / variance).sum() + (mean - first) @ doubt @ (mean - first))
        fit += 0.5 * np.linalg.slogdet(covariance)[1]
        prior = -0.5 * (np.log(between / PRIOR_BETWEEN) / PRIOR_BETWEEN_SPREAD) ** 2
        chances.append(fit + prior)
        means.append(mean)
        spreads.append(np.linalg.cholesky(covariance))
    chance = np.exp(np.array(chances) - max(chances))
    at = rng.choice(len(grid), draws, p=chance / chance.sum())
    between = grid[at]
    luck = rng.standard_normal((draws, 2))
    line = np.array(means)[at] + np.einsum("dij,dj->di", np.array(spreads)[at], luck)
    known = {one.worker: place for place, one in enumerate(timed)}
    place = np.array([known.get(one.worker, -1) for one in seen], dtype=int)
    x = np.array([np.log(one.seconds) - middle if one.timed else 0.0 for one in seen])
    expected = line[:, :1] + line[:, 1:] * x
    has = place >= 0
    noise = np.where(has, error[place] if len(error) else 0.0, np.inf)
    target = np.where(has, measured[place] if len(error) else 0.0, 0.0)
    kept = 1 / between[:, None] ** 2 + 1 / noise
    own = (expected / between[:, None] ** 2 + target / noise) / kept + rng.standard_normal(
        (draws, len(seen))
    ) / np.sqrt(kept)
    return Paces(np.exp(own), line, between, within)


def _within(timed: list[Person]) -> float:
    """Return the squared coefficient of variation of one person's times, pooled over people."""
    freedom = sum(one.timed - 1 for one in timed)
    spread = sum(max(0.0, one.squares / one.mean**2 - one.timed) for one in timed)
    found = (PRIOR_WITHIN * PRIOR_WITHIN_WEIGHT + spread) / (PRIOR_WITHIN_WEIGHT + freedom)
    return min(MOST_WITHIN, float(found))


def doers(crowd: Crowd, found: Paces, rng: np.random.Generator, new: int = NEW) -> Doers:
    """Draw who does how much of the next batch.

    People give hours, and answers come at their pace: fast ones give more. People seen give about as many hours as before,
    unsteadily: what one did on a single day is half luck. Those who are paused or have left do nothing. The share of people not
    seen yet is, by Good and Turing, that of those seen on one day only, as far as there are people who have not begun; and some
    change from batch to batch in any case.
    """
    seen, draws = crowd.seen, len(found.between)
    here = np.array([one.here for one in seen], dtype=bool)
    work, fresh, waiting = np.zeros((draws, len(seen))), np.ones(draws), len(crowd.waiting)
    others = (
        np.maximum(1.0, np.round(waiting * rng.beta(*JOINS, draws))) if seen else np.full(draws, float(crowd.hands))
    )
    if here.any():
        hours = np.array([one.answers * (one.mean or 1.0) for one in seen])
        days = np.array([max(1, one.days) for one in seen], dtype=float)
        mean = (hours * days + hours.mean()) / (days + 1)
        shape = 1 / (UNSTEADY * (1 + 1 / days) + 1 / np.array([one.answers + 0.5 for one in seen]))
        work = mean * here * rng.gamma(shape, 1 / shape, (draws, len(seen))) / found.seen
        once = float((days == 1).sum())
        unseen = rng.beta(once + 0.5, days.sum() - once + 1, draws) * waiting / (waiting + here.sum())
        weight = sum(TURNOVER) + len(crowd.newcomers)
        share = (TURNOVER[0] + sum(crowd.newcomers)) / weight
        changed = rng.beta(share * weight, (1 - share) * weight, draws)
        fresh = 1 - (1 - unseen) * (1 - changed)
        others = np.maximum(1.0, np.round(waiting * rng.beta(*JOINS, draws) + changed * here.sum()))
    stands = np.maximum(1.0, others / new)
    give = (rng.gamma(0.8, 1 / 0.8, (draws, new)) + 1e-6) * (np.arange(new) < others[:, None]) + 1e-12
    pace = (
        found.line[:, :1]
        + found.line[:, 1:] * np.log(give)
        + found.between[:, None] * rng.standard_normal((draws, new))
    )
    parts = [one / np.maximum(one.sum(axis=1, keepdims=True), 1e-300) for one in (work, give / np.exp(pace))]
    pool = crowd.waiting or [one for one in seen if one.here] or seen
    return Doers(
        np.hstack([parts[0] * (1 - fresh)[:, None], parts[1] * fresh[:, None]]),
        np.hstack([found.seen, np.exp(pace)]),
        rng.integers(0, max(1, len(pool)), (draws, new)),
        pool,
        stands,
    )
