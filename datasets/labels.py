"""Labels: the answers of a question, aggregated, as rows."""

from collections import Counter
from typing import NamedTuple

import numpy as np
from django.db import connection, transaction
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from annotator import kinds
from annotator.models import Answer, Question
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
        rows = [
            Row(*row)
            for row in Answer.objects.filter(task__question=question)
            .order_by("created_at", "pk")
            .values_list("task__item_id", "worker_id", "value", "simulated")
        ]
        classes = kinds.get(question.kind).classes(question.config)
        answers, items, workers, _ = Answers.coded(
            [row.item for row in rows], [row.worker for row in rows], [row.value for row in rows], order=classes
        )
        result = dawid_skene(answers, smoothing=SMOOTHING_MASS / len(classes), diagonal=DIAGONAL)
        _write_labels(question, rows, items, classes, result)
        return _write_aggregation(question, rows, workers, result)


def _write_labels(question: Question, rows: list[Row], items: list, classes: list[str], result: Result) -> None:
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
    ]
    Label.objects.bulk_create(
        labels,
        batch_size=5000,
        update_conflicts=True,
        unique_fields=["question", "item"],
        update_fields=["value", "probability", "answers", "simulated", "updated_at"],
    )


def _write_aggregation(question: Question, rows: list[Row], workers: list, result: Result) -> Aggregation:
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
            "iterations": result.iterations,
            "converged": result.converged,
            "workers": sorted(found, key=lambda one: -one["accuracy"]),
        },
    )
    return aggregation


def stale() -> list[Question]:
    """Return the questions that have answers their labels do not know of."""
    known = Subquery(Aggregation.objects.filter(question=OuterRef("pk")).values("answers"))
    questions = Question.objects.annotate(
        given=Count("tasks__answers", filter=Q(tasks__answer_count__gt=0)), known=Coalesce(known, 0)
    )
    return [question for question in questions if question.given > question.known]
