"""Changing one's own answer: the change is a new answer that names the old one."""

import uuid
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from annotator import hooks
from annotator.models import Answer, AnswerCheck, Question, Review
from annotator.models.assignment import AssignmentState
from annotator.queue.counted import latest
from annotator.queue.references import Named
from annotator.queue.submission import Submission, TaskName, checked_answer, lock_submission, sent_before
from annotator.queue.submit import Receipt
from annotator.refusal import Refused


def change(
    project: Named,
    name: TaskName,
    worker: Named,
    answer_id: uuid.UUID,
    value: Any,
    replaces: uuid.UUID,
    active_ms: int = 0,
    revision: int | None = None,
) -> Receipt:
    """Store a new answer that replaces the person's own latest one, `replaces`. It is not paid again.

    On a gold item only the first answer measures the person: a change is stored and does not count for or against them.
    The same change sent again gets the first receipt. Raises Refused when the task was not answered, when another answer is
    the latest, when the answer was excluded or decided by a reviewer, or when the question's time for changes is over.
    """
    try:
        with transaction.atomic():
            task = lock_submission(project, name, worker)
            task_id = task.task
            value = checked_answer(task.kind, task.config, value, task.about)
            if sent_before(answer_id, task_id, worker, value, replaces):
                return Receipt(answer_id, task.question, duplicate=True)
            old = _old(task, task_id, worker, replaces)
            Answer.objects.create(
                pk=answer_id,
                task_id=task_id,
                worker_id=worker.pk,
                value=value,
                active_ms=active_ms,
                simulated=task.simulated,
                revision=min(revision or task.revision, task.revision),
                replaces=old,
                suggestion_id=old.suggestion_id,
            )
            AnswerCheck.objects.create(answer_id=answer_id)
            _tell(project, task, worker, old, value)
    except IntegrityError:
        raise Refused("This answer was changed at this very moment; look again.", "changed") from None
    return Receipt(answer_id, task.question, duplicate=False)


def _old(task: Submission, task_id: int, worker: Named, replaces: uuid.UUID) -> Answer:
    """Return the answer that is replaced. Raises Refused when it cannot be replaced."""
    given = list(Answer.objects.filter(task=task_id, worker=worker.pk, decision=False).order_by("created_at"))
    if not given:
        raise Refused("You have not answered this task, so there is nothing to change.", "not_answered")
    old = latest(Answer.objects.filter(pk=replaces, task=task_id, worker=worker.pk, decision=False)).first()
    if old is None:
        raise Refused("You have changed this answer already, perhaps in another tab.", "changed")
    if task.worker_state == "paused":
        raise Refused(task.why or "You are paused at this question.", "paused", 403)
    if task.state != AssignmentState.ANSWERED:
        raise Refused("This answer was excluded; it cannot be changed.", "excluded")
    if task.withdrawn:
        raise Refused("This item was withdrawn from the project; its answers stay as they are.", "withdrawn")
    if Review.objects.filter(task=task_id, decision__isnull=False).exists():
        raise Refused("A reviewer has decided this item; its answers stand.", "decided")
    minutes = Question.objects.values_list("change_minutes", flat=True).get(pk=task.question)
    if timezone.now() - given[0].created_at > timedelta(minutes=minutes):
        rule = f"within {minutes:,} minutes" if minutes else "not at all"
        raise Refused(f"Answers to this question can be changed {rule}.", "too_late")
    return old


def _tell(project: Named, task: Submission, worker: Named, old: Answer, value: Any) -> None:
    if task.heard:
        content = {
            "value": value,
            "replaces": str(old.pk),
            "task": task.task,
            "item": task.item,
            "question": task.question,
        }
        hooks.emit(project.pk, "answer.changed", content | {"worker": worker.pk})
