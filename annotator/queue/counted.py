"""Which answers count."""

from django.db.models import Exists, OuterRef, QuerySet

from annotator.models import Answer, Assignment
from annotator.models.assignment import AssignmentState

# For handwritten SQL: the answer `a` has not been replaced.
NOT_REPLACED = """NOT EXISTS (
    SELECT 1 FROM annotator_answer r WHERE r.task_id = a.task_id AND r.worker_id = a.worker_id AND r.replaces_id = a.id)"""


def latest(answers: QuerySet[Answer]) -> QuerySet[Answer]:
    """Return the answers that no later answer has replaced."""
    later = Answer.objects.filter(task=OuterRef("task"), worker=OuterRef("worker"), replaces=OuterRef("pk"))
    return answers.exclude(Exists(later))


def counted() -> QuerySet[Answer]:
    """Return the answers that count: not excluded, not replaced, and not a reviewer's decision."""
    assignment = Assignment.objects.filter(
        task=OuterRef("task"), worker=OuterRef("worker"), state=AssignmentState.ANSWERED
    )
    return latest(Answer.objects.filter(Exists(assignment), decision=False))
