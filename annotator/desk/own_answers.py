"""A person's own answers and what became of them."""

import uuid
from dataclasses import dataclass

from django.db.models import (
    Count,
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Now
from django.utils import timezone

from annotator import queue
from annotator.models import Answer, Assignment, Project, Review, User, WorkerState, WorkerStatus
from annotator.models.assignment import AssignmentState

_MINUTE = Value(timezone.timedelta(minutes=1), output_field=DurationField())


@dataclass(frozen=True)
class Fate:
    """What became of an answer, as its author sees it. `word` is for programs."""

    word: str
    text: str


def mine(project: Project, worker: User) -> QuerySet[Answer]:
    """Return a person's answers in a project, latest first; of each task only the latest answer.

    Each answer is annotated with `state` and `public_id` of its assignment, a reviewer's decision and reason (`decided` and
    `reason`, if there is one), how often it was changed (`changes`), and until when it can be changed (`until`).
    """
    assignment = Assignment.objects.filter(task=OuterRef("task"), worker=OuterRef("worker"))
    review = Review.objects.filter(task=OuterRef("task"), decision__isnull=False)
    first = Answer.objects.filter(task=OuterRef("task"), worker=OuterRef("worker"), replaces=None, decision=False)
    changed = (
        Answer.objects.filter(task=OuterRef("task"), worker=OuterRef("worker"), decision=False, replaces__isnull=False)
        .values("task")
        .annotate(count=Count("pk"))
    )
    found = Answer.objects.filter(worker=worker, task__question__project=project, decision=False)
    return (
        queue.latest(found)
        .select_related("task__item", "task__question")
        .annotate(
            state=Subquery(assignment.values("state")[:1]),
            public_id=Subquery(assignment.values("public_id")[:1]),
            decided=Subquery(review.values("decision__value")[:1]),
            reason=Subquery(review.values("reason")[:1]),
            changes=Subquery(changed.values("count")),
            until=ExpressionWrapper(
                Subquery(first.values("created_at")[:1]) + F("task__question__change_minutes") * _MINUTE,
                output_field=DateTimeField(),
            ),
        )
        .order_by("-created_at", "pk")
    )


def changeable(project: Project, worker: User) -> QuerySet[Answer]:
    """Return the person's answers that may be changed now."""
    paused = WorkerStatus.objects.filter(worker=worker, question=OuterRef("task__question"), state=WorkerState.PAUSED)
    return mine(project, worker).filter(
        Q(until__gt=Now()), ~Exists(paused), state=AssignmentState.ANSWERED, reason=None
    )


def fate(answer: Answer) -> Fate:
    """Return what became of an answer of `mine`. It never reveals whether the item is gold."""
    if answer.state == AssignmentState.EXCLUDED:
        return Fate("excluded", "excluded")
    if answer.reason is not None:
        same = answer.decided == answer.value
        return Fate("confirmed" if same else "overruled", "decided as you said" if same else "decided otherwise")
    return Fate("counts", "counts")


def may_change(answer: Answer) -> bool:
    """Check whether an answer of `mine` may be changed, as far as the answer itself decides that."""
    open_still = answer.until > timezone.now()
    return open_still and answer.state == AssignmentState.ANSWERED and answer.reason is None


def is_uuid(text: str) -> bool:
    """Check whether a text is a UUID, as an answer's id must be."""
    try:
        return bool(uuid.UUID(text))
    except ValueError:
        return False
