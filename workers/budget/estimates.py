"""Estimates before anything is spent: answers, money, people's hours, days and computing, each as a range with its reason."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Sum
from django.utils import timezone

from annotator.models import Batch, BatchState, Purpose, Question, Split
from annotator.server import sql
from workers.budget import crowds, fees, foresight, visits, wages
from workers.budget.models import BatchEstimate as Frozen
from workers.budget.models import Machine
from workers.budget.paces import Range, interval

PILOT = 20


def _nothing_computed(question: Question) -> tuple[str, list[float]]:
    return "cpu", []


# The device of the newest training on a question, and the seconds per training item of the last ones, newest first.
# `workers.training`, which is above this package, sets this function when the app is ready.
past_computing: Callable[[Question], tuple[str, list[float]]] = _nothing_computed

SECONDS_AN_ITEM = Range(0.01, 0.08, 1.0, "what such trainings usually take; none has ended yet")


@dataclass(frozen=True)
class Estimate:
    """What a batch is expected to take, each with its 80% interval. Money is in the project's currency."""

    items: int
    answers: Range
    price: str
    money: Range
    hours: Range
    days: Range
    compute: Range
    wage: Range
    fair: wages.Fairness | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


def estimate(
    question: Question, train: int, test: int, terms: fees.Terms | None = None, platform: str = ""
) -> Estimate:
    """Return what asking about this many more items is expected to take. Raises KeyError for an unknown platform."""
    return _of(question, foresight.wanted_of(question, train, test), terms, platform)


def of_batch(batch: Batch) -> Estimate:
    """Return what a batch's open tasks are expected to take: the answers they still need."""
    found = batch.tasks.filter(answer_count__lt=F("overlap")).values_list("item__split")
    wanted = {
        side: (items, answers)
        for side, items, answers in found.annotate(items=Count("pk"), wanted=Sum(F("overlap") - F("answer_count")))
    }
    return _of(batch.question, wanted)


def _of(
    question: Question, wanted: dict[str, tuple[int, int]], terms: fees.Terms | None = None, platform: str = ""
) -> Estimate:
    crowd, items = crowds.crowd_of(question), sum(items for items, _ in wanted.values())
    fee = float(fees.SCHEDULES[platform][1](question.price, Decimal(0), terms))
    found = foresight.foresee(question, wanted, crowd, fee)
    return Estimate(
        items=items,
        answers=interval(found.answers, found.rests_on),
        price=str(question.price),
        money=interval(found.money, found.money_rests_on),
        hours=interval(found.hours, crowd.rests_on),
        days=visits.days_of(question, found.answers, items, crowd, found.paces),
        compute=_compute(question, wanted.get(Split.TRAIN, (0, 0))[0]),
        wage=wages.expected(question, crowd),
        fair=wages.fairness(question, crowd),
    )


def on_batch_opened(question: Question, batches: list[Batch], **kwargs: Any) -> None:
    """Freeze what a batch is expected to take when it opens for the first time."""
    for batch in batches:
        if batch.state == BatchState.OPEN and not batch.is_default and not Frozen.objects.filter(batch=batch).exists():
            Frozen.objects.create(batch=batch, content=of_batch(batch).as_dict())


def _compute(question: Question, train: int) -> Range:
    """Return the cost of the training that follows: measured seconds per training item, on the chosen machine."""
    labelled = question.tasks.filter(
        purpose=Purpose.WORK, item__split=Split.TRAIN, answer_count__gte=question.overlap
    ).count()
    device, rates = past_computing(question)
    machine = Machine.objects.filter(project=question.project, device=device or "cpu", chosen=True).first()
    price = float(machine.price) / 3600 if machine else 0.0
    each = SECONDS_AN_ITEM
    if rates:
        middle = sorted(rates)[len(rates) // 2]
        how_many = f"{len(rates)} training{'s' if len(rates) > 1 else ''}"
        why = f"{how_many}, {middle * 1000:.0f} ms an item on {machine.name if machine else device}"
        each = Range(min(min(rates), middle * 0.7), middle, max(max(rates), middle * 1.4), why)
    return each.times((labelled + train) * price)


# Everything that was answered in a batch and is paid, as the estimate counts it too: including excluded answers, and gold items
# that came with its tasks. A gold item has no batch of its own; it came before a task of one. What was paid in an earlier
# batch, whose left-over tasks this one took, counts for the earlier one.
_ACTUAL = """
WITH given AS (
    SELECT a.id, a.active_ms, a.replaces_id, t.batch_id IS NULL AS known
    FROM annotator_answer a JOIN annotator_task t ON t.id = a.task_id
    LEFT JOIN annotator_assignment s ON s.task_id = a.task_id AND s.worker_id = a.worker_id
    LEFT JOIN annotator_task c ON c.id = s.companion_id
    WHERE NOT a.decision AND NOT a.imported AND a.created_at <= %(until)s::timestamptz
      AND (t.batch_id = %(batch)s::bigint OR t.batch_id IS NULL AND c.batch_id = %(batch)s::bigint)
      AND NOT EXISTS (SELECT 1 FROM workers_entry e
                      WHERE e.idempotency_key = 'answer:' || a.id AND e.batch_id <> %(batch)s::bigint)
)
SELECT (coalesce((SELECT sum(CASE WHEN s.name IN ('answers', 'bonuses') THEN -e.amount ELSE e.amount END)
                 FROM workers_entry e JOIN workers_account s ON s.id = e.source_id
                 WHERE e.batch_id = %(batch)s::bigint AND e.created_at <= %(until)s::timestamptz
                   AND e.kind IN ('answer', 'correction', 'refund')), 0)
       + coalesce((SELECT sum(e.amount) FROM workers_entry e JOIN given ON e.idempotency_key = 'answer:' || given.id
                   WHERE given.known), 0))::float,
       (SELECT count(*) FROM given WHERE replaces_id IS NULL)::int,
       coalesce((SELECT sum(active_ms) FROM given), 0)::float / 3600000
"""


@dataclass(frozen=True)
class Actual:
    """What a batch has taken so far."""

    money: float
    answers: int
    hours: float
    days: float | None


def actual(batch: Batch, until: datetime | None = None) -> Actual:
    """Return what a batch has taken so far, or up to a moment."""
    [(money, answers, hours)] = sql.rows(_ACTUAL, batch=batch.pk, until=until or timezone.now() + timedelta(days=1))
    end = until or batch.finished_at or batch.closed_at or timezone.now()
    days = (end - batch.opened_at) / timedelta(days=1) if batch.opened_at else None
    return Actual(money, answers, hours, days)
