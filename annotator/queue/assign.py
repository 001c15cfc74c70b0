"""Handing tasks out.

A person's request is a handful of prepared statements, none of which grows with the project: their standing (a lock, so
that their tabs pass one at a time), what they hold, how far they are in each batch, and the first free tasks after that.
"""

import random
import time
import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from annotator.models import Purpose, Question, User, WorkerState
from annotator.queue.leases import MOST_HELD, free_expired
from annotator.queue.release import START
from annotator.refusal import Refused
from annotator.server import sql

LOOK_AGAIN_SECONDS = 10
POOL = 40  # items with a known answer that are looked at when one is wanted
EVERY_TEST = 32767
TRIES = 6

# The batches the person may work in, with how far they are in each.
_STATUS = """
SELECT s.id, s.state, s.reason, CASE WHEN q.gold_paused THEN 0 ELSE q.gold_rate END,
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
_ITEM = """i.project_id, i.sha256, i.modality, i.width, i.height, i.length,
       (SELECT json_build_object('value', g.value, 'model', g.model) FROM annotator_suggestion g WHERE g.id = {}.suggestion_id)"""
# Nobody can tell an item by its suggestion: half of all assignments show one, whatever the task is for and on whichever side
# its item is, and none does while an item with a known answer lacks one.
_SUGGESTION = """(SELECT s.id FROM annotator_suggestion s
                  WHERE s.question_id = t.question_id AND s.item_id = t.item_id AND s.current AND random() < 0.5
                    AND (SELECT suggestions_shown FROM annotator_question WHERE id = %(question)s::bigint))"""
# In an order that chance made: gold and regular tasks are leased one after the other.
_HELD = f"""
SELECT a.id, a.public_id, a.task_id, a.expires_at <= now(), a.expires_at, t.item_id, {_ITEM.format("a")}
FROM annotator_assignment a JOIN annotator_task t ON t.id = a.task_id JOIN annotator_item i ON i.id = t.item_id
WHERE a.worker_id = %(worker)s::bigint AND a.state = 'held' AND t.question_id = %(question)s::bigint
ORDER BY a.public_id LIMIT %(count)s::bigint
"""  # noqa: S608
_HOLD_ON = """
UPDATE annotator_assignment SET expires_at = now() + make_interval(secs => %(seconds)s)
WHERE id = ANY(%(ids)s::bigint[]) AND state = 'held' RETURNING id, expires_at
"""
# Whom a task may go to: who has not met it, or let it go unanswered.
_FREE_FOR = """t.open_slots > 0 AND coalesce((SELECT a.state FROM annotator_assignment a
        WHERE a.task_id = t.id AND a.worker_id = %(worker)s::bigint), 'expired') IN ('expired', 'returned')"""
_LEASE = f"""
leased AS (
    INSERT INTO annotator_assignment AS a (task_id, worker_id, state, reason, leased_at, expires_at, suggestion_id, companion_id)
    SELECT held.id, %(worker)s::bigint, 'held', '', clock_timestamp(), now() + make_interval(secs => %(seconds)s),
           held.suggestion_id, held.companion_id FROM held
    ON CONFLICT (task_id, worker_id) DO UPDATE SET state = 'held', reason = '', leased_at = excluded.leased_at,
                                                   expires_at = excluded.expires_at, suggestion_id = excluded.suggestion_id,
                                                   companion_id = excluded.companion_id
    RETURNING a.task_id, a.public_id, a.expires_at, a.suggestion_id
), noted AS (
    UPDATE annotator_workerstatus SET handed_at = clock_timestamp()
    WHERE question_id = %(question)s::bigint AND worker_id = %(worker)s::bigint AND EXISTS (SELECT 1 FROM leased)
)
SELECT leased.public_id, leased.task_id, leased.expires_at, taken.item_id, {_ITEM.format("leased")}
FROM leased JOIN taken ON taken.id = leased.task_id JOIN annotator_item i ON i.id = taken.item_id
"""  # noqa: S608
# A cursor moves on only if no place before it became free since it was read (`freed` counts that).
_TAKE = f"""
WITH first AS MATERIALIZED (
    SELECT t.sort_key FROM annotator_task t
    WHERE t.batch_id = %(batch)s::bigint AND t.sort_key >= %(mark)s::bigint AND {_FREE_FOR} ORDER BY t.sort_key LIMIT 1
), taken AS MATERIALIZED (
    SELECT t.id, t.item_id, t.sort_key FROM annotator_task t
    WHERE t.batch_id = %(batch)s::bigint AND t.sort_key >= (SELECT sort_key FROM first) AND {_FREE_FOR}
    ORDER BY t.sort_key LIMIT %(count)s::bigint FOR NO KEY UPDATE OF t SKIP LOCKED
), marked AS (
    INSERT INTO annotator_queuecursor AS m (worker_id, batch_id, sort_key, freed, read_at)
    SELECT %(worker)s::bigint, %(batch)s::bigint, coalesce((SELECT sort_key FROM first), 9223372036854775807), 0, now()
    ON CONFLICT (batch_id, worker_id) DO UPDATE
        SET sort_key = excluded.sort_key, read_at = CASE WHEN %(whole)s::boolean THEN excluded.read_at ELSE m.read_at END
        WHERE m.freed = %(freed)s::bigint AND (m.sort_key <> excluded.sort_key OR %(whole)s::boolean)
), held AS (
    UPDATE annotator_task t SET open_slots = t.open_slots - 1 FROM taken WHERE t.id = taken.id
    RETURNING t.id, {_SUGGESTION} AS suggestion_id, NULL::bigint AS companion_id
), {_LEASE}
ORDER BY taken.sort_key
"""  # noqa: S608
_ANY_LEFT = f"""
SELECT 1 FROM annotator_task t WHERE t.batch_id = %(batch)s::bigint AND t.sort_key >= %(mark)s::bigint AND {_FREE_FOR} LIMIT 1
"""  # noqa: S608
# The next free tasks of a batch, in order, and whether the person had each before.
_COMING = f"""
SELECT t.id, t.sort_key, EXISTS (SELECT 1 FROM annotator_assignment m WHERE m.task_id = t.id AND m.worker_id = %(worker)s::bigint)
FROM annotator_task t WHERE t.batch_id = %(batch)s::bigint AND t.sort_key >= %(mark)s::bigint AND {_FREE_FOR}
ORDER BY t.sort_key LIMIT %(count)s::bigint
"""  # noqa: S608
# Gold that the person gave back or whose lease ran out. It comes back as a regular task in its companion's place would: in the
# same batch, at the same sort_key, and not where others have taken the places. Where the person holds or has answered the
# companion, others cannot take that place; then it counts as taken once anybody else was handed a task.
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
# Some tasks whose answer is known and that the person has not had, at random, out of a pool of at most so many: the time this
# takes has a bound.
_KNOWN = f"""
SELECT t.id FROM (
    SELECT id, open_slots FROM annotator_task
    WHERE question_id = %(question)s::bigint AND purpose = %(purpose)s::text AND purpose <> 'work'
    ORDER BY random() LIMIT %(pool)s::bigint) t
WHERE {_FREE_FOR} AND NOT EXISTS (
        SELECT 1 FROM annotator_assignment m JOIN annotator_task c ON c.id = m.companion_id
        WHERE m.task_id = t.id AND m.worker_id = %(worker)s::bigint AND c.batch_id IS NOT NULL)
LIMIT %(count)s::bigint
"""  # noqa: S608
_TAKE_KNOWN = f"""
WITH taken AS MATERIALIZED (
    SELECT t.id, t.item_id, t.question_id, u.companion_id
    FROM unnest(%(tasks)s::bigint[], %(companions)s::bigint[]) AS u(id, companion_id) JOIN annotator_task t ON t.id = u.id
), held AS (
    SELECT t.id, {_SUGGESTION} AS suggestion_id, t.companion_id FROM taken t
), {_LEASE}
"""  # noqa: S608


@dataclass(frozen=True)
class AssignedTask:
    """A task in someone's hands, and what they may know of it: the item, and nothing that tells why it is asked."""

    public_id: uuid.UUID
    task_id: int
    expires_at: datetime
    item_id: int
    project_id: int
    sha256: str
    modality: str
    width: int
    height: int
    length: int
    suggestion: dict[str, Any] | None = None


@dataclass(frozen=True)
class Place:
    """How far a person is in a batch; `old` where they have not looked through it from the beginning for a while."""

    batch: int
    sort_key: int
    freed: int
    old: bool | None


def next_tasks(question: Question, worker: User, count: int = 1) -> list[AssignedTask]:
    """Hand out up to `count` tasks: first those the person holds already, then new ones they have not met.

    Returns fewer than asked where there are no more. At most three are held at once.
    Raises Refused where the person is paused at this question, or its project has no such question.
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


def _next(question: Question, worker: User, count: int) -> tuple[list[AssignedTask], bool]:
    with transaction.atomic():
        return assign(question, worker, count)


def assign(question: Question, worker: User, count: int) -> tuple[list[AssignedTask], bool]:
    """Hand out what can be had at this moment, within the caller's transaction.

    Returns the tasks, and whether there were some that others had locked. Raises Refused as `next_tasks` does.
    """
    who = {"question": question.pk, "worker": worker.pk}
    state, reason, gold_rate, some_back, batches = _standing(who | {"project": question.project_id})
    if state == WorkerState.PAUSED:
        raise Refused(reason or "You are paused at this question.", "paused", 403)
    held = _held(who, count)
    missing = count - len(held)
    if missing <= 0:
        return held, False
    if state == WorkerState.QUALIFYING:
        tests = _known(who, Purpose.QUALIFICATION, missing, EVERY_TEST)
        return held + _take_known(who, [(test, None) for test in tests]), False
    if not batches:
        return held, False
    new, locked = _work(who, batches, missing, gold_rate, some_back)
    return held + new, locked


def _standing(who: dict[str, int]) -> tuple[str, str, float, bool, list[Place]]:
    found = sql.rows(_STATUS, **who, again=LOOK_AGAIN_SECONDS)
    if not found:
        sql.rows(_NEW_STATUS, **who)
        found = sql.rows(_STATUS, **who, again=LOOK_AGAIN_SECONDS)
    if not found:
        raise Refused("There is no such question in this project.", "unknown_question", 404)
    [(_, state, reason, gold_rate, some_back, batches)] = found
    return state, reason, gold_rate, some_back, [Place(*one) for one in batches or []]


def _held(who: dict[str, int], count: int) -> list[AssignedTask]:
    """Return what the person holds; a lease that has run out while nobody took the place is theirs again."""
    found = sql.rows(_HELD, **who, count=count)
    ends = {row[0]: row[4] for row in found if not row[3]}
    late = [row[0] for row in found if row[3]]
    if late:
        ends |= dict(sql.rows(_HOLD_ON, ids=late, seconds=settings.TASK_LEASE_SECONDS))
    return [AssignedTask(row[1], row[2], ends[row[0]], *row[5:]) for row in found if row[0] in ends]


def _gold(who: dict[str, int], places: list[Place], missing: int, gold_rate: float) -> list[tuple[int, int | None]]:
    """Choose the gold among the next tasks; return each with its companion, the regular task that it comes before.

    Each new regular task may have gold before it, by chance. One that comes back has none drawn anew: otherwise a person who
    gives tasks back and asks again would see the regular ones stay and the gold change. Gold given back comes in its turn.
    The same statements run whatever chance wants, so that the time they take tells nothing.
    """
    back = sql.rows(_BACK, **who)
    new = _known(who, Purpose.GOLD, MOST_HELD, POOL)
    room, chosen = missing, []
    for place in places:
        coming = _coming(who, place, missing)
        if not coming and place.old and place.sort_key > START:
            coming = _coming(who, replace(place, sort_key=START), missing)
        returned = [(sort_key, task, companion) for task, companion, batch, sort_key in back if batch == place.batch]
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


def _coming(who: dict[str, int], place: Place, count: int) -> list[tuple[int, int, bool]]:
    return sql.rows(_COMING, worker=who["worker"], batch=place.batch, mark=place.sort_key, count=count)


def _work(
    who: dict[str, int], places: list[Place], missing: int, gold_rate: float, some_back: bool
) -> tuple[list[AssignedTask], bool]:
    found: list[AssignedTask] = []
    locked = False
    if gold_rate or some_back:
        found = _take_known(who, _gold(who, places, missing, gold_rate))
    for place in places:
        wanted = missing - len(found)
        if wanted <= 0 and place is not places[0]:
            break
        new = _take(who, place, wanted)
        if wanted <= 0:
            break
        if not new and place.old and place.sort_key > START:
            place = replace(place, sort_key=START)
            new = _take(who, place, wanted)
        if not new and not locked:
            locked = _any_left(who, place)
        found += new
    random.shuffle(found)  # a known answer must not be known by its place
    return found, locked


def _any_left(who: dict[str, int], place: Place) -> bool:
    return bool(sql.rows(_ANY_LEFT, worker=who["worker"], batch=place.batch, mark=place.sort_key))


def _take(who: dict[str, int], place: Place, count: int) -> list[AssignedTask]:
    found = sql.rows(
        _TAKE,
        worker=who["worker"],
        batch=place.batch,
        question=who["question"],
        mark=place.sort_key,
        freed=place.freed,
        count=count,
        seconds=settings.TASK_LEASE_SECONDS,
        whole=place.sort_key == START,
    )
    return [AssignedTask(*row) for row in found]


def _known(who: dict[str, int], purpose: Purpose, count: int, pool: int) -> list[int]:
    return [task for (task,) in sql.rows(_KNOWN, **who, purpose=str(purpose), count=count, pool=pool)]


def _take_known(who: dict[str, int], tasks: list[tuple[int, int | None]]) -> list[AssignedTask]:
    ids, companions = [task for task, _ in tasks], [companion for _, companion in tasks]
    found = sql.rows(_TAKE_KNOWN, **who, tasks=ids, companions=companions, seconds=settings.TASK_LEASE_SECONDS)
    return [AssignedTask(*row) for row in found]
