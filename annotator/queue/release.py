"""Freeing slots, and moving cursors back to them."""

from collections.abc import Iterable

from django.db.models import BooleanField, ExpressionWrapper, F, Q

from annotator.models import Batch, QueueCursor
from annotator.models.assignment import AssignmentState
from annotator.server import sql

START = -(2**63)

_ASSIGNMENTS = """
UPDATE annotator_assignment SET state = %(state)s::text, reason = %(reason)s::text,
       expires_at = CASE WHEN state = 'held' THEN clock_timestamp() ELSE expires_at END
WHERE id = ANY(%(ids)s::bigint[])
RETURNING task_id
"""
_LOCK_TASKS = "SELECT id FROM annotator_task WHERE id = ANY(%(tasks)s::bigint[]) ORDER BY id FOR NO KEY UPDATE"
# A slot of an item that was withdrawn is not asked again: it is gone.
_TASKS = """
UPDATE annotator_task t SET open_slots = t.open_slots + CASE WHEN t.purpose = 'work' AND NOT f.withdrawn THEN f.slots ELSE 0 END,
       overlap = t.overlap - CASE WHEN t.purpose = 'work' AND f.withdrawn THEN f.slots ELSE 0 END,
       answer_count = t.answer_count - f.slots * %(answered)s::int,
       skips = t.skips + f.slots * %(skipped)s::int
FROM (SELECT u.id, count(*) AS slots, bool_or(i.withdrawn_at IS NOT NULL) AS withdrawn
      FROM unnest(%(tasks)s::bigint[]) AS u(id) JOIN annotator_task w ON w.id = u.id JOIN annotator_item i ON i.id = w.item_id
      GROUP BY u.id) f
WHERE t.id = f.id RETURNING t.batch_id, t.sort_key
"""
_BOOKMARKS = """
WITH freed AS (SELECT * FROM unnest(%(batches)s::bigint[], %(sort_keys)s::bigint[]) AS u(batch_id, sort_key)),
     behind AS (SELECT b.id, f.sort_key FROM annotator_queuecursor b JOIN freed f USING (batch_id)
                JOIN annotator_batch a ON a.id = b.batch_id WHERE b.batch_id = ANY(%(batches)s::bigint[])
                ORDER BY a.group_id IS NULL, a.number, b.worker_id, b.batch_id FOR NO KEY UPDATE OF b)
UPDATE annotator_queuecursor b SET sort_key = least(b.sort_key, behind.sort_key), freed = b.freed + 1
FROM behind WHERE b.id = behind.id
"""


def assignment_order(batch: Batch) -> tuple[bool, int, int]:
    """Return the sort key of batches as they are handed out: groups' batches come first. Cursors are locked in this order."""
    return (batch.group_id is None, batch.number, batch.pk)


def release(assignments: Iterable[int], state: str, reason: str = "") -> None:
    """End assignments, given by id and locked by the caller, and free their slots.

    `state` is their new state. With EXCLUDED, the task also loses the answer; with SKIPPED, the skip is counted.
    """
    release_all([(assignments, state, reason)])


def release_all(endings: Iterable[tuple[Iterable[int], str, str]]) -> None:
    """End several sets of assignments, each as `release` does. All their tasks are locked before any cursor."""
    tasks: dict[str, list[int]] = {}
    for assignments, state, reason in endings:
        ids = list(assignments)
        if ids:
            rows = sql.rows(_ASSIGNMENTS, ids=ids, state=str(state), reason=reason)
            tasks.setdefault(str(state), []).extend(task for (task,) in rows)
    if not tasks:
        return
    sql.rows(_LOCK_TASKS, tasks=[task for some in tasks.values() for task in some])
    positions = []
    for state, some in tasks.items():
        positions += sql.rows(
            _TASKS,
            tasks=some,
            answered=int(state == AssignmentState.EXCLUDED),
            skipped=int(state == AssignmentState.SKIPPED),
        )
    move_cursors_back(positions)


def move_cursors_back(positions: Iterable[tuple[int | None, int]]) -> None:
    """Move everyone's cursor back to the first free slot of its batch. `positions` are pairs of a batch and a sort key."""
    first: dict[int, int] = {}
    for batch, sort_key in positions:
        if batch is not None:
            first[batch] = min(sort_key, first.get(batch, sort_key))
    # Run this even with no slot, as for a gold item: the same statements must run whatever the task is for.
    sql.rows(_BOOKMARKS, batches=list(first), sort_keys=list(first.values()))


def reset_cursors(batches: list[int]) -> None:
    """Make everyone search these batches from the start, because their tasks, order or slots have changed."""
    shared = ExpressionWrapper(Q(batch__group=None), output_field=BooleanField())  # groups' batches come first
    found = QueueCursor.objects.filter(batch__in=batches).order_by(shared, "batch__number", "worker", "batch")
    ids = found.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True)
    QueueCursor.objects.filter(pk__in=list(ids)).update(sort_key=START, freed=F("freed") + 1)
