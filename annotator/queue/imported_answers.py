"""Answers and labels of other systems, stored as answers of people who cannot sign in (`annotator.people.imported`).

They count for labels like any other answer, and take slots: what is already answered is not asked again. They cost nothing and
judge nobody. No `answer_accepted` is sent, so nothing is charged; no `AnswerCheck` is written, so gold and the rules for people
do not see them. Whatever else counts answers decides about them here:

- They count: progress and open slots, labels, agreement, gold's and labels' tables of people, reviews, versions.
- They do not count: what people earn, wages and statements; paces, time at work and median times; how many people come when, and
  how many answers a day brings; what a batch has taken; the answers and people of a week's report; a person's own answers.

`tests/workers/test_imported_figures.py` compares every figure of the second list before and after an import.
"""

import json
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from annotator import hooks, kinds
from annotator.models import Batch, BatchState, Member, Purpose, Question, User, WorkerState, WorkerStatus
from annotator.queue import open_slots
from annotator.queue.order import insert_tasks
from annotator.refusal import Refused
from annotator.server import sql

MOST_AN_ITEM = 1_000  # answers to one task: they are compared with each other
MOST_ACTIVE_MS = 2**31 - 1
_NAMESPACE = uuid.UUID("8a3e6b1c-6a53-4f0e-9d55-2f1c8a1f7e10")
# These name rows by their keys alone: the plan of a join would depend on statistics, which an import outruns.
_ITEMS = """
SELECT id, modality = ANY(%(modalities)s::text[]), withdrawn_at IS NOT NULL FROM annotator_item
WHERE project_id = %(project)s::bigint AND id = ANY(%(items)s::bigint[])
"""
_TASKS = """
SELECT item_id, purpose, answer_count FROM annotator_task
WHERE question_id = %(question)s::bigint AND item_id = ANY(%(items)s::bigint[])
"""
_GIVEN = "SELECT id, value FROM annotator_answer WHERE id = ANY(%(ids)s::uuid[])"
_LOCK_REVIEWS = """
SELECT r.id FROM annotator_review r JOIN annotator_task t ON t.id = r.task_id
WHERE t.question_id = %(question)s::bigint AND t.item_id = ANY(%(items)s::bigint[]) AND r.decision_id IS NULL
ORDER BY r.id FOR NO KEY UPDATE OF r
"""
_LOCK_TASKS = """
SELECT batch_id FROM annotator_task WHERE question_id = %(question)s::bigint AND item_id = ANY(%(items)s::bigint[])
ORDER BY id FOR NO KEY UPDATE
"""
# A new answer takes first a slot that waits for money, then an open one. Whoever holds the task keeps their slot: if nothing
# else is left, the overlap grows. A finished label takes every free slot.
_STORE = """
WITH given AS MATERIALIZED (
    SELECT t.id AS task_id, u.* FROM unnest(%(ids)s::uuid[], %(items)s::bigint[], %(workers)s::bigint[], %(values)s::text[],
                                            %(times)s::timestamptz[], %(active)s::int[])
        WITH ORDINALITY AS u(id, item_id, worker_id, value, at, active_ms, place)
    JOIN annotator_task t ON t.question_id = %(question)s::bigint AND t.item_id = u.item_id
), stored AS (
    INSERT INTO annotator_answer (id, task_id, worker_id, value, active_ms, simulated, imported, decision, revision, created_at)
    SELECT id, task_id, worker_id, value::jsonb, active_ms, false, true, %(decision)s::boolean, %(revision)s::int, at
    FROM given ORDER BY place RETURNING id, task_id
), assigned AS (
    INSERT INTO annotator_assignment (task_id, worker_id, state, reason, leased_at, expires_at)
    SELECT task_id, worker_id, CASE WHEN %(decision)s::boolean THEN 'decided' ELSE 'answered' END, '', at, at
    FROM given ORDER BY place
), settled AS (
    UPDATE annotator_review r SET decision_id = stored.id, reason = 'Imported', decided_at = now(), held_by_id = NULL,
                                  held_until = NULL
    FROM stored WHERE %(decision)s::boolean AND r.task_id = stored.task_id AND r.decision_id IS NULL
), more AS (
    SELECT task_id, count(*)::int AS count FROM given GROUP BY task_id
)
UPDATE annotator_task t SET
    answer_count = t.answer_count + CASE WHEN %(decision)s::boolean THEN 0 ELSE more.count END,
    overlap = CASE WHEN %(decision)s::boolean THEN t.overlap - t.open_slots - t.unfunded
                   ELSE t.overlap + greatest(0, more.count - t.unfunded - t.open_slots) END,
    open_slots = CASE WHEN %(decision)s::boolean THEN 0 ELSE t.open_slots - least(t.open_slots, greatest(0, more.count - t.unfunded)) END,
    unfunded = CASE WHEN %(decision)s::boolean THEN 0 ELSE t.unfunded - least(t.unfunded, more.count) END
FROM more WHERE t.id = more.task_id
"""  # noqa: E501
# A status that somebody changes at this moment is left out: they may wait for the lock of open slots, which is held here.
_STATUSES = """
INSERT INTO annotator_workerstatus (question_id, worker_id, state, reason, overruled, answers, skips, gold_right, gold_total,
                                    qualification_right, qualification_total)
SELECT %(question)s::bigint, u, 'working', '', false, 0, 0, 0, 0, 0, 0 FROM unnest(%(workers)s::bigint[]) AS u
ON CONFLICT (question_id, worker_id) DO NOTHING
"""
_COUNTS = """
WITH found AS (
    SELECT s.id, u.count FROM annotator_workerstatus s
    JOIN unnest(%(workers)s::bigint[], %(counts)s::int[]) AS u(worker_id, count) ON u.worker_id = s.worker_id
    WHERE s.question_id = %(question)s::bigint ORDER BY s.id FOR NO KEY UPDATE OF s SKIP LOCKED
)
UPDATE annotator_workerstatus s SET answers = s.answers + found.count FROM found WHERE s.id = found.id
"""


@dataclass(frozen=True)
class ImportedAnswer:
    """An answer of another system: about which item, of whom, the checked value, and when and how long if that is known."""

    item_id: int
    worker_id: int
    value: Any
    answered_at: datetime | None = None
    active_ms: int = 0


@dataclass(frozen=True)
class StoredAnswers:
    """What became of answers: for each the reason why it was refused, or None; and the places of those that are new."""

    reasons: list[str | None]
    new: list[int] = field(default_factory=list)
    without_task: set[int] = field(default_factory=set, repr=False)  # items that had no task before

    @property
    def known(self) -> int:
        """How many had been stored before."""
        return self.reasons.count(None) - len(self.new)


def answer_id(question: int, item: int, worker: int, decision: bool = False) -> uuid.UUID:
    """Return the id of an imported answer. It depends on what it is about and whose it is: there is one of each."""
    return uuid.uuid5(_NAMESPACE, f"{question}:{item}:{worker}:{'label' if decision else 'answer'}")


def store_answers(question: Question, by: User, answers: Sequence[ImportedAnswer], batch_name: str) -> StoredAnswers:
    """Store answers of people of another system, within the caller's transaction.

    Tasks that are missing are created. They go into the question's default batch, where the rest is asked; or, if the question
    is planned in batches, into a closed batch “Imported: …”, from which the rest can be planned. More answers than a task's
    overlap raise it. Storing an answer again changes nothing.
    Refused, one by one: an item that is unknown, withdrawn, gold or of another modality, a person who is not imported or is
    paused at the question, and another answer of the same person to the same item.
    Raises Refused for a draft.
    """
    return _store(question, by, answers, batch_name, decision=False)


def store_labels(question: Question, by: User, labels: Sequence[ImportedAnswer], batch_name: str) -> StoredAnswers:
    """Store finished labels, as `store_answers` does. Each settles the label of its item, as a reviewer's decision does.

    Nobody is asked about these items any more, but whoever holds one may still answer. A review that waits is settled.
    """
    return _store(question, by, labels, batch_name, decision=True)


def _store(
    question: Question, by: User, answers: Sequence[ImportedAnswer], batch_name: str, decision: bool
) -> StoredAnswers:
    if question.draft:
        raise Refused("This question is a draft. Publish it first.", "draft")
    open_slots.lock(question.project_id)
    stored = _checked(question, answers, decision)
    new = [answers[place] for place in stored.new]
    if not new:
        return stored
    items = sorted({one.item_id for one in new})
    if missing := [item for item in items if item in stored.without_task]:
        batch = None if decision else question.batches.filter(is_default=True).first()
        insert_tasks(question, batch or _closed_batch(question, by, batch_name), missing)
    if decision:
        sql.rows(_LOCK_REVIEWS, question=question.pk, items=items)
    touched = {batch for (batch,) in sql.rows(_LOCK_TASKS, question=question.pk, items=items)}
    now = timezone.now()
    sql.rows(
        _STORE,
        question=question.pk,
        ids=[answer_id(question.pk, one.item_id, one.worker_id, decision) for one in new],
        items=[one.item_id for one in new],
        workers=[one.worker_id for one in new],
        values=[json.dumps(one.value, ensure_ascii=False) for one in new],
        times=[one.answered_at or now for one in new],
        active=[max(0, min(one.active_ms, MOST_ACTIVE_MS)) for one in new],
        decision=decision,
        revision=question.revision,
    )
    if not decision:
        counts = Counter(one.worker_id for one in new)
        sql.rows(_STATUSES, question=question.pk, workers=sorted(counts))
        sql.rows(_COUNTS, question=question.pk, workers=list(counts), counts=list(counts.values()))
    open_slots.changed(question, list(Batch.objects.filter(pk__in=touched).select_related("question__project")))
    said = {"question": question.pk, "source": batch_name, "answers": len(new), "labels": decision}
    hooks.emit(question.project_id, "answers.imported", said)
    return stored


def _closed_batch(question: Question, by: User, name: str) -> Batch:
    """Return the closed batch of an import, which is created if there is none."""
    title = f"Imported: {name}"[:100]
    found = question.batches.filter(name=title, state=BatchState.CLOSED).first()
    if found:
        return found
    last = question.batches.order_by("-number").first()
    number = last.number + 1 if last else 1
    return Batch.objects.create(
        question=question,
        number=number,
        name=title,
        state=BatchState.CLOSED,
        closed_at=timezone.now(),
        created_by=by,
    )


def _checked(question: Question, answers: Sequence[ImportedAnswer], decision: bool) -> StoredAnswers:
    """Return which answers are new, and the reasons against the others."""
    workers = sorted({one.worker_id for one in answers})
    modalities, items = sorted(kinds.modalities(question)), sorted({one.item_id for one in answers})
    tasks = {item: rest for item, *rest in sql.rows(_TASKS, question=question.pk, items=items)}
    found = sql.rows(_ITEMS, project=question.project_id, items=items, modalities=modalities)
    targets = {item: (fits, withdrawn, *tasks.get(item, ("", 0))) for item, fits, withdrawn in found}
    ids = [[answer_id(question.pk, one.item_id, one.worker_id, side) for one in answers] for side in (False, True)]
    given = {one: json.loads(value) for one, value in sql.rows(_GIVEN, ids=ids[False] + ids[True])}
    members = Member.objects.filter(project=question.project_id, user__in=workers, imported=True)
    imported = set(members.values_list("user_id", flat=True))
    statuses = WorkerStatus.objects.filter(question=question, worker__in=workers, state=WorkerState.PAUSED)
    paused = set(statuses.values_list("worker_id", flat=True))
    counts = Counter[int]()
    reasons: list[str | None] = []
    new: list[int] = []
    for place, (one, mine, other) in enumerate(zip(answers, ids[decision], ids[not decision], strict=True)):
        if mine in given or other in given:
            reasons.append(None if mine in given and given[mine] == one.value else _another(decision))
            continue
        reason = _reason(targets.get(one.item_id), counts[one.item_id], decision)
        if reason is None and one.worker_id not in imported:
            reason = "Answers are imported only for people of another system."
        if reason is None and one.worker_id in paused:
            reason = "This person is paused at the question. Let them continue first."
        reasons.append(reason)
        if reason is None:
            given[mine] = one.value
            counts[one.item_id] += 1
            new.append(place)
    return StoredAnswers(reasons, new, {item for item in targets if item not in tasks})


def _another(decision: bool) -> str:
    return (
        "The item has another label of this source already."
        if decision
        else "This person has given another answer to this item already."
    )


def _reason(target: tuple[bool, bool, str, int] | None, more: int, decision: bool) -> str | None:
    """Return why nothing can be stored for an item: whether it fits, is withdrawn, its task's purpose and answers."""
    if target is None:
        return "There is no such item in this project."
    fits, withdrawn, purpose, count = target
    if withdrawn:
        return "The item is withdrawn."
    if not fits:
        return "The question cannot be asked about an item of this kind."
    if purpose not in ("", Purpose.WORK):
        return "The item is a gold item: its answer is known already."
    if not decision and count + more >= MOST_AN_ITEM:
        return f"The item has {MOST_AN_ITEM:,} answers already; no more are taken."
    return None
