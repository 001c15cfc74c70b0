"""Fair pay: what an hour at work brings people, and how many of them earn the manager's wage floor."""

from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from typing import Any

import numpy as np

from annotator.models import Project, Question
from annotator.money import coin, price_text
from annotator.queue.accepted import Earnings
from annotator.server import sql
from workers.budget import crowds
from workers.budget.crowds import Crowd
from workers.budget.models import BudgetSettings, PayMode
from workers.budget.paces import Range, interval

MOST_NEW = 20  # draws of those who have not begun; if there are more, each represents several

# Earnings and time of the same answers: those without a known time are left out of both. A bonus is not an hour's pay.
_PEOPLE = """
WITH timed AS (
    SELECT a.worker_id, q.id AS question_id, count(*) FILTER (WHERE a.active_ms > 0) AS timed, count(*) AS answers,
           sum(a.active_ms) / 3600000.0 AS hours
    FROM annotator_answer a JOIN annotator_task t ON t.id = a.task_id JOIN annotator_question q ON q.id = t.question_id
    WHERE q.project_id = %(project)s::bigint AND NOT a.decision AND NOT a.imported AND a.replaces_id IS NULL
      AND t.purpose <> 'qualification'
    GROUP BY a.worker_id, q.id
), earned AS (
    SELECT e.worker_id, e.question_id,
           sum(CASE WHEN s.name IN ('answers', 'bonuses') THEN -e.amount ELSE e.amount END) AS amount,
           sum(CASE WHEN s.name = 'answers' THEN -e.amount WHEN s.name = 'bonuses' OR e.kind = 'bonus' THEN 0
                    ELSE e.amount END) AS for_answers
    FROM workers_entry e JOIN workers_account s ON s.id = e.source_id
    WHERE e.project_id = %(project)s::bigint AND e.worker_id IS NOT NULL
      AND e.kind IN ('answer', 'correction', 'refund', 'bonus')
    GROUP BY e.worker_id, e.question_id
), sums AS (
    SELECT coalesce(t.worker_id, e.worker_id) AS worker_id, sum(e.amount) AS amount, sum(e.for_answers) AS for_answers,
           sum(t.answers) AS answers,
           sum(t.hours) AS hours, sum(t.timed) AS timed
    FROM timed t FULL JOIN earned e ON e.worker_id = t.worker_id AND e.question_id IS NOT DISTINCT FROM t.question_id
    GROUP BY 1
)
SELECT u.id, u.username, coalesce(nullif(trim(u.first_name || ' ' || u.last_name), ''), u.username), coalesce(m.simulated, false),
       coalesce(y.mode, 'answer'), coalesce(y.hourly, 0), coalesce(s.amount, 0), coalesce(s.answers, 0)::int,
       coalesce(s.hours, 0)::float,
       CASE WHEN s.hours > 0 AND s.answers > 0 THEN (s.for_answers * s.timed / s.answers / s.hours)::float END,
       round(coalesce(y.most_seconds, 600) / 60.0, 2), coalesce(y.daily_hours, 8)
FROM sums s JOIN annotator_user u ON u.id = s.worker_id
LEFT JOIN annotator_member m ON m.user_id = u.id AND m.project_id = %(project)s::bigint
LEFT JOIN workers_pay y ON y.worker_id = u.id AND y.project_id = %(project)s::bigint
ORDER BY 10 NULLS LAST, 2
"""

# What one person was paid for one question, without what was taken back.
_BOOKED = """
SELECT coalesce(y.mode, 'answer'), (
           SELECT coalesce(sum(CASE WHEN s.name = 'answers' THEN -e.amount ELSE e.amount END), 0)
           FROM workers_entry e JOIN workers_account s ON s.id = e.source_id JOIN workers_account a ON a.id = e.target_id
           WHERE e.worker_id = %(worker)s::bigint AND e.question_id = q.id AND (s.name = 'answers') <> (a.name = 'answers')),
       CASE WHEN y.mode = 'hour' AND y.day = current_date THEN y.day_ms ELSE 0 END,
       CASE WHEN y.mode = 'hour' THEN (y.daily_hours * 3600000)::bigint ELSE 0 END
FROM annotator_question q
LEFT JOIN workers_pay y ON y.project_id = q.project_id AND y.worker_id = %(worker)s::bigint
WHERE q.id = %(question)s::bigint
"""


@dataclass(frozen=True)
class Earner:
    """One person: how they are paid, what they earned, the hours at work, and what an hour brought (None if not known)."""

    id: int
    username: str
    name: str
    simulated: bool
    mode: str
    hourly: Decimal
    earned: Decimal
    answers: int
    hours: float
    wage: float | None
    most_minutes: Decimal
    daily_hours: Decimal


def people(project: Project) -> list[Earner]:
    """Return everyone who answered or earned, those with the lowest hourly wage first."""
    return [Earner(*row) for row in sql.rows(_PEOPLE, project=project.pk)]


def on_pay_asked(question_id: int, worker_id: int, **kwargs: Any) -> Earnings:
    """Return what a person was paid for a question."""
    [row] = sql.rows(_BOOKED, question=question_id, worker=worker_id)
    return Earnings(*row)


def floor(project: Project) -> Decimal:
    """Return the wage floor per hour; 0 for no floor."""
    budget_settings = BudgetSettings.objects.filter(project=project).first()
    return budget_settings.wage_floor if budget_settings else Decimal(0)


def expected(question: Question, crowd: Crowd | None = None) -> Range:
    """Return what an hour at a question is expected to bring on average, paid by the answer.

    `crowd`: if it is already known.
    """
    crowd = crowd or crowds.crowd_of(question)
    rng = crowds.generator(7)
    paces = crowds.paces(crowd, rng)
    doers = crowds.doers(crowd, paces, rng)
    total = np.maximum(doers.share.sum(axis=1), 1e-12)
    seconds = (doers.share * doers.pace).sum(axis=1) / total * np.exp(crowds.DRIFT * rng.standard_normal(len(total)))
    return interval(float(question.price) * 3600 / seconds, crowd.rests_on)


@dataclass(frozen=True)
class Fairness:
    """How many people earn the floor at a question's price, and from which price on more of them do.

    `people`: how many people this counts: those who are paid by the answer and answer here or may begin; 0 if nobody has
    answered, then it is about people in general. `earn`: the share of them who earn at least the floor, with its 80% interval.
    `prices`: by share, the price at which that share is expected to.
    """

    floor: str
    people: int
    earn: Range
    prices: dict[str, str]

    @property
    def shown_prices(self) -> list[tuple[str, str]]:
        """The prices with the share in words."""
        return [(SHARES[share][0], price) for share, price in self.prices.items()]


# How many should earn the floor: in words, alone and before a price.
SHARES = {"0.5": ("half", 0.5), "0.9": ("nine in ten", 0.9)}
ENOUGH = 0.9  # below this share the manager is warned


def fairness(question: Question, crowd: Crowd | None = None, price: Decimal | None = None) -> Fairness | None:
    """Return how many people earn the floor at a price (by default the question's); None if there is no floor.

    Each person has their own pace, known from few answers or many, as `crowds.paces` draws it. Those who may begin are drawn
    like the others. An hour brings 3600 × price ÷ pace.
    """
    least = floor(question.project)
    if not least:
        return None
    price = question.price if price is None else price
    crowd = crowd or crowds.crowd_of(question)
    rng = crowds.generator(8)
    paces = crowds.paces(crowd, rng)
    mine = np.array([one.here and one.mode == PayMode.ANSWER for one in crowd.seen], dtype=bool)
    waiting = sum(one.mode == PayMode.ANSWER for one in crowd.waiting) if mine.any() else 0
    draws, people = len(paces.between), int(mine.sum()) + waiting
    new = min(waiting, MOST_NEW) if people else MOST_NEW  # if nobody is known, people in general
    hours = np.log(rng.gamma(0.8, 1 / 0.8, (draws, new)) + 0.05)  # who has not come yet gives as many hours as anybody
    others = np.exp(
        paces.line[:, :1] + paces.line[:, 1:] * hours + paces.between[:, None] * rng.standard_normal((draws, new))
    )
    pace = np.hstack([paces.seen[:, mine], others])
    weights = np.concatenate([np.ones(int(mine.sum())), np.full(new, max(1, waiting) / max(1, new))])
    share = ((pace <= float(price) * 3600 / float(least)) * weights).sum(axis=1) / weights.sum()
    low, _, high = np.quantile(share, [0.1, 0.5, 0.9]).tolist()
    earn = Range(low, float(share.mean()), high, crowd.rests_on)
    order = np.argsort(pace, axis=None)
    grown = np.cumsum(np.broadcast_to(weights, pace.shape).ravel()[order])
    prices = {}
    for name, (_, wanted) in SHARES.items():
        slowest = pace.ravel()[order][min(len(order) - 1, int(np.searchsorted(grown, wanted * grown[-1])))]
        prices[name] = str(_rounded_up(least * Decimal(float(slowest)) / 3600, question.project.currency))
    return Fairness(str(least), people, earn, prices)


def _rounded_up(exact: Decimal, currency: str) -> Decimal:
    """Return a price rounded up: in coins if it is at least one coin, otherwise to the fourth decimal."""
    step = coin(currency) if exact >= coin(currency) else Decimal("0.0001")
    return exact.quantize(step, ROUND_UP)


def warning(question: Question, crowd: Crowd | None = None) -> str:
    """Return how many people a price pays less than the floor, and which prices pay more of them enough.

    Empty if nine in ten are expected to earn the floor.
    """
    found = fairness(question, crowd) if question.price else None
    if not found or found.earn.middle >= ENOUGH:
        return ""
    currency = question.project.currency
    least = price_text(Decimal(found.floor), currency)
    under = [1 - one for one in (found.earn.high, found.earn.middle, found.earn.low)]
    if found.people:
        low, middle, high = (round(one * found.people) for one in under)
        few = f"{middle:,} of {found.people:,} {'people' if found.people > 1 else 'person'}"
        between = f"{low:,} to {high:,}"
        earns = "earns" if middle == 1 else "earn"
    else:
        low, middle, high = (round(one * 100) for one in under)
        few, between, earns = f"{middle}% of people", f"{low} to {high}%", "earn"
    sure = f" (80%: {between})" if low < high else ""
    prices = {name: price_text(Decimal(price), currency) for name, price in found.prices.items()}
    return (
        f"At this price about {few} likely {earns} under your floor of {least} an hour{sure}. "
        f"From {prices['0.5']} an answer half of them earn it, from {prices['0.9']} nine in ten. "
        f"It rests on {found.earn.rests_on}."
    )
