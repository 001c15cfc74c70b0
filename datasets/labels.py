"""Labels: the answers of a question, aggregated, as rows."""

from collections import Counter
from typing import Any, NamedTuple

import numpy as np
from django.db import connection, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from annotator import kinds, queue, review
from annotator.models import Answer, Purpose, Question, ReviewCause
from datasets.aggregation import Answers, dawid_skene, majority
from datasets.models import Aggregation, Label

METHOD = "dawid-skene"
MOST_CLASSES = 100  # a confusion matrix of more would hold hardly an answer a cell
# Two pseudo-answers in all for a row of a confusion matrix, most of them on the right answer: a new worker is taken to be
# fairly good until they show otherwise, so that one worker's three answers do not decide.
SMOOTHING_MASS = 1.0
DIAGONAL = 2.0


class Row(NamedTuple):
    """One answer as it enters the aggregation."""

    item: int
    worker: int
    value: Any
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
        decided = _decisions(question)
        believed = _believe(question, rows)
        _write_labels(question, rows, believed.labels, decided)
        aggregation = _write_aggregation(question, rows, believed, seen)
        ask_review_of_the_unsure(question)
        return aggregation


class Believed(NamedTuple):
    """Labels as (item, value, probability), and what was learned of the workers."""

    labels: list[tuple[int, Any, float]]
    method: str
    workers: dict[int, float]
    iterations: int = 1
    converged: bool = True


def _believe(question: Question, rows: list[Row]) -> Believed:
    """Aggregate: where an answer is one of a few classes by Dawid–Skene, of very many by votes, else by likeness."""
    kind = kinds.get(question.kind)
    classes = kind.classes(question.config)
    if not classes:
        return _most_alike(kind, question.config, rows)
    if len(classes) > MOST_CLASSES:
        named = {row.value for row in rows}
        classes = [one for one in classes if one in named] or classes[:1]
    answers, items, workers, _ = Answers.coded(
        [row.item for row in rows], [row.worker for row in rows], [row.value for row in rows], order=classes
    )
    few = len(classes) <= MOST_CLASSES
    result = (
        dawid_skene(answers, smoothing=SMOOTHING_MASS / len(classes), diagonal=DIAGONAL) if few else majority(answers)
    )
    labels = [
        (item, classes[label], min(1.0, float(probability)))
        for item, label, probability in zip(items, result.labels, result.confidence, strict=True)
    ]
    accuracy = dict(zip(workers, np.nan_to_num(result.worker_accuracy).tolist(), strict=True))
    return Believed(labels, METHOD if few else "majority", accuracy, result.iterations, result.converged)  # type: ignore[arg-type]


def _most_alike(kind: kinds.Kind, config: dict[str, Any], rows: list[Row]) -> Believed:
    """Take of each item the answer most like the others (its medoid); what stands for the probability is that likeness.

    It is no probability: one answer alone has 0.5, and nothing is learned of who is careful.
    """
    given: dict[int, list[Row]] = {}
    for row in rows:
        given.setdefault(row.item, []).append(row)
    labels, likeness = [], {}
    for item, answers in given.items():
        alike = [[kind.similarity(config, one.value, other.value) for other in answers] for one in answers]
        others = [(sum(line) - 1) / (len(line) - 1) if len(line) > 1 else 0.5 for line in alike]
        best = max(range(len(answers)), key=others.__getitem__)
        labels.append((item, answers[best].value, min(1.0, others[best])))
        for row, mean in zip(answers, others, strict=True):
            if len(answers) > 1:
                likeness.setdefault(row.worker, []).append(mean)
    return Believed(labels, "medoid", {worker: sum(means) / len(means) for worker, means in likeness.items()})


def _decisions(question: Question) -> dict[int, Any]:
    """Return what reviewers decided, by item; of two decisions the later one."""
    found = Answer.objects.filter(task__question=question, decision=True).order_by("created_at", "pk")
    return dict(found.values_list("task__item_id", "value"))


def _write_labels(
    question: Question, rows: list[Row], believed: list[tuple[int, Any, float]], decided: dict[int, Any]
) -> None:
    given = Counter(row.item for row in rows)
    simulated = Counter(row.item for row in rows if row.simulated)
    labels = [
        Label(
            question=question,
            item_id=item,
            value=value,
            probability=probability,
            answers=given[item],
            simulated=simulated[item],
        )
        for item, value, probability in believed
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


def _write_aggregation(question: Question, rows: list[Row], believed: Believed, seen: int) -> Aggregation:
    given = Counter(row.worker for row in rows)
    found = [
        {"worker": worker, "answers": given[worker], "accuracy": round(float(accuracy), 4)}
        for worker, accuracy in believed.workers.items()
    ]
    aggregation, _ = Aggregation.objects.update_or_create(
        question=question,
        defaults={
            "method": believed.method,
            "answers": len(rows),
            "seen": seen,
            "stale": False,
            "iterations": believed.iterations,
            "converged": believed.converged,
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
