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
# What the person holds of the items is named, to be freed; of the others it is noted that they are seen.
_SAW = """
WITH held AS (
    SELECT a.id FROM annotator_assignment a JOIN annotator_task t ON t.id = a.task_id
    WHERE t.question_id = %(question)s::bigint AND t.item_id = ANY(%(items)s::bigint[]) AND a.worker_id = %(worker)s::bigint
      AND a.state = 'held' ORDER BY a.id FOR NO KEY UPDATE OF a
), noted AS (
INSERT INTO annotator_assignment AS a (task_id, worker_id, state, reason, leased_at, expires_at)
SELECT t.id, %(worker)s::bigint, 'seen', '', now(), now() FROM annotator_task t
WHERE t.question_id = %(question)s::bigint AND t.item_id = ANY(%(items)s::bigint[]) AND t.purpose = 'work' ORDER BY t.id
ON CONFLICT (task_id, worker_id) DO UPDATE SET state = 'seen' WHERE a.state IN ('expired', 'returned')
)
SELECT id FROM held
"""


def lock_worker(question: Question, worker: User) -> None:
    """Let a person's other deeds at a question wait until this transaction ends. Who never answered there has none to wait."""
    sql.rows(_STATUS, question=question.pk, worker=worker.pk)


def mark_seen(question: Question, worker: User, items: list[int]) -> None:
    """Note that a person was shown what others said of some items: one statement, however many are on a page.

    What they hold of these goes back to the queue; what they have answered stays.
    """
    if not items:
        return
    with transaction.atomic():
        lock_worker(question, worker)
        held = [row[0] for row in sql.rows(_SAW, question=question.pk, worker=worker.pk, items=sorted(items))]
        if held:
            release(held, AssignmentState.SEEN)
