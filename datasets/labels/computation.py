"""Labels: the answers of a question, aggregated, as rows; and whether the next answer is worth its price."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from annotator import queue
from annotator.models import Answer, CountedAnswer, Gold, Purpose, Question, ReviewTrigger, Split
from annotator.quality import review
from annotator.server.locks import Lock, only_one
from datasets.labels import workers
from datasets.labels.aggregate import MODEL, Aggregated, AnswerRow, aggregate, in_between
from datasets.labels.label_rows import write_labels
from datasets.models import Aggregation, Label, ModelVote, StaleLabel

# Labels are learned again once this many answers came in, or this share of all. Until then only the items with new answers are
# updated, with what is known about people. Learning never takes more than a tenth of the time.
FEW = 2000
SHARE = 0.02
REST = 10
MOST_GOLD = 2000  # gold items that are stored to compare people with
LATEST = timedelta(minutes=10)
WAIT = 0.2  # seconds between two checks whether the previous computation has ended

Mark = tuple[int, int | None]  # of a StaleLabel: its key and its item


Step = Callable[[str], None]


def _no_step(what: str) -> None:
    """Report nothing."""


def compute(question: Question, step: Step = _no_step) -> Aggregation:
    """Aggregate the answers of a question and write its labels, all or none; then ask for more answers where that is worth it.

    Two computations of one question never run at once: the later one waits, and so sees more answers. `step` is called with
    what is done next, and while waiting; it may raise to stop. Nothing is written before everything is computed.
    """
    while True:
        with only_one(Lock.LABELS, question.pk) as mine:
            if mine:
                return _in_full(question, _marks(question), step)
        step("another computation of these labels is at work")
        time.sleep(WAIT)


def refresh(question: Question, step: Step = _no_step) -> Aggregation | None:
    """Update a question's labels: in full if there are few answers or many new ones, otherwise only those that changed.

    Returns None if nothing is to be done, if another computation is running, or if learning takes long and pauses in between,
    for at most ten minutes. The next call does what is left.
    """
    with only_one(Lock.LABELS, question.pk) as mine:
        return _refresh(question, step) if mine else None


def _refresh(question: Question, step: Step) -> Aggregation | None:
    marks = _marks(question)
    if not marks:
        return None
    before = Aggregation.objects.filter(question=question).first()
    changed = {item for _, item in marks if item is not None}
    all_changed = any(item is None for _, item in marks)
    if before is None or all_changed or before.full_at is None or before.answers < FEW:
        return _in_full(question, marks, step)
    passed = timezone.now() - before.full_at
    rested = passed > REST * timedelta(milliseconds=before.full_ms)
    new = len(marks) + before.answers - before.full_answers
    if (rested and new > SHARE * before.full_answers) or passed > LATEST:
        return _in_full(question, marks, step)
    if before.state:
        return _in_between(question, before, changed, marks, step)
    return _in_full(question, marks, step) if rested else None


def _marks(question: Question) -> list[Mark]:
    """Return what makes the labels stale.

    Read it before the answers, so that no mark is deleted without its answer being counted.
    """
    return list(StaleLabel.objects.filter(question=question).values_list("pk", "item_id"))


def _rows(question: Question, **which: Any) -> list[AnswerRow]:
    """Return the answers to work that count, without those about withdrawn items.

    For a test item, answers given beside a model's suggestion are left out if there are others: what judges models must not
    come from a model.
    """
    found = _counted(question).filter(**which)
    columns = "task__item_id", "worker_id", "value", "simulated", "imported", "suggestion_id", "task__item__split"
    rows = list(found.order_by("created_at", "pk").values_list(*columns))
    unaided = {item for item, *_, suggestion, _ in rows if suggestion is None}
    return [
        AnswerRow(item, worker, value, simulated, imported)
        for item, worker, value, simulated, imported, suggestion, side in rows
        if suggestion is None or side != Split.TEST or item not in unaided
    ]


def _counted(question: Question) -> QuerySet[CountedAnswer]:
    return queue.counted().filter(task__question=question, task__purpose=Purpose.WORK, task__item__withdrawn_at=None)


def _tested(question: Question) -> list[AnswerRow]:
    """Return the first answer of each person to each gold item: a changed answer measures nobody."""
    first = Answer.objects.filter(task__question=question, decision=False, replaces=None)
    found = first.filter(task__item__withdrawn_at=None).exclude(task__purpose=Purpose.WORK)
    rows = found.order_by("created_at", "pk").values_list("task__item_id", "worker_id", "value", "simulated")
    return [AnswerRow(*row) for row in rows]


def _in_full(question: Question, marks: list[Mark], step: Step) -> Aggregation:
    begun, now = time.monotonic(), timezone.now()
    step("reading the answers")
    rows = _rows(question)
    decided = _decisions(question)
    known = Gold.objects.filter(task__question=question, task__item__withdrawn_at=None)
    gold = dict(known.values_list("task__item_id", "value"))
    tested = _tested(question)
    step(f"learning from {len(rows):,} answers")
    believed = aggregate(question.kind, question.config, rows + tested + _model_votes(question, rows), gold | decided)
    work = {row.item for row in rows}
    learned = workers.learned(question, rows, tested, believed), workers.agreement(question, rows)
    step("writing the labels")
    with transaction.atomic():
        write_labels(question, rows, [label for label in believed.labels if label.item in work], decided)
        # Answers may have been excluded: an item that has none left has no label.
        Label.objects.filter(question=question).exclude(item__in=work | set(decided)).delete()
        aggregation = _write_aggregation(question, rows, learned, believed, set(decided), now, begun)
        _written(question, marks)
    return aggregation


def _in_between(question: Question, before: Aggregation, items: set[int], marks: list[Mark], step: Step) -> Aggregation:
    """Update the items with new answers, with what was last learned about people."""
    step(f"{len(items):,} items got answers")
    rows = _rows(question, task__item__in=items)
    said = rows + _model_votes(question, rows)
    confusion = {str(one["worker"]): one["confusion"] for one in before.workers if one.get("confusion")}
    labels = in_between(before.state | {"classes": before.classes, "confusion": confusion}, said) if said else []
    decided = {item: value for item, value in _decisions(question).items() if item in items}
    before.answers = _counted(question).count()
    step("writing the labels")
    with transaction.atomic():
        write_labels(question, rows, labels, decided)
        Label.objects.filter(question=question, item__in=items, item__withdrawn_at__isnull=False).delete()
        before.save(update_fields=["answers", "computed_at"])
        _written(question, marks)
    return before


def _written(question: Question, marks: list[Mark]) -> None:
    """Delete the marks that the labels now include, and ask again about items whose label is not certain enough."""
    StaleLabel.objects.filter(pk__in=[pk for pk, _ in marks]).delete()
    ask_more(question)
    ask_review_of_the_unsure(question)


def _model_votes(question: Question, rows: list[AnswerRow]) -> list[AnswerRow]:
    """Return a model's predictions of training items that people have answered. It must not label what judges models."""
    answered = {row.item for row in rows}
    found = ModelVote.objects.filter(question=question, item__split=Split.TRAIN).values_list("item_id", "value")
    return [AnswerRow(item, MODEL, value, False) for item, value in found if item in answered]


def _decisions(question: Question) -> dict[int, Any]:
    """Return what reviewers decided, by item; the later of two decisions."""
    found = Answer.objects.filter(task__question=question, decision=True, task__item__withdrawn_at=None)
    found = found.order_by("created_at", "pk")
    return dict(found.values_list("task__item_id", "value"))


def _write_aggregation(
    question: Question,
    rows: list[AnswerRow],
    learned: tuple[Any, Any],
    believed: Aggregated,
    decided: set[int],
    now: Any,
    begun: float,
) -> Aggregation:
    workers, agreement = learned
    aggregation, _ = Aggregation.objects.update_or_create(
        question=question,
        defaults={
            "method": believed.method,
            "answers": len(rows),
            "iterations": believed.iterations,
            "converged": believed.converged,
            "workers": workers,
            "agreement": agreement,
            "classes": believed.classes,
            "state": believed.state,
            "gold": [[one.value, one.crowd] for one in believed.tested if one.item not in decided][:MOST_GOLD],
            "full_answers": len(rows),
            "full_at": now,
            "full_ms": round(1000 * (time.monotonic() - begun)),
        },
    )
    return aggregation


def ask_more(question: Question) -> int:
    """Let one more person answer the items whose next answer is worth its price; return how many.

    It is worth it if the gain in a right label's probability, times the value of a right label in answers, is more than one
    answer.
    """
    if not question.adaptive:
        return 0
    return queue.increase_redundancy(question, list(_worth_more(question).values_list("item", flat=True)))


def ask_review_of_the_unsure(question: Question) -> int:
    """Send items to review whose label, with all answers in, is less certain than the question's rule; return how many.

    If the question asks adaptively, this includes items that have had the most answers and on which people are split. An item
    that more people may be asked about is left to them; in a closed batch, nobody is asked any more.
    """
    full = question.tasks.filter(answer_count__gte=F("overlap"), review=None, purpose=Purpose.WORK)
    asked = 0
    if question.review_confidence:
        unsure = Label.objects.filter(question=question, probability__lt=question.review_confidence).values("item")
        tasks = full.filter(item__in=unsure)
        if question.adaptive:
            tasks = tasks.exclude(queue.ASKABLE, overlap__lt=question.most_overlap, item__in=_worth_more(question))
        asked += review.send_to_review(tasks, ReviewTrigger.CONFIDENCE)
    if question.adaptive:
        split = full.filter(item__in=_worth_more(question), overlap__gte=question.most_overlap)
        asked += review.send_to_review(split, ReviewTrigger.CONFIDENCE)
    return asked


def _worth_more(question: Question) -> QuerySet[Label, Any]:
    """Return the items whose next answer is worth its price."""
    return Label.objects.filter(question=question, decided=False, gain__gt=1 / question.label_worth).values("item")


def mark_stale(question: Question, **kwargs: object) -> None:
    """Record that all labels of a question must be computed again although no answer came in."""
    StaleLabel.objects.create(question=question)
