"""Leases of tasks: renewed, given back, skipped, and freed when they run out."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from annotator.models import Assignment, Project, Question, User, WorkerState, WorkerStatus
from annotator.models.assignment import AssignmentState
from annotator.queue.references import Named
from annotator.queue.release import release
from annotator.queue.submission import WITHDRAWN, TaskName, named
from annotator.refusal import Refused
from annotator.server import sql

MOST_HELD = 3

_MINE = """
SELECT a.id, a.state, a.expires_at, s.state, s.reason, t.purpose, t.id, s.id
FROM annotator_workerstatus s JOIN annotator_task t ON t.question_id = s.question_id
JOIN annotator_question q ON q.id = t.question_id JOIN annotator_assignment a ON a.task_id = t.id AND a.worker_id = s.worker_id
WHERE {} AND s.worker_id = %(worker)s::bigint AND q.project_id = %(project)s::bigint
FOR NO KEY UPDATE OF s, a
"""


def renew(project: Project, name: TaskName, worker: User) -> datetime:
    """Renew the lease of a task and return its new end. Raises Refused when the person no longer holds the task."""
    with transaction.atomic():
        assignment, *_ = _mine(project, name, worker)
        [(end,)] = sql.rows(
            "UPDATE annotator_assignment SET expires_at = now() + make_interval(secs => %(seconds)s) "
            "WHERE id = %(id)s::bigint RETURNING expires_at",
            id=assignment,
            seconds=settings.TASK_LEASE_SECONDS,
        )
        return end


def give_back(project: Project, name: TaskName, worker: User) -> None:
    """Return a task unanswered; its slot is free at once. Raises Refused when the person does not hold it."""
    with transaction.atomic():
        assignment, *_ = _mine(project, name, worker)
        release([assignment], AssignmentState.RETURNED)


def skip(project: Project, name: TaskName, worker: User, reason: str) -> tuple[int, str, int]:
    """Skip a task permanently: its slot is free for others, and this person does not get it again.

    Returns the task's id and purpose, and the id of the worker status. Raises Refused when the person does not hold it.
    """
    with transaction.atomic():
        assignment, task, purpose, standing = _mine(project, name, worker)
        WorkerStatus.objects.filter(pk=standing).update(skips=F("skips") + 1, last_at=timezone.now())
        release([assignment], AssignmentState.SKIPPED, reason)
        return task, purpose, standing


def _mine(project: Project, name: TaskName, worker: User) -> tuple[int, int, str, int]:
    """Lock a task that the person holds; return the ids of assignment and task, the purpose, and the worker status' id."""
    found = sql.rows(named(_MINE, name), task=name, worker=worker.pk, project=project.pk)
    if not found:
        raise Refused("There is no such task in your hands.", "unknown_task", 404)
    assignment, state, end, worker_state, reason, purpose, task, standing = found[0]
    check_held(state, end, worker_state, reason)
    return assignment, task, purpose, standing


def check_held(state: str, end: datetime, standing: str, why_paused: str) -> None:
    """Raise Refused when an assignment in this state is no longer held."""
    if state == AssignmentState.HELD:
        return
    if standing == WorkerState.PAUSED:
        raise Refused(why_paused or "You are paused at this question.", "paused", 403)
    if state == AssignmentState.ANSWERED:
        raise Refused("You have answered this task already, perhaps in another tab.", "answered")
    if state == AssignmentState.SKIPPED:
        raise Refused("You have skipped this task; ask for the next one.", "skipped")
    if state == AssignmentState.EXCLUDED:
        raise Refused("Your answer to this task was excluded.", "answered")
    if state == AssignmentState.WITHDRAWN:
        raise Refused(WITHDRAWN, "withdrawn")
    if state == AssignmentState.EXPIRED:
        raise Refused(f"Your hold on this task ended at {end:%H:%M} UTC; ask for the next one.", "lease_expired")
    raise Refused("This task is not in your hands; ask for the next one.", "not_held")


def free_expired(question: Named | None = None, limit: int = 1000) -> int:
    """Free the slots whose lease has run out, at one question or at all; return how many."""
    with transaction.atomic():
        late = Q(state=AssignmentState.HELD, expires_at__lte=timezone.now())
        if question:
            late &= Q(task__question=question.pk)
        found = (
            Assignment.objects.filter(late)
            .select_for_update(skip_locked=True, of=("self",), no_key=True)
            .order_by("task_id")
        )
        ids = list(found.values_list("pk", flat=True)[:limit])
        release(ids, AssignmentState.EXPIRED)
    return len(ids)


def withdraw(worker: User, project: Project, question: Question | None = None) -> int:
    """Take back the tasks a person holds in a project, or at one of its questions; return how many."""
    with transaction.atomic():
        held = Assignment.objects.filter(worker=worker, state=AssignmentState.HELD, task__question__project=project)
        if question:
            held = held.filter(task__question=question)
        ids = list(held.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk", flat=True))
        release(ids, AssignmentState.RETURNED)
    return len(ids)
