"""The slots of a batch: how many are out and what covers one. They leave the queue and return as money allows."""

from dataclasses import dataclass
from decimal import ROUND_UP, Decimal

from annotator.models import Batch, Question
from annotator.queue.release import move_cursors_back
from annotator.server import sql
from workers.budget.amounts import SMALLEST
from workers.budget.models import Pay, PayMode
from workers.budget.paces import seconds_an_answer

_LOOK = """
WITH held AS MATERIALIZED (SELECT task_id FROM annotator_assignment WHERE state = 'held')
SELECT b.state,
       coalesce((SELECT sum(open_slots) FROM annotator_task WHERE batch_id = b.id AND open_slots > 0), 0)::int,
       coalesce((SELECT sum(unfunded) FROM annotator_task WHERE batch_id = b.id AND unfunded > 0), 0)::int,
       (SELECT count(*) FROM held JOIN annotator_task t ON t.id = held.task_id WHERE t.batch_id = b.id)::int,
       coalesce((SELECT balance FROM workers_account
                 WHERE batch_id = b.id AND name = 'reserved' AND project_id = %(project)s::bigint), 0)
FROM annotator_batch b WHERE b.id = %(batch)s::bigint
"""
# The last in the queue wait first, except those that are locked at this moment.
_HOLD_BACK = """
WITH locked AS MATERIALIZED (
    SELECT id, sort_key, open_slots FROM annotator_task WHERE batch_id = %(batch)s::bigint AND open_slots > 0
    ORDER BY sort_key DESC LIMIT %(count)s::bigint FOR NO KEY UPDATE SKIP LOCKED
), counted AS (
    SELECT id, open_slots, sum(open_slots) OVER (ORDER BY sort_key DESC, id) - open_slots AS before FROM locked
), chosen AS (
    SELECT id, least(open_slots, %(count)s::bigint - before) AS count FROM counted WHERE before < %(count)s::bigint
)
UPDATE annotator_task t SET open_slots = t.open_slots - chosen.count, unfunded = t.unfunded + chosen.count
FROM chosen WHERE t.id = chosen.id RETURNING chosen.count::int
"""
_LET_GO = """
WITH locked AS MATERIALIZED (
    SELECT id, sort_key, unfunded FROM annotator_task WHERE batch_id = %(batch)s::bigint AND unfunded > 0
    ORDER BY sort_key LIMIT %(count)s::bigint FOR NO KEY UPDATE SKIP LOCKED
), counted AS (
    SELECT id, unfunded, sum(unfunded) OVER (ORDER BY sort_key, id) - unfunded AS before FROM locked
), chosen AS (
    SELECT id, least(unfunded, %(count)s::bigint - before) AS count FROM counted WHERE before < %(count)s::bigint
)
UPDATE annotator_task t SET open_slots = t.open_slots + chosen.count, unfunded = t.unfunded - chosen.count
FROM chosen WHERE t.id = chosen.id RETURNING chosen.count::int, t.batch_id, t.sort_key
"""


@dataclass(frozen=True)
class Look:
    """What a batch may still cost: its state, open slots, slots that wait for money, tasks that people hold, money reserved."""

    state: str
    open_slots: int
    unfunded: int
    in_hands: int
    reserved: Decimal


def slot_price(question: Question) -> Decimal:
    """Return what one answer is covered with: its price, or the cost for people who are paid by the hour, if that is more."""
    wages = Pay.objects.filter(project=question.project_id, mode=PayMode.HOUR).order_by("-hourly")
    wage = wages.values_list("hourly", flat=True).first()
    if not wage:
        return question.price
    by_the_hour = (wage * Decimal(round(seconds_an_answer(question).high, 3)) / 3600).quantize(SMALLEST, ROUND_UP)
    return max(question.price, by_the_hour)


def look_at(project_id: int, batch: Batch) -> Look:
    """Return the present state of a batch."""
    [row] = sql.rows(_LOOK, project=project_id, batch=batch.pk)
    return Look(*row)


def hold_back(batch: Batch, count: int) -> None:
    """Take slots of a batch out of the queue until there is money for them."""
    for _ in range(10):
        if count <= 0:
            return
        count -= sum(taken for (taken,) in sql.rows(_HOLD_BACK, batch=batch.pk, count=count))


def let_go(batch: Batch, count: int) -> None:
    """Return slots that waited for money to the queue."""
    if count > 0:
        freed = sql.rows(_LET_GO, batch=batch.pk, count=count)
        move_cursors_back([(batch_id, sort_key) for _, batch_id, sort_key in freed])
