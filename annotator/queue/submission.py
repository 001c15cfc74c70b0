"""The task that a person answers, locked, with everything that accepting an answer needs."""

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from annotator import kinds
from annotator.models import Answer, Task
from annotator.models.assignment import AssignmentState
from annotator.queue.references import Named
from annotator.refusal import Refused
from annotator.server import sql

_LOOK = """
SELECT t.id, s.id, s.state, s.reason, a.id, a.state, a.expires_at, a.suggestion_id, t.purpose, t.item_id, q.id, q.kind, q.price,
       q.revision, p.currency, coalesce(m.simulated, false),
       EXISTS (SELECT 1 FROM annotator_webhook w WHERE w.project_id = p.id AND w.active),
       t.batch_id, greatest(0, extract(epoch FROM now() - a.leased_at) * 1000)::bigint,
       i.withdrawn_at IS NOT NULL, p.archived_at IS NOT NULL, q.config, i.modality, i.width, i.height, i.length
FROM annotator_workerstatus s JOIN annotator_task t ON t.question_id = s.question_id
JOIN annotator_question q ON q.id = t.question_id JOIN annotator_project p ON p.id = q.project_id
JOIN annotator_assignment a ON a.task_id = t.id AND a.worker_id = s.worker_id JOIN annotator_item i ON i.id = t.item_id
LEFT JOIN annotator_member m ON m.project_id = p.id AND m.user_id = s.worker_id
WHERE {} AND s.worker_id = %(worker)s::bigint AND p.id = %(project)s::bigint
FOR NO KEY UPDATE OF s, a
"""
# A person names a task by their assignment's public id. Code of the product may also use the task's own id.
BY_PUBLIC_ID, BY_TASK = "a.public_id = %(task)s::uuid", "t.id = %(task)s::bigint"
TaskName = int | uuid.UUID
# A lease ends with its item, except where it is being taken at that very moment.
UNANSWERED = (AssignmentState.HELD, AssignmentState.EXPIRED, AssignmentState.RETURNED, AssignmentState.WITHDRAWN)
ARCHIVED = "This project is archived, so nothing is answered in it. A manager can take it back."
WITHDRAWN = "This item was withdrawn from the project, so it needs no answer any more. The next one comes."


@dataclass(frozen=True)
class Submission:
    """One person's task: their worker status, their assignment, and the question."""

    task: int
    standing: int
    worker_state: str
    why: str
    assignment: int
    state: str
    end: datetime
    suggestion: int | None
    purpose: str
    item: int
    question: int
    kind: str
    price: Decimal
    revision: int
    currency: str
    simulated: bool
    heard: bool
    batch: int | None
    since_ms: int
    withdrawn: bool
    archived: bool
    config: dict[str, Any]
    about: kinds.About


def named(statement: str, task: TaskName) -> str:
    """Return a statement that finds a task by the kind of name it is given."""
    return statement.format(BY_PUBLIC_ID if isinstance(task, uuid.UUID) else BY_TASK)


def lock_submission(project: Named, name: TaskName, worker: Named) -> Submission:
    """Return a task, with the worker status and assignment locked. Raises Refused when the person never had the task, and when
    its item was withdrawn before they answered.
    """
    found = sql.rows(named(_LOOK, name), task=name, worker=worker.pk, project=project.pk)
    if found:
        *first, config, modality, width, height, length = found[0]
        row = [*first, json.loads(config), kinds.About(modality, width, height, length)]
        task = Submission(*row)
        if task.archived:
            raise Refused(ARCHIVED, "archived", 403)
        if task.withdrawn and task.state in UNANSWERED:
            raise Refused(WITHDRAWN, "withdrawn")
        return task
    if isinstance(name, int) and Task.objects.filter(pk=name, question__project=project.pk).exists():
        raise Refused("This task is not in your hands; ask for the next one.", "not_held")
    raise Refused("There is no such task in this project.", "unknown_task", 404)


def checked_answer(kind: str, config: dict[str, Any], value: Any, item: kinds.About) -> Any:
    """Return an answer in its stored form. Raises Refused with the reason when it is not valid."""
    try:
        return kinds.check_value(kind, config, value, item)
    except kinds.Invalid as problem:
        raise Refused(str(problem), "invalid_answer", 400) from None


def sent_before(
    answer_id: uuid.UUID, task_id: int, worker: Named, value: Any, replaces: uuid.UUID | None = None
) -> bool:
    """Check whether this very answer, or this very change, is already stored. Raises Refused when the id belongs to another."""
    known = Answer.objects.filter(pk=answer_id).first()
    if known is None:
        return False
    stored = (known.worker_id, known.task_id, known.value, known.replaces_id, known.decision)
    if stored == (worker.pk, task_id, value, replaces, False):
        return True
    raise Refused("This answer id belongs to another answer; make a new one.", "id_taken")
