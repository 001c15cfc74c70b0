"""Handing out tasks.

A request runs a few prepared statements, and none of them grows with the project. They read the worker status (locked,
so that a person's tabs take turns), the tasks the person holds, their cursor in each batch, and the first free tasks
after that cursor.
"""

import random
import time
from dataclasses import replace

from django.conf import settings
from django.db import transaction

from annotator.models import Purpose, WorkerState
from annotator.queue import free_tasks, gold_items
from annotator.queue.assigned_tasks import ITEM, AssignedTask
from annotator.queue.free_tasks import CursorPosition
from annotator.queue.leases import MOST_HELD, free_expired
from annotator.queue.references import Named, NamedQuestion
from annotator.queue.release import START
from annotator.queue.submission import ARCHIVED
from annotator.refusal import Refused
from annotator.server import sql

LOOK_AGAIN_SECONDS = 10
TRIES = 6
# The batches the person may work in, with how far they are in each.
_STATUS = """
SELECT s.id, CASE WHEN p.archived_at IS NULL THEN s.state ELSE 'archived' END, s.reason,
       CASE WHEN q.gold_paused THEN 0 ELSE q.gold_rate END,
       EXISTS (SELECT 1 FROM annotator_assignment a WHERE a.worker_id = s.worker_id AND a.companion_id IS NOT NULL
               AND a.state IN ('expired', 'returned')), (
    SELECT json_agg(json_build_array(
               b.id, coalesce(m.sort_key, -9223372036854775808), coalesce(m.freed, 0),
               m.read_at < now() - make_interval(secs => %(again)s::int)) ORDER BY b.group_id IS NULL, b.number)
    FROM annotator_batch b LEFT JOIN annotator_queuecursor m ON m.batch_id = b.id AND m.worker_id = %(worker)s::bigint
    WHERE b.question_id = q.id AND b.state = 'open' AND (b.group_id IS NULL OR EXISTS (
        SELECT 1 FROM annotator_group_members g JOIN annotator_member m ON m.id = g.member_id
        WHERE g.group_id = b.group_id AND m.user_id = %(worker)s::bigint)))
FROM annotator_workerstatus s JOIN annotator_question q ON q.id = s.question_id
JOIN annotator_project p ON p.id = q.project_id
WHERE s.question_id = %(question)s::bigint AND s.worker_id = %(worker)s::bigint AND q.project_id = %(project)s::bigint
  AND NOT q.draft
FOR NO KEY UPDATE OF s
"""
_NEW_STATUS = """
INSERT INTO annotator_workerstatus (question_id, worker_id, state, reason, overruled, answers, skips, gold_right, gold_total,
                                qualification_right, qualification_total)
SELECT q.id, %(worker)s::bigint,
       CASE WHEN EXISTS (SELECT 1 FROM annotator_task WHERE question_id = q.id AND purpose = 'qualification')
            THEN 'qualifying' ELSE 'working' END, '', false, 0, 0, 0, 0, 0, 0
FROM annotator_question q WHERE q.id = %(question)s::bigint AND q.project_id = %(project)s::bigint AND NOT q.draft
ON CONFLICT (question_id, worker_id) DO NOTHING
"""
# In an order that chance made: gold and regular tasks are leased one after the other.
_HELD = f"""
SELECT a.id, a.public_id, a.task_id, a.expires_at <= now(), a.expires_at, t.item_id, {ITEM.format("a")}
FROM annotator_assignment a JOIN annotator_task t ON t.id = a.task_id JOIN annotator_item i ON i.id = t.item_id
WHERE a.worker_id = %(worker)s::bigint AND a.state = 'held' AND t.question_id = %(question)s::bigint AND i.withdrawn_at IS NULL
ORDER BY a.public_id LIMIT %(count)s::bigint
"""  # noqa: S608
# A lease that someone is freeing right now counts as freed. Waiting for them could be a deadlock: the answer before this request
# may have locked a task that they wait for.
_HOLD_ON = """
UPDATE annotator_assignment SET expires_at = now() + make_interval(secs => %(seconds)s)
WHERE id IN (SELECT id FROM annotator_assignment WHERE id = ANY(%(ids)s::bigint[]) AND state = 'held'
             FOR NO KEY UPDATE SKIP LOCKED) RETURNING id, expires_at
"""


def next_tasks(question: NamedQuestion, worker: Named, count: int = 1) -> list[AssignedTask]:
    """Return up to `count` tasks: first those the person already holds, then new ones they have not met.

    Returns fewer when there are no more. A person holds at most three at once.
    Raises Refused when the person is paused at this question, or when the project has no such question.
    """
    count = max(1, min(count, MOST_HELD))
    for attempt in range(TRIES):
        found, locked = _next(question, worker, count)
        if found or not locked:
            break
        time.sleep(0.005 * 2**attempt)  # others have the last tasks in their hands this very moment
    if not found and free_expired(question=question):
        found, _ = _next(question, worker, count)
    return found


def _next(question: NamedQuestion, worker: Named, count: int) -> tuple[list[AssignedTask], bool]:
    with transaction.atomic():
        return assign(question, worker, count)


def assign(question: NamedQuestion, worker: Named, count: int) -> tuple[list[AssignedTask], bool]:
    """Hand out the tasks that are available right now, within the caller's transaction.

    Returns the tasks, and whether others had locked some. Raises Refused as `next_tasks` does.
    """
    who = {"question": question.pk, "worker": worker.pk}
    state, reason, gold_rate, some_back, batches = _standing(who | {"project": question.project_id})
    if state == "archived":
        raise Refused(ARCHIVED, "archived", 403)
    if state == WorkerState.PAUSED:
        raise Refused(reason or "You are paused at this question.", "paused", 403)
    held = _held(who, count)
    missing = count - len(held)
    if missing <= 0:
        return held, False
    if state == WorkerState.QUALIFYING:
        tests = gold_items.known(who, Purpose.QUALIFICATION, missing, gold_items.EVERY_TEST)
        return held + gold_items.take(who, [(test, None) for test in tests]), False
    if not batches:
        return held, False
    new, locked = _work(who, batches, missing, gold_rate, some_back)
    return held + new, locked


def _standing(who: dict[str, int]) -> tuple[str, str, float, bool, list[CursorPosition]]:
    found = sql.rows(_STATUS, **who, again=LOOK_AGAIN_SECONDS)
    if not found:
        sql.rows(_NEW_STATUS, **who)
        found = sql.rows(_STATUS, **who, again=LOOK_AGAIN_SECONDS)
    if not found:
        raise Refused("There is no such question in this project.", "unknown_question", 404)
    [(_, state, reason, gold_rate, some_back, batches)] = found
    return state, reason, gold_rate, some_back, [CursorPosition(*one) for one in batches or []]


def _held(who: dict[str, int], count: int) -> list[AssignedTask]:
    """Return the tasks the person holds. A lease that has run out is renewed if nobody has freed it."""
    found = sql.rows(_HELD, **who, count=count)
    ends = {row[0]: row[4] for row in found if not row[3]}
    late = [row[0] for row in found if row[3]]
    if late:
        ends |= dict(sql.rows(_HOLD_ON, ids=late, seconds=settings.TASK_LEASE_SECONDS))
    return [AssignedTask(row[1], row[2], ends[row[0]], *row[5:]) for row in found if row[0] in ends]


def _work(
    who: dict[str, int], cursors: list[CursorPosition], missing: int, gold_rate: float, some_back: bool
) -> tuple[list[AssignedTask], bool]:
    found: list[AssignedTask] = []
    locked = False
    if gold_rate or some_back:
        found = gold_items.take(who, gold_items.gold(who, cursors, missing, gold_rate))
    for cursor in cursors:
        wanted = missing - len(found)
        if wanted <= 0 and cursor is not cursors[0]:
            break
        new = free_tasks.take(who, cursor, wanted)
        if wanted <= 0:
            break
        if not new and cursor.old and cursor.sort_key > START:
            cursor = replace(cursor, sort_key=START)
            new = free_tasks.take(who, cursor, wanted)
        if not new and not locked:
            locked = free_tasks.any_left(who, cursor)
        found += new
    random.shuffle(found)  # a known answer must not be known by its position
    return found, locked
