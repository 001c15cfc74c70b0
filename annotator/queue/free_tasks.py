"""The free tasks of a batch, from a person's cursor on."""

from dataclasses import dataclass

from django.conf import settings

from annotator.queue.assigned_tasks import FREE_FOR, LEASE, SUGGESTION, AssignedTask
from annotator.queue.release import START
from annotator.server import sql

# A cursor moves forward only if no slot before it was freed since it was read; `freed` counts freed slots.
_TAKE = f"""
WITH first AS MATERIALIZED (
    SELECT t.sort_key FROM annotator_task t
    WHERE t.batch_id = %(batch)s::bigint AND t.sort_key >= %(mark)s::bigint AND {FREE_FOR} ORDER BY t.sort_key LIMIT 1
), taken AS MATERIALIZED (
    SELECT t.id, t.item_id, t.sort_key FROM annotator_task t
    WHERE t.batch_id = %(batch)s::bigint AND t.sort_key >= (SELECT sort_key FROM first) AND {FREE_FOR}
    ORDER BY t.sort_key LIMIT %(count)s::bigint FOR NO KEY UPDATE OF t SKIP LOCKED
), marked AS (
    INSERT INTO annotator_queuecursor AS m (worker_id, batch_id, sort_key, freed, read_at)
    SELECT %(worker)s::bigint, %(batch)s::bigint, coalesce((SELECT sort_key FROM first), 9223372036854775807), 0, now()
    ON CONFLICT (batch_id, worker_id) DO UPDATE
        SET sort_key = excluded.sort_key, read_at = CASE WHEN %(whole)s::boolean THEN excluded.read_at ELSE m.read_at END
        WHERE m.freed = %(freed)s::bigint AND (m.sort_key <> excluded.sort_key OR %(whole)s::boolean)
), held AS (
    UPDATE annotator_task t SET open_slots = t.open_slots - 1 FROM taken WHERE t.id = taken.id
    RETURNING t.id, {SUGGESTION} AS suggestion_id, NULL::bigint AS companion_id
), {LEASE}
ORDER BY taken.sort_key
"""  # noqa: S608
_ANY_LEFT = f"""
SELECT 1 FROM annotator_task t WHERE t.batch_id = %(batch)s::bigint AND t.sort_key >= %(mark)s::bigint AND {FREE_FOR} LIMIT 1
"""  # noqa: S608
# The next free tasks of a batch, in order, and whether the person had each of them before.
_COMING = f"""
SELECT t.id, t.sort_key, EXISTS (SELECT 1 FROM annotator_assignment m WHERE m.task_id = t.id AND m.worker_id = %(worker)s::bigint)
FROM annotator_task t WHERE t.batch_id = %(batch)s::bigint AND t.sort_key >= %(mark)s::bigint AND {FREE_FOR}
ORDER BY t.sort_key LIMIT %(count)s::bigint
"""  # noqa: S608


@dataclass(frozen=True)
class CursorPosition:
    """How far a person is in a batch. `old` means that they have not searched it from the start for a while."""

    batch: int
    sort_key: int
    freed: int
    old: bool | None


def coming(who: dict[str, int], cursor: CursorPosition, count: int) -> list[tuple[int, int, bool]]:
    """Return the next free tasks: for each its id, its sort key, and whether the person had it before."""
    return sql.rows(_COMING, worker=who["worker"], batch=cursor.batch, mark=cursor.sort_key, count=count)


def any_left(who: dict[str, int], cursor: CursorPosition) -> bool:
    """Check whether there is any free task, locked by others or not."""
    return bool(sql.rows(_ANY_LEFT, worker=who["worker"], batch=cursor.batch, mark=cursor.sort_key))


def take(who: dict[str, int], cursor: CursorPosition, count: int) -> list[AssignedTask]:
    """Take up to `count` free tasks that nobody else has locked, and move the person's cursor."""
    found = sql.rows(
        _TAKE,
        worker=who["worker"],
        batch=cursor.batch,
        question=who["question"],
        mark=cursor.sort_key,
        freed=cursor.freed,
        count=count,
        seconds=settings.TASK_LEASE_SECONDS,
        whole=cursor.sort_key == START,
    )
    return [AssignedTask(*row) for row in found]
