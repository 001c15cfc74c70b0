"""Adaptive redundancy: asking one more person about items whose label is not sure enough."""

from collections import Counter

from django.db import transaction
from django.db.models import Q

from annotator.models import BatchState, Question, Task
from annotator.queue import open_slots
from annotator.queue.release import move_cursors_back
from annotator.server import sql

# Tasks about which more people can be asked, now or when their batch is open. A closed batch asks nobody.
ASKABLE = Q(batch__state__in=[BatchState.PLANNED, BatchState.OPEN, BatchState.PAUSED])
# Only items that have all their answers and have no review, open or decided, in a batch that is not closed. Test items may have
# up to `test_overlap`.
_WIDEN = """
UPDATE annotator_task t SET overlap = t.overlap + 1, open_slots = t.open_slots + 1
FROM (SELECT t.id FROM annotator_task t JOIN annotator_item i ON i.id = t.item_id JOIN annotator_batch b ON b.id = t.batch_id
      WHERE t.question_id = %(question)s::bigint AND t.item_id = ANY(%(items)s::bigint[]) AND t.purpose = 'work'
        AND t.answer_count >= t.overlap AND i.withdrawn_at IS NULL
        AND b.state <> 'closed'
        AND t.overlap < CASE WHEN i.split = 'test' THEN greatest(%(most)s::int, %(test)s::int) ELSE %(most)s::int END
        AND NOT EXISTS (SELECT 1 FROM annotator_review r WHERE r.task_id = t.id)
      ORDER BY t.id FOR NO KEY UPDATE OF t) wanting
WHERE t.id = wanting.id RETURNING t.batch_id, t.sort_key
"""
_UNFINISHED = (
    "UPDATE annotator_batch SET finished_at = NULL WHERE id = ANY(%(batches)s::bigint[]) AND finished_at IS NOT NULL"
)


def increase_redundancy(question: Question, items: list[int]) -> int:
    """Open one more slot for each of the items, up to the question's `most_overlap`; return how many got one.

    An item that still waits for an answer is left as it is; the next computation of labels decides again. An item in a closed
    batch is left as it is too: nobody would be asked about it.
    """
    if not items:
        return 0
    with transaction.atomic():
        open_slots.lock(question.project_id)
        new = sql.rows(
            _WIDEN, question=question.pk, items=items, most=question.most_overlap, test=question.test_overlap
        )
        batches = sorted({batch for batch, _ in new if batch is not None})
        move_cursors_back(new)
        if batches:
            sql.rows(_UNFINISHED, batches=batches)
        open_slots.added(question, Counter(batch for batch, _ in new))
    return len(new)


def can_be_asked(task: Task) -> bool:
    """Return whether more people can be asked about a task: it is in a batch that is not closed."""
    return task.batch is not None and task.batch.state != BatchState.CLOSED
