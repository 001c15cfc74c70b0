"""Which answers count."""

from django.db.models import Exists, OuterRef, QuerySet

from annotator.models import Answer, Assignment
from annotator.models.assignment import State


def counted() -> QuerySet[Answer]:
    """Return the answers that count: not set aside, and no decisions."""
    assignment = Assignment.objects.filter(task=OuterRef("task"), worker=OuterRef("worker"), state=State.ANSWERED)
    return Answer.objects.filter(Exists(assignment), decision=False)
