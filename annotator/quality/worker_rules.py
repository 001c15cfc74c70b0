"""What follows from gold items for one person (qualified, failed, paused), and a manager's pause."""

from typing import Any

from django.db import transaction
from django.db.models import F

from annotator import audit, hooks
from annotator.models import Assignment, Purpose, Question, Task, User, WorkerState, WorkerStatus
from annotator.models.assignment import AssignmentState
from annotator.quality import surely_under
from annotator.queue import exclusion
from annotator.queue.worker_status import lock_status


def apply_rules(standing_id: int) -> None:
    """Apply the rules to one person: qualified, failed, or paused. Applying them again changes nothing."""
    with transaction.atomic():
        standing = (
            WorkerStatus.objects.select_for_update(of=("self",), no_key=True)
            .select_related("question", "worker")
            .get(pk=standing_id)
        )
        question = standing.question
        if standing.state == WorkerState.QUALIFYING:
            _judge_qualification(standing)
        elif standing.state == WorkerState.WORKING:
            right, total = standing.gold_right, standing.gold_total
            if surely_under(right, total, question.gold_bar, question.gold_minimum):
                said = f"{right} of {total} answers to items with a known answer were right."
                _pause(standing, f"You are paused here: {said} Your manager can let you go on.", by=None)


def unjudged() -> list[int]:
    """Return the worker statuses that the rules may still change, because a process may have died before it applied them."""
    qualifying = WorkerStatus.objects.filter(state=WorkerState.QUALIFYING, qualification_total__gt=0)
    working = WorkerStatus.objects.filter(
        state=WorkerState.WORKING,
        gold_total__gte=F("question__gold_minimum"),
        gold_right__lt=F("gold_total") * F("question__gold_bar"),
    )
    return [*qualifying.values_list("pk", flat=True), *working.values_list("pk", flat=True)]


def _judge_qualification(standing: WorkerStatus) -> None:
    question = standing.question
    tasks = Task.objects.filter(question=question, purpose=Purpose.QUALIFICATION)
    settled = Assignment.objects.filter(
        worker=standing.worker, task__in=tasks, state__in=[AssignmentState.ANSWERED, AssignmentState.SKIPPED]
    ).count()
    total = tasks.count()
    if settled < total:
        return
    if standing.qualification_right >= question.qualification_bar * total:
        standing.state = WorkerState.WORKING
        standing.save(update_fields=["state"])
        _tell(standing, "worker.qualified")
    else:
        said = f"{standing.qualification_right} of {total} answers of the qualification were right"
        _pause(standing, f"You did not qualify: {said}, {question.qualification_bar:.0%} are needed.", by=None)


def pause(question: Question, worker: User, reason: str, by: User | None, exclude_answers: bool = True) -> WorkerStatus:
    """Pause a person at a question. Their held tasks are freed and, unless `exclude_answers` is False, their answers excluded."""
    with transaction.atomic():
        standing = lock_status(question, worker)
        if standing.state != WorkerState.PAUSED:
            _pause(standing, reason, by, exclude_answers)
        return standing


def _pause(standing: WorkerStatus, reason: str, by: User | None, exclude_answers: bool = True) -> None:
    question, worker = standing.question, standing.worker
    standing.state, standing.reason, standing.overruled = WorkerState.PAUSED, reason[:300], False
    standing.save(update_fields=["state", "reason", "overruled"])
    answers = exclusion.exclude(question, worker, exclude_answers)
    count = len(answers)
    audit.record(by, question.project, "paused a person", worker=worker.username, question=question.pk, answers=count)
    _tell(standing, "worker.paused", reason=reason, answers_excluded=count)


def resume(question: Question, worker: User, by: User) -> int:
    """Let a paused person continue; return how many of their answers count again.

    Their record on gold starts from zero: what they were paused for no longer counts, new answers do.
    Their answers count again as described in `queue.exclusion.restore`.
    """
    with transaction.atomic():
        standing = lock_status(question, worker)
        standing.state, standing.reason, standing.overruled = WorkerState.WORKING, "", True
        standing.gold_right = standing.gold_total = 0
        standing.save(update_fields=["state", "reason", "overruled", "gold_right", "gold_total"])
        answers = exclusion.restore(question, worker)
        audit.record(
            by,
            question.project,
            "let a person go on",
            worker=worker.username,
            question=question.pk,
            answers=len(answers),
        )
        _tell(standing, "worker.resumed", answers_counted_again=len(answers))
        return len(answers)


def _tell(standing: WorkerStatus, event: str, **more: Any) -> None:
    content = {"question": standing.question_id, "worker": standing.worker_id, "name": standing.worker.username}
    hooks.emit(standing.question.project_id, event, content | more)
