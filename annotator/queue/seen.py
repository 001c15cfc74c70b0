"""People who saw an item's label or answers: they are not asked about it any more."""

from django.db import transaction

from annotator.models import Question, User
from annotator.models.assignment import AssignmentState
from annotator.queue.release import release
from annotator.server import sql

_STATUS = """
SELECT id FROM annotator_workerstatus WHERE question_id = %(question)s::bigint AND worker_id = %(worker)s::bigint
FOR NO KEY UPDATE
"""
# Returns the assignments that the person holds, to be freed; marks the others as seen.
_SAW = """
WITH held AS (
    SELECT a.id FROM annotator_assignment a JOIN annotator_task t ON t.id = a.task_id
    WHERE t.question_id = %(question)s::bigint AND t.item_id = ANY(%(items)s::bigint[]) AND a.worker_id = %(worker)s::bigint
      AND a.state = 'held' ORDER BY a.id FOR NO KEY UPDATE OF a
), noted AS (
INSERT INTO annotator_assignment AS a (task_id, worker_id, state, reason, leased_at, expires_at)
SELECT t.id, %(worker)s::bigint, 'seen', '', now(), now() FROM annotator_task t
WHERE t.question_id = %(question)s::bigint AND t.item_id = ANY(%(items)s::bigint[]) AND t.purpose = 'work' ORDER BY t.id
ON CONFLICT (task_id, worker_id) DO UPDATE SET state = 'seen' WHERE a.state IN ('expired', 'returned', 'withdrawn')
)
SELECT id FROM held
"""


def lock_worker(question: Question, worker: User) -> None:
    """Make a person's other requests at a question wait until this transaction ends. Locks nothing if they have no status."""
    sql.rows(_STATUS, question=question.pk, worker=worker.pk)


def mark_seen(question: Question, worker: User, items: list[int]) -> None:
    """Record that a person was shown what others said about some items. It takes one statement for any number of items.

    Tasks of these items that the person holds go back to the queue. Answers they have given stay.
    """
    if not items:
        return
    with transaction.atomic():
        lock_worker(question, worker)
        held = [row[0] for row in sql.rows(_SAW, question=question.pk, worker=worker.pk, items=sorted(items))]
        if held:
            release(held, AssignmentState.SEEN)
