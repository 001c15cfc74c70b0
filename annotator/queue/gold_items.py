"""Gold items: which of them come among a person's next tasks."""

import random
from dataclasses import replace

from django.conf import settings

from annotator.models import Purpose
from annotator.queue import free_tasks
from annotator.queue.assigned_tasks import FREE_FOR, LEASE, SUGGESTION, AssignedTask
from annotator.queue.free_tasks import CursorPosition
from annotator.queue.leases import MOST_HELD
from annotator.queue.release import START
from annotator.server import sql

POOL = 40  # gold items to look at when one is wanted
EVERY_TEST = 32767
# Gold that the person gave back or whose lease ran out. It comes back as a regular task in its companion's position
# would: in the same batch, at the same sort_key, and not when others have taken the slots. When the person holds or has
# answered the companion, others cannot take that slot; the gold then counts as taken once anybody else was handed a task.
_BACK = """
SELECT a.task_id, c.id, c.batch_id, c.sort_key FROM annotator_assignment a
JOIN annotator_task t ON t.id = a.task_id JOIN annotator_task c ON c.id = a.companion_id
WHERE a.worker_id = %(worker)s::bigint AND a.companion_id IS NOT NULL AND a.state IN ('expired', 'returned')
  AND t.question_id = %(question)s::bigint AND t.purpose = 'gold'
  AND (c.open_slots > 0
       OR EXISTS (SELECT 1 FROM annotator_assignment m WHERE m.task_id = c.id AND m.worker_id = %(worker)s::bigint
                  AND m.state IN ('held', 'answered'))
          AND NOT EXISTS (SELECT 1 FROM annotator_workerstatus o WHERE o.question_id = %(question)s::bigint
                          AND o.worker_id <> %(worker)s::bigint AND o.handed_at > a.expires_at))
ORDER BY c.sort_key, a.id
"""
# Gold items that the person has not had, at random, from a pool of limited size, so that the time this takes is bounded.
_KNOWN = f"""
SELECT t.id FROM (
    SELECT id, open_slots FROM annotator_task
    WHERE question_id = %(question)s::bigint AND purpose = %(purpose)s::text AND purpose <> 'work'
    ORDER BY random() LIMIT %(pool)s::bigint) t
WHERE {FREE_FOR} AND NOT EXISTS (
        SELECT 1 FROM annotator_assignment m JOIN annotator_task c ON c.id = m.companion_id
        WHERE m.task_id = t.id AND m.worker_id = %(worker)s::bigint AND c.batch_id IS NOT NULL)
LIMIT %(count)s::bigint
"""  # noqa: S608
_TAKE_KNOWN = f"""
WITH taken AS MATERIALIZED (
    SELECT t.id, t.item_id, t.question_id, u.companion_id
    FROM unnest(%(tasks)s::bigint[], %(companions)s::bigint[]) AS u(id, companion_id) JOIN annotator_task t ON t.id = u.id
), held AS (
    SELECT t.id, {SUGGESTION} AS suggestion_id, t.companion_id FROM taken t
), {LEASE}
"""  # noqa: S608


def gold(
    who: dict[str, int], cursors: list[CursorPosition], missing: int, gold_rate: float
) -> list[tuple[int, int | None]]:
    """Choose the gold items among the next tasks. Return each with its companion, the regular task that it comes before.

    Each new regular task may, by chance, have gold before it. A regular task that comes back gets no new draw: otherwise a
    person who returns tasks and asks again would see the regular ones stay and the gold change. Gold that was given back
    comes again in its turn. The same statements run whatever the draw says, so the response time reveals nothing.
    """
    back = sql.rows(_BACK, **who)
    new = known(who, Purpose.GOLD, MOST_HELD, POOL)
    room, chosen = missing, []
    for cursor in cursors:
        coming = free_tasks.coming(who, cursor, missing)
        if not coming and cursor.old and cursor.sort_key > START:
            coming = free_tasks.coming(who, replace(cursor, sort_key=START), missing)
        returned = [(sort_key, task, companion) for task, companion, batch, sort_key in back if batch == cursor.batch]
        for companion, sort_key, met in coming:
            while room and returned and returned[0][0] <= sort_key:
                chosen.append(returned.pop(0)[1:])
                room -= 1
            while room and not met and new and random.random() < gold_rate:  # noqa: S311
                chosen.append((new.pop(), companion))
                room -= 1
            room = max(0, room - 1)
        chosen += [one[1:] for one in returned[:room]]
        room = max(0, room - len(returned))
    return chosen


def known(who: dict[str, int], purpose: Purpose, count: int, pool: int) -> list[int]:
    """Return the task ids of up to `count` gold items that the person has not had."""
    return [task for (task,) in sql.rows(_KNOWN, **who, purpose=str(purpose), count=count, pool=pool)]


def take(who: dict[str, int], tasks: list[tuple[int, int | None]]) -> list[AssignedTask]:
    """Assign gold items to the person, each with its companion or with none."""
    ids, companions = [task for task, _ in tasks], [companion for _, companion in tasks]
    found = sql.rows(_TAKE_KNOWN, **who, tasks=ids, companions=companions, seconds=settings.TASK_LEASE_SECONDS)
    return [AssignedTask(*row) for row in found]
