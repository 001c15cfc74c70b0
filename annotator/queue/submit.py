"""Accepting answers."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from psycopg.types.json import Jsonb

from annotator import hooks
from annotator.models import Answer, Purpose
from annotator.models.assignment import AssignmentState
from annotator.queue.accepted import Accepted
from annotator.queue.assign import assign
from annotator.queue.assigned_tasks import AssignedTask
from annotator.queue.leases import check_held
from annotator.queue.references import Named, QuestionReference
from annotator.queue.submission import TaskName, checked_answer, lock_submission, sent_before
from annotator.refusal import Refused
from annotator.server import sql
from annotator.signals import answer_accepted, qualification_answered

# Whether anybody else was handed a task of the question since a given time.
_OTHERS_SINCE = """
SELECT EXISTS (SELECT 1 FROM annotator_workerstatus WHERE question_id = %(question)s::bigint AND worker_id <> %(worker)s::bigint
               AND handed_at > %(since)s::timestamptz)
"""
# An answer whose lease was freed is still accepted if its slot is open; `retaken` is 1 then.
_STORE = """
WITH counted AS (
    UPDATE annotator_task SET answer_count = answer_count + 1, open_slots = open_slots - %(retaken)s::int
    WHERE id = %(task)s::bigint AND open_slots >= %(retaken)s::int RETURNING id, answer_count, overlap
), stored AS (
    INSERT INTO annotator_answer (id, task_id, worker_id, value, active_ms, simulated, decision, revision, suggestion_id,
                                  created_at)
    SELECT %(id)s::uuid, counted.id, %(worker)s::bigint, %(value)s::jsonb, %(active)s::int, %(simulated)s::boolean, false,
           %(revision)s::int, %(suggestion)s::bigint, now()
    FROM counted RETURNING id
), answered AS (
    UPDATE annotator_assignment SET state = 'answered' FROM counted WHERE annotator_assignment.id = %(assignment)s::bigint
), to_check AS (
    INSERT INTO annotator_answercheck (answer_id) SELECT id FROM stored
), stood AS (
    UPDATE annotator_workerstatus SET answers = answers + 1, last_at = now() FROM counted
    WHERE annotator_workerstatus.id = %(standing)s::bigint
)
SELECT 1 FROM counted
"""


@dataclass(frozen=True)
class Receipt:
    """What a person learns of an answer: stored now or before (`duplicate`), and the next tasks, if they asked for them."""

    answer_id: uuid.UUID
    question_id: int
    duplicate: bool
    tasks: tuple[AssignedTask, ...] = ()


def submit(
    project: Named,
    name: TaskName,
    worker: Named,
    answer_id: uuid.UUID,
    value: Any,
    active_ms: int = 0,
    ahead: int = 0,
    revision: int | None = None,
) -> Receipt:
    """Accept an answer. The answer, its task's state and what signal receivers do (its charge) are one transaction.

    `revision` is the wording the person saw; without it, the current one. With `ahead`, up to that many available tasks are
    handed out in the same transaction.

    The same answer sent again (same id, person, task and value) gets the first receipt.
    A person whose lease ran out and was freed can still answer, if nobody else was handed a task of the question since. The
    rule does not check whether the slot itself was taken: gold has no slots, so that would reveal gold.
    Comparing the answer with others or with gold happens later (`quality.answer_checks`), for every purpose alike. Only a
    qualification is judged at once, because everyone knows that it is one.
    Raises Refused with the reason: unknown task, invalid answer, lease lost, answered before, paused.
    """
    try:
        with transaction.atomic():
            receipt, standing = _submit(project, name, worker, answer_id, value, active_ms, revision, ahead)
    except IntegrityError:
        # A concurrent request used the same answer id or emptied an account: try again.
        with transaction.atomic():
            receipt, standing = _submit(project, name, worker, answer_id, value, active_ms, revision, ahead, True)
    if standing is not None:
        qualification_answered.send(Answer, answer_id=answer_id)
    return receipt


def _ahead(question_id: int, project: Named, worker: Named, count: int) -> tuple[AssignedTask, ...]:
    try:
        found, _ = assign(QuestionReference(question_id, project.pk), worker, count)
        return tuple(found)
    except Refused:
        return ()  # the answer is stored; a separate request for tasks reports why there is none


def _submit(
    project: Named,
    name: TaskName,
    worker: Named,
    answer_id: uuid.UUID,
    value: Any,
    active_ms: int,
    revision: int | None,
    ahead: int = 0,
    again: bool = False,
) -> tuple[Receipt, int | None]:
    """Return the receipt, and the id of the worker status when it must be judged."""
    task = lock_submission(project, name, worker)
    value = checked_answer(task.kind, task.config, value, task.about)
    if (again or task.state != AssignmentState.HELD) and sent_before(answer_id, task.task, worker, value):
        tasks = _ahead(task.question, project, worker, ahead) if ahead else ()
        return Receipt(answer_id, task.question, duplicate=True, tasks=tasks), None
    late = task.state == AssignmentState.EXPIRED and task.worker_state != "paused"
    # Asked whatever the task is for, and whether or not its slot is open.
    too_late = late and sql.rows(_OTHERS_SINCE, question=task.question, worker=worker.pk, since=task.end)[0][0]
    if not late or too_late:
        check_held(task.state, task.end, task.worker_state, task.why)
    stored = sql.rows(
        _STORE,
        id=answer_id,
        task=task.task,
        worker=worker.pk,
        value=Jsonb(value),
        active=active_ms,
        simulated=task.simulated,
        assignment=task.assignment,
        standing=task.standing,
        suggestion=task.suggestion,
        revision=min(revision or task.revision, task.revision),
        retaken=int(late and task.purpose == Purpose.WORK),
    )
    if not stored:
        check_held(task.state, task.end, task.worker_state, task.why)
    accepted = Accepted(
        answer_id,
        value,
        task.task,
        task.item,
        task.purpose,
        task.question,
        project.pk,
        worker.pk,
        task.price,
        task.currency,
        task.simulated,
        task.batch,
        active_ms,
        task.since_ms,
    )
    qualifying = task.purpose == Purpose.QUALIFICATION
    # A qualification decides what comes next, so its next tasks are handed out after it is judged.
    tasks = _ahead(task.question, project, worker, ahead) if ahead and not qualifying else ()
    # Receivers run last: they take locks that everyone needs (a project's accounts), which end with this transaction.
    answer_accepted.send(Answer, accepted=accepted)
    if task.heard:
        hooks.emit(project.pk, "answer.accepted", accepted.as_dict())
    return Receipt(answer_id, task.question, duplicate=False, tasks=tasks), task.standing if qualifying else None
