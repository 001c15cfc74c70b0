"""Taking answers in."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from psycopg.types.json import Jsonb

from annotator import hooks
from annotator.models import Answer, Project, Purpose, Question, User
from annotator.models.assignment import AssignmentState
from annotator.queue.accepted import Accepted
from annotator.queue.assign import assign
from annotator.queue.assigned_tasks import AssignedTask
from annotator.queue.leases import check_held
from annotator.queue.submission import TaskName, checked_answer, lock_submission, sent_before
from annotator.refusal import Refused
from annotator.server import sql
from annotator.signals import answer_accepted, qualification_answered

# Whether anybody else was handed a task of the question since a moment.
_OTHERS_SINCE = """
SELECT EXISTS (SELECT 1 FROM annotator_workerstatus WHERE question_id = %(question)s::bigint AND worker_id <> %(worker)s::bigint
               AND handed_at > %(since)s::timestamptz)
"""
# An answer whose lease was freed is still taken where its place is: `retaken` is 1 then.
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
    """What a person is told of an answer: stored now, or stored before (`duplicate`); and the next tasks, if asked for."""

    answer_id: uuid.UUID
    question_id: int
    duplicate: bool
    tasks: tuple[AssignedTask, ...] = ()


def submit(
    project: Project,
    name: TaskName,
    worker: User,
    answer_id: uuid.UUID,
    value: Any,
    active_ms: int = 0,
    ahead: int = 0,
    revision: int | None = None,
) -> Receipt:
    """Take an answer in. The answer, its task's state and whatever listens (its charge) are one transaction.

    `revision` is the wording the person saw, the present one where it is not told. With `ahead`, up to that
    many tasks that can be had at this moment are handed out in the same transaction.

    The same id sent again by the same person for the same task with the same value is answered with the first answer.
    A person who comes late, after their lease ran out and was freed, is still heard where nobody else was handed a task of the
    question since. The rule does not ask whether the place itself was taken: gold has no places, so that would tell gold.
    Comparing it with other answers or with a known one comes later (`quality.answer_checks`), for every purpose alike;
    only a qualification, which everyone knows to be one, is judged at once.
    Raises Refused with the reason: unknown task, answer of another shape, lease lost, answered before, paused.
    """
    try:
        with transaction.atomic():
            receipt, standing = _submit(project, name, worker, answer_id, value, active_ms, revision, ahead)
    except IntegrityError:
        # The id is another answer's, or an account was emptied, in a request of this very moment: look again.
        with transaction.atomic():
            receipt, standing = _submit(project, name, worker, answer_id, value, active_ms, revision, ahead, True)
    if standing is not None:
        qualification_answered.send(Answer, answer_id=answer_id)
    return receipt


def _ahead(question_id: int, project: Project, worker: User, count: int) -> tuple[AssignedTask, ...]:
    try:
        found, _ = assign(Question(pk=question_id, project_id=project.pk), worker, count)
        return tuple(found)
    except Refused:
        return ()  # the answer stands; who asks for tasks is told why there is none


def _submit(
    project: Project,
    name: TaskName,
    worker: User,
    answer_id: uuid.UUID,
    value: Any,
    active_ms: int,
    revision: int | None,
    ahead: int = 0,
    again: bool = False,
) -> tuple[Receipt, int | None]:
    """Return the receipt, and the id of the person's standing where it must be judged."""
    task = lock_submission(project, name, worker)
    value = checked_answer(task.kind, task.config, value, task.about)
    if (again or task.state != AssignmentState.HELD) and sent_before(answer_id, task.task, worker, value):
        tasks = _ahead(task.question, project, worker, ahead) if ahead else ()
        return Receipt(answer_id, task.question, duplicate=True, tasks=tasks), None
    late = task.state == AssignmentState.EXPIRED and task.worker_state != "paused"
    # Asked whatever the task is for, and whether or not its place is free.
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
    # A qualification decides what comes next, so its next tasks come after it is judged.
    tasks = _ahead(task.question, project, worker, ahead) if ahead and not qualifying else ()
    # What listens comes last: its locks are everybody's (a project's accounts), and end with this transaction.
    answer_accepted.send(Answer, accepted=accepted)
    if task.heard:
        hooks.emit(project.pk, "answer.accepted", accepted.told())
    return Receipt(answer_id, task.question, duplicate=False, tasks=tasks), task.standing if qualifying else None
