"""Fair pay: what an hour at work brings people, held against the floor the manager set."""

from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from typing import Any

from annotator import sql
from annotator.models import Project, Question
from annotator.money import coin, money_text, price_text
from annotator.queue.accepted import Booked
from workers.budget.models import Purse
from workers.budget.paces import Range, seconds_an_answer

# Earnings and time of the same answers: those whose time is not known are left out of both. A bonus is no hour's pay.
_PEOPLE = """
WITH timed AS (
    SELECT a.worker_id, q.id AS question_id, count(*) FILTER (WHERE a.active_ms > 0) AS timed, count(*) AS answers,
           sum(a.active_ms) / 3600000.0 AS hours
    FROM annotator_answer a JOIN annotator_task t ON t.id = a.task_id JOIN annotator_question q ON q.id = t.question_id
    WHERE q.project_id = %(project)s::bigint AND NOT a.decision AND a.replaces_id IS NULL AND t.purpose <> 'qualification'
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

# What one person was paid for one question; what was taken back is not in it.
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
    """One person: how they are paid, what they earned, the hours at work, and what an hour brought (None where not known)."""

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
    """Return everyone who answered or earned, those with the least an hour first."""
    return [Earner(*row) for row in sql.rows(_PEOPLE, project=project.pk)]


def on_pay_asked(question_id: int, worker_id: int, **kwargs: Any) -> Booked:
    """Tell what a person was paid for a question."""
    [row] = sql.rows(_BOOKED, question=question_id, worker=worker_id)
    return Booked(*row)


def floor(project: Project) -> Decimal:
    """Return what nobody should earn less than an hour; 0 for no floor."""
    purse = Purse.objects.filter(project=project).first()
    return purse.wage_floor if purse else Decimal(0)


def expected(question: Question, seconds: Range | None = None) -> Range:
    """Return what an hour at a question is expected to bring who is paid by the answer; `seconds`, where they are known."""
    seconds = seconds or seconds_an_answer(question)
    low, middle, high = (float(question.price) * 3600 / one for one in (seconds.high, seconds.middle, seconds.low))
    return Range(low, middle, high, seconds.rests_on)


def warning(question: Question) -> str:
    """Return why a price is likely to pay less than the floor, and what would be fair; empty where it does not."""
    least = floor(question.project)
    if not least or not question.price:
        return ""
    seconds = seconds_an_answer(question)
    wage = expected(question, seconds)
    if wage.middle >= least:
        return ""
    currency = question.project.currency
    low, middle, high = (money_text(one, currency) for one in (wage.low, wage.middle, wage.high))
    exact = least * Decimal(seconds.middle) / 3600
    step = coin(currency) if exact >= coin(currency) else Decimal("0.0001")  # in coins, where it is one at least
    fair = price_text(exact.quantize(step, ROUND_UP), currency)
    return (
        f"An hour at this is likely to bring {middle} ({low} to {high}), under your floor of {price_text(least, currency)}. "
        f"It rests on {wage.rests_on}. About {fair} an answer would be fair."
    )
