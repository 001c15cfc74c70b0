"""Time paid by the hour: each person has one clock over all projects, which knows which of their time was paid."""

import json

from annotator.queue.accepted import Accepted
from annotator.server import sql

MOST_SPANS = 100  # spans that a clock keeps; the oldest gaps between them are closed, unpaid
Spans = list[tuple[int, int]]

# The lock on the person's pay in this project lets their answers in it pass one at a time.
_PAY = """
SELECT id, least(%(active)s::bigint, most_seconds * 1000::bigint, greatest(0, (daily_hours * 3600000)::bigint
                 - CASE WHEN day = current_date THEN day_ms ELSE 0 END))
FROM workers_pay WHERE project_id = %(project)s::bigint AND worker_id = %(worker)s::bigint AND mode = 'hour' FOR NO KEY UPDATE
"""
# The lock on the clock does the same over all projects. It is taken last.
_CLOCK = """
INSERT INTO workers_clock (worker_id, paid) VALUES (%(worker)s::bigint, '[]')
ON CONFLICT (worker_id) DO UPDATE SET worker_id = excluded.worker_id
RETURNING id, paid, (extract(epoch FROM now()) * 1000)::bigint
"""
_KEEP = """
WITH clock AS (UPDATE workers_clock SET paid = %(paid)s::jsonb WHERE id = %(clock)s::bigint)
UPDATE workers_pay SET day = current_date, day_ms = CASE WHEN day = current_date THEN day_ms ELSE 0 END + %(ms)s::bigint
WHERE id = %(pay)s::bigint
"""


def paid_ms(accepted: Accepted) -> int:
    """Return the milliseconds for which an answer is paid by the hour, and mark them as paid; 0 if it is paid otherwise.

    The time that can be paid is the answer's own active time, as the client reports it. It is limited by the most seconds that
    an answer is paid for, by what is left of the day's hours in this project, and by the unpaid time since the person took the
    task (see `allot`). That time is the person's: what one project paid, no other pays again.
    """
    who = {"project": accepted.project_id, "worker": accepted.worker_id}
    found = sql.rows(_PAY, active=accepted.active_ms, **who)
    if not found:
        return 0
    [(pay, most)] = found
    [(clock, paid, now)] = sql.rows(_CLOCK, worker=accepted.worker_id)
    ms, spans = allot([(low, high) for low, high in json.loads(paid)], now - accepted.since_ms, now, most)
    if ms:
        sql.rows(_KEEP, clock=clock, paid=json.dumps(spans), pay=pay, ms=ms)
    return ms


def allot(paid: Spans, taken: int, now: int, most: int) -> tuple[int, Spans]:
    """Return how much of `most` fits into the unpaid time from `taken` to `now`, and the paid spans afterwards.

    All times are in milliseconds. The earliest unpaid time is taken first: later time can be paid for every task that is still
    out, earlier time only for those that were taken before it. So all active times are paid that fit into the person's time,
    each between the taking and the answering of its own task. Paid spans never overlap, so at most the time that has passed is
    paid.
    """
    left, start, fresh = most, taken, []
    for low, high in [*paid, (now, now)]:
        length = min(left, min(low, now) - start)
        if length > 0:
            fresh.append((start, start + length))
            left -= length
        start = max(start, high)
    return most - left, _joined(paid + fresh)


def _joined(spans: Spans) -> Spans:
    joined: Spans = []
    for low, high in sorted(spans):
        if joined and low <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    if len(joined) > MOST_SPANS:
        oldest = joined[: -MOST_SPANS + 1]
        joined = [(oldest[0][0], oldest[-1][1]), *joined[-MOST_SPANS + 1 :]]
    return joined
