"""Labels: the answers of a question, aggregated, as rows; and whether the next answer is worth its price."""

import time
from collections import Counter
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from annotator import queue, review
from annotator.models import Answer, Gold, Purpose, Question, ReviewCause, Side
from datasets import people
from datasets.beliefs import MODEL, Believed, Labelled, Row, believe, in_between
from datasets.models import Aggregation, Label, Opinion

# Labels are learned anew once this many answers came in, or this share of all; until then only the items that got some are
# looked at again, with what is known of people. Learning never takes more than a tenth of the time.
FEW = 2000
SHARE = 0.02
REST = 10
LATEST = timedelta(minutes=10)


def compute(question: Question, full: bool = True) -> Aggregation:
    """Aggregate the answers of a question and write its labels, all or none; then ask again where that is worth it.

    Not `full`: only items that got answers since, with what was last learned of people, where that can be done.
    An advisory lock keeps two computations of one question in turn, so that the later one, which saw more answers, stands.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [0x1ABE1, question.pk])
        before = Aggregation.objects.filter(question=question).first()
        seen = Answer.objects.filter(task__question=question).count()
        part = before and before.state and not full
        aggregation = _in_between(question, before, seen) if before and part else _in_full(question, seen)
        ask_more(question)
        ask_review_of_the_unsure(question)
        return aggregation


def _rows(question: Question, **which: Any) -> list[Row]:
    """Return the answers to work that count.

    Of a test item, answers that were given next to a model's suggestion are left out wherever there are others: what judges
    models must not come from a model.
    """
    found = queue.counted().filter(task__question=question, task__purpose=Purpose.WORK, **which)
    columns = "task__item_id", "worker_id", "value", "simulated", "suggestion_id", "task__item__side"
    rows = list(found.order_by("created_at", "pk").values_list(*columns))
    unaided = {item for item, _, _, _, suggestion, _ in rows if suggestion is None}
    return [
        Row(item, worker, value, simulated)
        for item, worker, value, simulated, suggestion, side in rows
        if suggestion is None or side != Side.TEST or item not in unaided
    ]


def _tested(question: Question) -> list[Row]:
    """Return the first answer of each person to each item whose answer is known: a change of it measures nobody."""
    found = Answer.objects.filter(task__question=question, decision=False, replaces=None).exclude(
        task__purpose=Purpose.WORK
    )
    rows = found.order_by("created_at", "pk").values_list("task__item_id", "worker_id", "value", "simulated")
    return [Row(*row) for row in rows]


def _in_full(question: Question, seen: int) -> Aggregation:
    begun, now = time.monotonic(), timezone.now()
    rows = _rows(question)
    decided = _decisions(question)
    known = dict(Gold.objects.filter(task__question=question).values_list("task__item_id", "value"))
    tested = _tested(question)
    believed = believe(question.kind, question.config, rows + tested + _opinions(question, rows), known | decided)
    work = {row.item for row in rows}
    _write_labels(question, rows, [label for label in believed.labels if label.item in work], decided)
    # Answers may have been set aside: an item that has none left has no label.
    Label.objects.filter(question=question).exclude(item__in=work | set(decided)).delete()
    return _write_aggregation(question, rows, tested, believed, seen, now, begun)


def _in_between(question: Question, before: Aggregation, seen: int) -> Aggregation:
    """Look again at the items that got answers since."""
    since = Answer.objects.filter(task__question=question, created_at__gte=before.computed_at - timedelta(minutes=1))
    items = list(since.filter(task__purpose=Purpose.WORK).values_list("task__item_id", flat=True).distinct())
    rows = _rows(question, task__item__in=items)
    said = rows + _opinions(question, rows)
    confusion = {str(one["worker"]): one["confusion"] for one in before.workers if one.get("confusion")}
    labels = in_between(before.state | {"classes": before.classes, "confusion": confusion}, said) if said else []
    decided = {item: value for item, value in _decisions(question).items() if item in set(items)}
    _write_labels(question, rows, labels, decided)
    before.answers = queue.counted().filter(task__question=question, task__purpose=Purpose.WORK).count()
    before.seen = seen
    before.save(update_fields=["answers", "seen", "computed_at"])
    return before


def _opinions(question: Question, rows: list[Row]) -> list[Row]:
    """Return what a model says of training items that people have answered: it must not label what judges models."""
    answered = {row.item for row in rows}
    found = Opinion.objects.filter(question=question, item__side=Side.TRAIN).values_list("item_id", "value")
    return [Row(item, MODEL, value, False) for item, value in found if item in answered]


def _decisions(question: Question) -> dict[int, Any]:
    """Return what reviewers decided, by item; of two decisions the later one."""
    found = Answer.objects.filter(task__question=question, decision=True).order_by("created_at", "pk")
    return dict(found.values_list("task__item_id", "value"))


def _write_labels(question: Question, rows: list[Row], believed: list[Labelled], decided: dict[int, Any]) -> None:
    given = Counter(row.item for row in rows)
    simulated = Counter(row.item for row in rows if row.simulated)
    # A reviewer's decision settles the label, whatever the answers weigh.
    settled = [Labelled(item, value, 1.0, 0.0) for item, value in decided.items()]
    labels = [
        Label(
            question=question,
            item_id=one.item,
            value=one.value,
            probability=one.probability,
            gain=one.gain,
            decided=one.item in decided,
            answers=given[one.item],
            simulated=simulated[one.item],
        )
        for one in [one for one in believed if one.item not in decided] + settled
    ]
    Label.objects.bulk_create(
        labels,
        batch_size=5000,
        update_conflicts=True,
        unique_fields=["question", "item"],
        update_fields=["value", "probability", "gain", "decided", "answers", "simulated", "updated_at"],
    )


def _write_aggregation(
    question: Question, rows: list[Row], tested: list[Row], believed: Believed, seen: int, now: Any, begun: float
) -> Aggregation:
    aggregation, _ = Aggregation.objects.update_or_create(
        question=question,
        defaults={
            "method": believed.method,
            "answers": len(rows),
            "seen": seen,
            "stale": False,
            "iterations": believed.iterations,
            "converged": believed.converged,
            "workers": people.learned(question, rows, tested, believed),
            "agreement": people.agreement(question, rows),
            "classes": believed.classes,
            "state": believed.state,
            "full_answers": len(rows),
            "full_at": now,
            "full_ms": round(1000 * (time.monotonic() - begun)),
        },
    )
    return aggregation


def ask_more(question: Question) -> int:
    """Let one more person answer the items whose next answer is worth its price; return how many.

    Worth: the gain of a right label's probability, times what a right label is worth in answers, is more than the one answer.
    """
    if not question.adaptive:
        return 0
    return queue.widen(question, list(_worth_more(question).values_list("item", flat=True)))


def ask_review_of_the_unsure(question: Question) -> int:
    """Send items whose label, with all answers in, is less sure than the question's rule asks to review; return how many.

    Where items get more answers as they need them, also those that have had the most they may and on which people are split.
    """
    full = question.tasks.filter(answer_count__gte=F("overlap"), review=None, purpose=Purpose.WORK)
    asked = 0
    if question.review_confidence:
        unsure = Label.objects.filter(question=question, probability__lt=question.review_confidence).values("item")
        tasks = full.filter(item__in=unsure)
        if question.adaptive:
            tasks = tasks.exclude(overlap__lt=question.most_overlap, item__in=_worth_more(question))
        asked += review.ask(tasks, ReviewCause.CONFIDENCE)
    if question.adaptive:
        split = full.filter(item__in=_worth_more(question), overlap__gte=question.most_overlap)
        asked += review.ask(split, ReviewCause.CONFIDENCE)
    return asked


def _worth_more(question: Question) -> QuerySet[Label, dict[str, Any]]:
    """Return the items whose next answer is worth its price."""
    return Label.objects.filter(question=question, decided=False, gain__gt=1 / question.label_worth).values("item")


def mark_stale(question: Question, **kwargs: object) -> None:
    """Remember that a question's labels must be computed anew although no answer came in."""
    Aggregation.objects.filter(question=question).update(stale=True)


def stale() -> list[Question]:
    """Return the questions that have answers their labels do not know of, or whose answers changed their weight."""
    known = Subquery(Aggregation.objects.filter(question=OuterRef("pk")).values("seen"))
    questions = Question.objects.annotate(
        given=Count("tasks__answers", filter=Q(tasks__answer_count__gt=0)),
        known=Coalesce(known, 0),
        marked=Exists(Aggregation.objects.filter(question=OuterRef("pk"), stale=True)),
    )
    return [question for question in questions if question.given > question.known or question.marked]


def refresh(question: Question) -> Aggregation | None:
    """Bring a question's labels up to its answers: in full where there are few or many new ones, else those that changed.

    Where learning takes long it waits in between, at most ten minutes; None where it waits.
    """
    before = Aggregation.objects.filter(question=question).first()
    if before is None or before.stale or before.full_at is None or before.answers < FEW:
        return compute(question)
    passed = timezone.now() - before.full_at
    rested = passed > REST * timedelta(milliseconds=before.full_ms)
    new = Answer.objects.filter(task__question=question).count() - before.seen + before.answers - before.full_answers
    if (rested and new > SHARE * before.full_answers) or passed > LATEST:
        return compute(question)
    if before.state:
        return compute(question, full=False)
    return compute(question) if rested else None
