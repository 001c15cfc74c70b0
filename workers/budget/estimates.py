"""Estimates before anything is spent: answers, money, people's hours, days and computing, each as a range that says why."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Avg, Count, F, Q, Sum
from django.utils import timezone

from annotator import sql
from annotator.access import MAY
from annotator.models import (
    Answer,
    Assignment,
    Batch,
    BatchState,
    Presence,
    Project,
    Purpose,
    Question,
    Side,
)
from annotator.models.assignment import State
from workers.budget import fees, wages
from workers.budget.models import Entry, Kind, Machine
from workers.budget.models import Estimate as Frozen
from workers.budget.paces import Z80, Range, exactly, seconds_an_answer

RECENT = timedelta(days=7)
PILOT = 20


def _nothing_computed(question: Question) -> tuple[str, list[float]]:
    return "cpu", []


# What the room of trainings, which is above this one, says of its last trainings on a question: the device of the newest, and the
# seconds of each for one training item, the newest first. It puts its function here when the app is ready.
past_computing: Callable[[Question], tuple[str, list[float]]] = _nothing_computed

HOURS_A_DAY = Range(0.5, 1.5, 4.0)  # of one person at the desk, where nobody has worked yet
SECONDS_AN_ITEM = Range(0.01, 0.08, 1.0, "what such trainings usually take; none has ended yet")
# Before items were asked again: a fifth of what they may have, known as from 10 items.
PSEUDO_ITEMS, PSEUDO_EXTRA = 10, 0.2
PSEUDO_ANSWERS, PSEUDO_ASIDE = 50, 0.02


@dataclass(frozen=True)
class Estimate:
    """What a batch is expected to take, each with its 80 % interval. Money is in the project's currency."""

    items: int
    answers: Range
    price: str
    money: Range
    hours: Range
    days: Range
    compute: Range
    wage: Range

    def told(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


def estimate(
    question: Question, train: int, test: int, terms: fees.Terms | None = None, platform: str = ""
) -> Estimate:
    """Return what asking about so many more items is expected to take. Raises KeyError for an unknown platform."""
    seconds = seconds_an_answer(question)
    answers = expected_answers(question, train, test)
    each = _cost_of_an_answer(question, seconds)
    fee = fees.SCHEDULES[platform][1](question.price, Decimal(0), terms)
    money = answers.by(each.plus(exactly(float(fee))))
    hours = answers.by(seconds).times(1 / 3600)
    return Estimate(
        items=train + test,
        answers=answers,
        price=str(question.price),
        money=money,
        hours=hours,
        days=_days(question, answers, hours),
        compute=_compute(question, train),
        wage=wages.expected(question, seconds),
    )


def of_batch(batch: Batch) -> Estimate:
    """Return what a batch's open tasks are expected to take."""
    sides = dict(
        batch.tasks.filter(answer_count__lt=F("overlap")).values_list("item__side").annotate(count=Count("pk"))
    )
    return estimate(batch.question, sides.get(Side.TRAIN, 0), sides.get(Side.TEST, 0))


def on_batch_opened(question: Question, batches: list[Batch], **kwargs: Any) -> None:
    """Freeze what a batch was expected to take, when it opens for the first time."""
    for batch in batches:
        if batch.state == BatchState.OPEN and not batch.standing and not Frozen.objects.filter(batch=batch).exists():
            Frozen.objects.create(batch=batch, content=of_batch(batch).told())


def expected_answers(question: Question, train: int, test: int) -> Range:
    """Return how many answers so many items take: those to begin with, those that are asked again, and known items.

    Items that get more answers as they need them: the mean number over those that had all their first answers, with its error;
    before that, a fifth of what they may have. Answers that are set aside are asked again. Known items come on top, at their
    rate.
    """
    first = train * question.overlap + test * question.test_overlap
    answers = exactly(float(first), f"{question.overlap} answers an item, {question.test_overlap} for test items")
    if question.adaptive and train + test:
        answers = answers.plus(_asked_again(question).times(train + test))
    answers = answers.by(_set_aside(question))
    return answers.plus(_known_items(question, answers))


def _known_items(question: Question, answers: Range) -> Range:
    """How many answers to known items come with so many others: at their rate, by chance.

    Each person meets each item once. There are at least as many people as an item has answers, also before they join.
    """
    rate, there = question.gold_rate, question.tasks.filter(purpose=Purpose.GOLD).count()
    if not rate or not there or question.gold_paused:
        return exactly(0.0)
    most = float(there * max(question.overlap, question.test_overlap, _hands(question.project)))
    middle = answers.middle * rate / (1 - rate)
    # Before each other task comes another known item as long as chance says so: the number is negative binomial.
    luck = Z80 * math.sqrt(answers.middle * rate) / (1 - rate)
    why = f"{rate:.0%} of the tasks are known items"
    return Range(min(max(0.0, middle - luck), most), min(middle, most), min(middle + luck, most), why)


def _asked_again(question: Question) -> Range:
    """How many answers more than to begin with an item gets where the next is worth its price."""
    room = max(0, question.most_overlap - question.overlap)
    done = question.tasks.filter(purpose=Purpose.WORK, answer_count__gte=question.overlap, item__side=Side.TRAIN)
    found = done.aggregate(
        count=Count("pk"), mean=Avg(F("overlap") - question.overlap), square=Avg((F("overlap") - question.overlap) ** 2)
    )
    count, mean = found["count"], float(found["mean"] or 0)
    weight = PSEUDO_ITEMS + count
    middle = max(0.0, (PSEUDO_ITEMS * PSEUDO_EXTRA * room + count * mean) / weight)
    variance = max(0.0, float(found["square"] or 0) - mean**2) if count > 1 else (room / 3) ** 2
    spread = Z80 * math.sqrt((variance + (room / 3) ** 2 * PSEUDO_ITEMS / weight) / weight)
    why = f"asked again as in {count:,} items so far" if count else "asked again about as often as usual"
    return Range(max(0.0, middle - spread), middle, min(float(room), middle + spread), why)


def _set_aside(question: Question) -> Range:
    """By how much answers are more because some are set aside and asked again."""
    given = Assignment.objects.filter(task__question=question, task__purpose=Purpose.WORK)
    found = given.aggregate(
        aside=Count("pk", filter=Q(state=State.SET_ASIDE)), answered=Count("pk", filter=Q(state=State.ANSWERED))
    )
    total = PSEUDO_ANSWERS + found["aside"] + found["answered"]
    share = (PSEUDO_ANSWERS * PSEUDO_ASIDE + found["aside"]) / total
    spread = Z80 * math.sqrt(share * (1 - share) / total)
    why = f"{share:.0%} set aside so far" if found["aside"] else ""
    return Range(1 + max(0.0, share - spread), 1 + share, 1 + share + spread, why)


def _cost_of_an_answer(question: Question, seconds: Range) -> Range:
    """What one answer costs: its price, or what those who are paid otherwise have cost so far."""
    others = question.project.pays.exclude(mode="answer")
    if not others.exists():
        return exactly(float(question.price))
    paid = Entry.objects.filter(question=question, kind=Kind.ANSWER).aggregate(sum=Sum("amount"))
    answers = Answer.objects.filter(task__question=question, decision=False, replaces=None).count()
    if answers >= PILOT:
        mean = float(paid["sum"] or 0) / answers
        return Range(mean * 0.8, mean, mean * 1.25, f"what {answers:,} answers have cost so far")
    hourly = max((float(one.hourly) for one in others if one.mode == "hour"), default=0.0)
    by_the_hour = seconds.times(hourly / 3600)
    price = float(question.price)
    low, high = min(price, by_the_hour.low), max(price, by_the_hour.high)
    return Range(low, (low + high) / 2, high, "who will answer, by the answer or by the hour, is not known")


def _days(question: Question, answers: Range, hours: Range) -> Range:
    """How many days it takes at the present speed."""
    since = timezone.now() - RECENT
    recent = Answer.objects.filter(task__question__project=question.project_id, decision=False, created_at__gt=since)
    days = list(recent.values_list("created_at__date").annotate(count=Count("pk")).values_list("count", flat=True))
    if days:
        mean = sum(days) / len(days)
        variance = (
            sum((count - mean) ** 2 for count in days) / max(1, len(days) - 1) if len(days) > 1 else (mean / 2) ** 2
        )
        doubt = min(1.5, Z80 * math.sqrt(variance / len(days)) / mean)
        why = f"{mean:,.0f} answers a day on {len(days)} of the last 7 days"
        speed = Range(1 / (mean * math.exp(doubt)), 1 / mean, math.exp(doubt) / mean, why)
        return answers.by(speed)
    people = max(1, _hands(question.project))
    low, middle, high = (1 / (people * one) for one in (HOURS_A_DAY.high, HOURS_A_DAY.middle, HOURS_A_DAY.low))
    return hours.by(
        Range(low, middle, high, f"{people} {'people' if people > 1 else 'person'}, half an hour to four a day")
    )


def _hands(project: Project) -> int:
    answering = [role for role, may in MAY.items() if "answer" in may]
    return (
        project.members.filter(role="annotator", presence=Presence.ACTIVE).count()
        or project.members.filter(role__in=answering, presence=Presence.ACTIVE).count()
    )


def _compute(question: Question, train: int) -> Range:
    """What the training that follows costs: seconds a training item, measured, on the chosen machine."""
    labelled = question.tasks.filter(
        purpose=Purpose.WORK, item__side=Side.TRAIN, answer_count__gte=question.overlap
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


# All that was answered in a batch and is paid, as it is expected too: also what was set aside, and known items that came with its
# tasks. A known item has no batch of its own; it came before a task of one.
_ACTUAL = """
WITH given AS (
    SELECT a.id, a.active_ms, a.replaces_id, t.batch_id IS NULL AS known
    FROM annotator_answer a JOIN annotator_task t ON t.id = a.task_id
    LEFT JOIN annotator_assignment s ON s.task_id = a.task_id AND s.worker_id = a.worker_id
    LEFT JOIN annotator_task c ON c.id = s.companion_id
    WHERE NOT a.decision AND (t.batch_id = %(batch)s::bigint OR t.batch_id IS NULL AND c.batch_id = %(batch)s::bigint)
)
SELECT (coalesce((SELECT sum(CASE WHEN s.name IN ('answers', 'bonuses') THEN -e.amount ELSE e.amount END)
                 FROM workers_entry e JOIN workers_account s ON s.id = e.source_id
                 WHERE e.batch_id = %(batch)s::bigint AND e.kind IN ('answer', 'correction', 'refund')), 0)
       + coalesce((SELECT sum(e.amount) FROM workers_entry e JOIN given ON e.cause = 'answer:' || given.id
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


def actual(batch: Batch) -> Actual:
    """Return what a batch has taken so far."""
    [(money, answers, hours)] = sql.rows(_ACTUAL, batch=batch.pk)
    end = batch.finished_at or batch.closed_at or timezone.now()
    days = (end - batch.opened_at) / timedelta(days=1) if batch.opened_at else None
    return Actual(money, answers, hours, days)
