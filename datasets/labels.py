"""Labels: the answers of a question, aggregated, as rows."""

from collections import Counter
from typing import NamedTuple

import numpy as np
from django.db import connection, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from annotator import kinds, queue, review
from annotator.models import Answer, Purpose, Question, ReviewCause
from datasets.aggregation import Answers, Result, dawid_skene
from datasets.models import Aggregation, Label

METHOD = "dawid-skene"
# Two pseudo-answers in all for a row of a confusion matrix, most of them on the right answer: a new worker is taken to be
# fairly good until they show otherwise, so that one worker's three answers do not decide.
SMOOTHING_MASS = 1.0
DIAGONAL = 2.0


class Row(NamedTuple):
    """One answer as it enters the aggregation."""

    item: int
    worker: int
    value: str
    simulated: bool


def compute(question: Question) -> Aggregation:
    """Aggregate every answer of a question and write its labels, all or none.

    An advisory lock keeps two computations of one question in turn, so that the later one, which saw more answers, stands.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [0x1ABE1, question.pk])
        seen = Answer.objects.filter(task__question=question).count()
        rows = [
            Row(*row)
            for row in queue.counted()
            .filter(task__question=question, task__purpose=Purpose.WORK)
            .order_by("created_at", "pk")
            .values_list("task__item_id", "worker_id", "value", "simulated")
        ]
        classes = kinds.get(question.kind).classes(question.config)
        answers, items, workers, _ = Answers.coded(
            [row.item for row in rows], [row.worker for row in rows], [row.value for row in rows], order=classes
        )
        decided = _decisions(question)
        result = dawid_skene(answers, smoothing=SMOOTHING_MASS / len(classes), diagonal=DIAGONAL)
        _write_labels(question, rows, items, classes, result, decided)
        aggregation = _write_aggregation(question, rows, workers, result, seen)
        ask_review_of_the_unsure(question)
        return aggregation


def _decisions(question: Question) -> dict[int, str]:
    """Return what reviewers decided, by item; of two decisions the later one."""
    found = Answer.objects.filter(task__question=question, decision=True).order_by("created_at", "pk")
    return dict(found.values_list("task__item_id", "value"))


def _write_labels(
    question: Question, rows: list[Row], items: list, classes: list[str], result: Result, decided: dict[int, str]
) -> None:
    given = Counter(row.item for row in rows)
    simulated = Counter(row.item for row in rows if row.simulated)
    labels = [
        Label(
            question=question,
            item_id=item,
            value=classes[label],
            probability=min(1.0, float(probability)),
            answers=given[item],
            simulated=simulated[item],
        )
        for item, label, probability in zip(items, result.labels, result.confidence, strict=True)
        if item not in decided
    ]
    # A reviewer's decision settles the label, whatever the answers weigh.
    labels += [
        Label(
            question=question,
            item_id=item,
            value=value,
            probability=1.0,
            decided=True,
            answers=given[item],
            simulated=simulated[item],
        )
        for item, value in decided.items()
    ]
    Label.objects.bulk_create(
        labels,
        batch_size=5000,
        update_conflicts=True,
        unique_fields=["question", "item"],
        update_fields=["value", "probability", "decided", "answers", "simulated", "updated_at"],
    )
    # Answers may have been set aside: an item that has none left has no label.
    Label.objects.filter(question=question).exclude(item__in=[label.item_id for label in labels]).delete()


def _write_aggregation(question: Question, rows: list[Row], workers: list, result: Result, seen: int) -> Aggregation:
    given = Counter(row.worker for row in rows)
    found = [
        {"worker": worker, "answers": given[worker], "accuracy": round(float(accuracy), 4)}
        for worker, accuracy in zip(workers, np.nan_to_num(result.worker_accuracy), strict=True)
    ]
    aggregation, _ = Aggregation.objects.update_or_create(
        question=question,
        defaults={
            "method": METHOD,
            "answers": len(rows),
            "seen": seen,
            "stale": False,
            "iterations": result.iterations,
            "converged": result.converged,
            "workers": sorted(found, key=lambda one: -one["accuracy"]),
        },
    )
    return aggregation


def ask_review_of_the_unsure(question: Question) -> int:
    """Send items whose label, with all answers in, is less sure than the question's rule asks to review; return how many."""
    if not question.review_confidence:
        return 0
    unsure = Label.objects.filter(question=question, probability__lt=question.review_confidence).values("item")
    tasks = question.tasks.filter(item__in=unsure, answer_count__gte=F("overlap"), review=None, purpose=Purpose.WORK)
    return review.ask(tasks, ReviewCause.CONFIDENCE)


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
