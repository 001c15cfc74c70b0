"""Taking answers in."""

import json
import uuid
from dataclasses import dataclass, replace
from typing import Any

from django.db import IntegrityError, transaction
from psycopg.types.json import Jsonb

from annotator import hooks, kinds, sql
from annotator.models import Answer, Project, Purpose, Question, Task, User
from annotator.models.assignment import State
from annotator.queue import judging
from annotator.queue.accepted import Accepted
from annotator.queue.handing import Handed, hand_out
from annotator.queue.leases import check_held
from annotator.refusal import Refused
from annotator.signals import answer_accepted

_LOOK = """
SELECT s.id, s.state, s.reason, a.id, a.state, a.expires_at, t.purpose, t.item_id, q.id, q.kind, q.config, q.price,
       p.currency, coalesce(m.simulated, false),
       EXISTS (SELECT 1 FROM annotator_webhook w WHERE w.project_id = p.id AND w.active)
FROM annotator_standing s JOIN annotator_task t ON t.question_id = s.question_id
JOIN annotator_question q ON q.id = t.question_id JOIN annotator_project p ON p.id = q.project_id
JOIN annotator_assignment a ON a.task_id = t.id AND a.worker_id = s.worker_id
LEFT JOIN annotator_member m ON m.project_id = p.id AND m.user_id = s.worker_id
WHERE t.id = %(task)s::bigint AND s.worker_id = %(worker)s::bigint AND p.id = %(project)s::bigint
FOR UPDATE OF s, a
"""
# An answer whose lease was freed is still taken where its place is: `retaken` is 1 then.
_STORE = """
WITH counted AS (
    UPDATE annotator_task SET answer_count = answer_count + 1, places_left = places_left - %(retaken)s::int
    WHERE id = %(task)s::bigint AND places_left >= %(retaken)s::int RETURNING id, answer_count, overlap
), stored AS (
    INSERT INTO annotator_answer (id, task_id, worker_id, value, active_ms, simulated, decision, created_at)
    SELECT %(id)s::uuid, counted.id, %(worker)s::bigint, %(value)s::jsonb, %(active)s::int, %(simulated)s::boolean, false, now()
    FROM counted RETURNING id
), answered AS (
    UPDATE annotator_assignment SET state = 'answered' FROM counted WHERE annotator_assignment.id = %(assignment)s::bigint
), stood AS (
    UPDATE annotator_standing SET answers = answers + 1, last_at = now() FROM counted
    WHERE annotator_standing.id = %(standing)s::bigint
)
SELECT answer_count, overlap FROM counted
"""


@dataclass(frozen=True)
class Receipt:
    """What a person is told of an answer: stored now, or stored before (`duplicate`); and the next tasks, if asked for."""

    answer_id: uuid.UUID
    question_id: int
    duplicate: bool
    tasks: tuple[Handed, ...] = ()


def submit(
    project: Project,
    task_id: int,
    worker: User,
    answer_id: uuid.UUID,
    value: Any,
    active_ms: int = 0,
    ahead: int = 0,
) -> Receipt:
    """Take an answer in. The answer, its task's state and whatever listens (its charge) are one transaction.

    With `ahead`, up to that many tasks that can be had at this moment are handed out in the same transaction.

    The same id sent again by the same person for the same task with the same value is answered with the first answer.
    A person who comes late is still heard where nobody has taken the place in the meantime.
    Raises Refused with the reason: unknown task, answer of another shape, lease lost, answered before, paused.
    """
    try:
        with transaction.atomic():
            receipt, standing = _submit(project, task_id, worker, answer_id, value, active_ms)
            if ahead and standing is None:
                receipt = replace(receipt, tasks=_ahead(receipt, project, worker, ahead))
    except IntegrityError:
        # The id is another answer's, perhaps of a request of this very moment: look again.
        with transaction.atomic():
            receipt, standing = _submit(project, task_id, worker, answer_id, value, active_ms, again=True)
    if standing is not None:
        judging.judge(standing)
    return receipt


def _ahead(receipt: Receipt, project: Project, worker: User, count: int) -> tuple[Handed, ...]:
    try:
        found, _ = hand_out(Question(pk=receipt.question_id, project_id=project.pk), worker, count)
        return tuple(found)
    except Refused:
        return ()  # the answer stands; who asks for tasks is told why there is none


def _submit(
    project: Project,
    task_id: int,
    worker: User,
    answer_id: uuid.UUID,
    value: Any,
    active_ms: int,
    again: bool = False,
) -> tuple[Receipt, int | None]:
    """Return the receipt, and the id of the person's standing where it must be judged."""
    found = sql.rows(_LOOK, task=task_id, worker=worker.pk, project=project.pk)
    if not found:
        _refuse_unknown(project, task_id)
    (
        standing,
        standing_state,
        why,
        assignment,
        state,
        end,
        purpose,
        item,
        question,
        kind,
        config,
        price,
        currency,
        simulated,
        heard,
    ) = found[0]
    config = json.loads(config)
    value = _checked(kind, config, value)
    if again or state != State.HELD:
        known = Answer.objects.filter(pk=answer_id).first()
        if known:
            if known.worker_id == worker.pk and known.task_id == task_id and known.value == value:
                return Receipt(answer_id, question, duplicate=True), None
            raise Refused("This answer id belongs to another answer; make a new one.", "id_taken")
    late = state == State.EXPIRED and standing_state != "paused"
    if not late:
        check_held(state, end, standing_state, why)
    stored = sql.rows(
        _STORE,
        id=answer_id,
        task=task_id,
        worker=worker.pk,
        value=Jsonb(value),
        active=active_ms,
        simulated=simulated,
        assignment=assignment,
        standing=standing,
        retaken=int(late and purpose == Purpose.WORK),
    )
    if not stored:
        check_held(state, end, standing_state, why)
    [(count, overlap)] = stored
    accepted = Accepted(
        answer_id, value, task_id, item, purpose, question, project.pk, worker.pk, price, currency, simulated
    )
    if purpose != Purpose.WORK:
        judging.count(standing, accepted, kind, config)
    elif count >= overlap > 1:
        judging.ask_review_where_answers_disagree(task_id)
    answer_accepted.send(Answer, accepted=accepted)
    if heard:
        hooks.emit(project.pk, "answer.accepted", accepted.told())
    return Receipt(answer_id, question, duplicate=False), standing if purpose != Purpose.WORK else None


def _refuse_unknown(project: Project, task_id: int) -> None:
    if Task.objects.filter(pk=task_id, question__project=project).exists():
        raise Refused("This task is not in your hands; ask for the next one.", "not_held")
    raise Refused("There is no such task in this project.", "unknown_task", 404)


def _checked(kind: str, config: dict[str, Any], value: Any) -> Any:
    try:
        return kinds.get(kind).check(config, value)
    except kinds.Invalid as problem:
        raise Refused(str(problem), "invalid_answer", 400) from None
