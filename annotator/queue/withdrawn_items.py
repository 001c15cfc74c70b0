"""Items that are not asked about any more: their tasks close at once, and open again when the items are taken back.

The assignments are locked after the tasks, against the queue's lock order. So nothing waits for them: whoever has locked one at
this moment answers it or gives it back first, and counts as having come before.
"""

from collections.abc import Iterable

from annotator.models import AnswerCheck, Batch, Question, Task
from annotator.models.assignment import AssignmentState
from annotator.queue import open_slots
from annotator.queue.counted import counted
from annotator.queue.release import release, reset_cursors
from annotator.server import sql

# Asked by question, because tasks have no index by item alone.
_LOCK = """
SELECT t.id, t.question_id, t.batch_id FROM annotator_task t
WHERE t.question_id = ANY(%(questions)s::bigint[]) AND t.item_id = ANY(%(items)s::bigint[]) ORDER BY t.id FOR NO KEY UPDATE OF t
"""
_HELD = """
SELECT id FROM annotator_assignment WHERE task_id = ANY(%(tasks)s::bigint[]) AND state = 'held' ORDER BY id
FOR NO KEY UPDATE SKIP LOCKED
"""
# What was asked of nobody yet is not asked at all: the overlap falls to what is answered or still held.
_CLOSE = """
UPDATE annotator_task SET overlap = CASE WHEN purpose = 'work' THEN overlap - open_slots - unfunded ELSE overlap END,
       open_slots = 0, unfunded = 0
WHERE id = ANY(%(tasks)s::bigint[]) AND (open_slots > 0 OR unfunded > 0)
"""
# A task gets the overlap that a new one would have, or what it has answers for, if those are more.
_OPEN = """
UPDATE annotator_task t SET overlap = wanted.overlap, open_slots = wanted.overlap - t.answer_count - wanted.held, unfunded = 0
FROM (SELECT w.id, h.held, CASE WHEN w.purpose <> 'work' THEN w.overlap ELSE greatest(w.answer_count + h.held,
             CASE i.split WHEN 'test' THEN q.test_overlap ELSE q.overlap END)::smallint END AS overlap
      FROM annotator_task w JOIN annotator_item i ON i.id = w.item_id JOIN annotator_question q ON q.id = w.question_id
      CROSS JOIN LATERAL (SELECT count(*)::int AS held FROM annotator_assignment a
                          WHERE a.task_id = w.id AND a.state = 'held' AND w.purpose = 'work') h
      WHERE w.id = ANY(%(tasks)s::bigint[])) wanted
WHERE t.id = wanted.id AND t.purpose = 'work'
"""
_OPEN_KNOWN = "UPDATE annotator_task SET open_slots = 1 WHERE id = ANY(%(tasks)s::bigint[]) AND purpose <> 'work'"
_GIVEN_BACK = """
UPDATE annotator_assignment SET state = 'returned', reason = '' WHERE task_id = ANY(%(tasks)s::bigint[]) AND state = 'withdrawn'
"""
_UNFINISHED = """
UPDATE annotator_batch SET finished_at = NULL WHERE finished_at IS NOT NULL AND id IN (
    SELECT batch_id FROM annotator_task WHERE id = ANY(%(tasks)s::bigint[]) AND open_slots > 0)
"""


def close_tasks(project_id: int, items: list[int], reason: str) -> None:
    """Close the tasks of items that were withdrawn, within the caller's transaction, which holds `open_slots.lock`.

    Open slots are gone, leases end with the reason, and what was reserved for both is released.
    """
    tasks, touched = _locked(project_id, items)
    if not tasks:
        return
    reset_cursors(sorted({batch for _, batch in touched if batch is not None}))
    held = [row[0] for row in sql.rows(_HELD, tasks=tasks)]
    release(held, AssignmentState.WITHDRAWN, reason)
    sql.rows(_CLOSE, tasks=tasks)
    _tell(touched)


def open_tasks(project_id: int, items: list[int]) -> None:
    """Ask about items again that were taken back, within the caller's transaction, which holds `open_slots.lock`.

    Answers that count are compared again: what disagrees goes to review once more.
    """
    tasks, touched = _locked(project_id, items)
    if not tasks:
        return
    reset_cursors(sorted({batch for _, batch in touched if batch is not None}))
    for statement in (_GIVEN_BACK, _OPEN, _OPEN_KNOWN, _UNFINISHED):
        sql.rows(statement, tasks=tasks)
    again = counted().filter(task__in=Task.objects.filter(pk__in=tasks, purpose="work")).values_list("pk", flat=True)
    AnswerCheck.objects.bulk_create([AnswerCheck(answer_id=answer) for answer in again], ignore_conflicts=True)
    _tell(touched)


def _locked(project_id: int, items: list[int]) -> tuple[list[int], set[tuple[int, int | None]]]:
    """Lock the tasks of items; return their ids, and each question with the batches that they are in."""
    questions = list(Question.objects.filter(project=project_id).order_by("pk").values_list("pk", flat=True))
    rows = sql.rows(_LOCK, questions=questions, items=items)
    return [task for task, *_ in rows], {(question, batch) for _, question, batch in rows}


def _tell(touched: Iterable[tuple[int, int | None]]) -> None:
    """Signal what batches may cost now. Their cursors are locked already, so it locks nothing that people who answer hold."""
    pairs = sorted(touched, key=lambda pair: (pair[0], pair[1] or 0))
    questions = Question.objects.select_related("project").in_bulk({question for question, _ in pairs})
    batches = Batch.objects.select_related("question__project").in_bulk({batch for _, batch in pairs if batch})
    for question in sorted(questions):
        mine = [batches[batch] for asked, batch in pairs if asked == question and batch]
        open_slots.changed(questions[question], mine)
