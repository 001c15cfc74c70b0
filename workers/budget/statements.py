"""Statements: what was spent, grouped as asked, and every entry as a file that is streamed, never held in memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import psycopg
from django.db import connection

from annotator.models import Project, Question
from annotator.server import spreadsheets, sql
from workers.budget.models import SPENT

# Two questions may have the same wording: the number distinguishes them.
_QUESTION = """CASE WHEN EXISTS (
    SELECT 1 FROM annotator_question o WHERE o.project_id = q.project_id AND o.text = q.text AND o.id <> q.id
) THEN q.text || ' (question ' || q.id || ')' ELSE q.text END"""
# How a line is named, and what must be joined for it. Corrections count against what they correct.
BY: dict[str, tuple[str, str, str]] = {
    "phase": ("Phase", "f.stage || ':' || f.attempt", "LEFT JOIN workers_phase f ON f.id = e.phase_id"),
    "question": ("Question", _QUESTION, "LEFT JOIN annotator_question q ON q.id = e.question_id"),
    "version": ("Version", "v.number::text", ""),
    "batch": (
        "Batch",
        f"CASE WHEN b.id IS NULL THEN NULL ELSE b.name || ', ' || {_QUESTION} END",
        "LEFT JOIN annotator_batch b ON b.id = e.batch_id LEFT JOIN annotator_question q ON q.id = b.question_id",
    ),
    "worker": ("Person", "u.username", "LEFT JOIN annotator_user u ON u.id = e.worker_id"),
    "platform": ("Platform", "e.platform", ""),
    "run": ("Training run", "r.id::text", "LEFT JOIN workers_trainingrun r ON r.id = e.run_id"),
    "kind": ("What for", "coalesce(o.kind, e.kind)", "LEFT JOIN workers_entry o ON o.id = e.corrects_id"),
    "month": ("Month", "to_char(e.created_at AT TIME ZONE 'UTC', 'YYYY-MM')", ""),
}
MOST_LINES = 1000
PIECE = 1 << 16  # bytes
IN_TIME = ("phase", "version", "batch", "run", "month")  # sorted by time; the others by amount, the most first
_GROUPED = """
WITH spending AS (SELECT id FROM workers_account WHERE project_id = %(project)s::bigint AND name = ANY(%(spent)s::text[])),
named AS (
    SELECT {key} AS name, CASE WHEN e.target_id IN (SELECT id FROM spending) THEN e.amount ELSE -e.amount END AS amount,
           e.created_at
    FROM workers_entry e {join}
    WHERE e.project_id = %(project)s::bigint AND e.kind NOT IN ('reserve', 'release', 'funding', 'withdrawal', 'settlement')
      AND e.created_at >= %(since)s::timestamptz AND e.created_at < %(until)s::timestamptz
)
SELECT coalesce(name, ''), sum(amount), count(*), min(created_at), max(created_at) FROM named
GROUP BY 1 ORDER BY {order} LIMIT %(most)s::int
"""
# An answer belongs to the first version frozen after it, and so does its correction.
_VERSION = """LEFT JOIN workers_trainingrun r ON r.id = e.run_id LEFT JOIN workers_entry o ON o.id = e.corrects_id
LEFT JOIN LATERAL (
    SELECT v.number FROM datasets_version v WHERE v.id = r.version_id
    UNION ALL (SELECT v.number FROM datasets_version v WHERE r.id IS NULL AND v.question_id = e.question_id
               AND v.created_at >= coalesce(o.created_at, e.created_at) ORDER BY v.created_at LIMIT 1)
) v ON true"""
_OF_VERSIONS = f"""
WITH spending AS (SELECT id FROM workers_account WHERE project_id = %(project)s::bigint AND name = ANY(%(spent)s::text[]))
SELECT coalesce(sum(CASE WHEN e.target_id IN (SELECT id FROM spending) THEN e.amount ELSE -e.amount END), 0)
FROM workers_entry e {_VERSION}
WHERE e.project_id = %(project)s::bigint AND e.kind NOT IN ('reserve', 'release', 'funding', 'withdrawal', 'settlement')
  AND v.number > %(after)s::int AND v.number <= %(until)s::int
  AND CASE WHEN r.id IS NULL THEN e.question_id = %(question)s::bigint
           ELSE r.version_id IN (SELECT id FROM datasets_version WHERE question_id = %(question)s::bigint) END
"""  # noqa: S608
COLUMNS = [
    "id", "at", "kind", "amount", "currency", "from", "to", "phase", "question", "batch", "worker", "run", "platform",
    "reference", "idempotency_key", "corrects", "memo",
]  # fmt: skip
# A spreadsheet must not read a person's text as a formula.
_PLAIN = spreadsheets.SQL
_ROWS = f"""
COPY (
    SELECT e.id AS id, to_char(e.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, e.kind, e.amount,
           e.currency, s.name AS "from", t.name AS "to", f.stage || '.' || f.attempt AS phase, e.question_id AS question,
           b.number AS batch, {_PLAIN.format("u.username")} AS worker, e.run_id AS run,
           {_PLAIN.format("e.platform")} AS platform,
           {_PLAIN.format("e.reference")} AS reference, {_PLAIN.format("e.idempotency_key")} AS idempotency_key,
           e.corrects_id AS corrects, {_PLAIN.format("e.memo")} AS memo
    FROM workers_entry e JOIN workers_account s ON s.id = e.source_id JOIN workers_account t ON t.id = e.target_id
    LEFT JOIN workers_phase f ON f.id = e.phase_id LEFT JOIN annotator_batch b ON b.id = e.batch_id
    LEFT JOIN annotator_user u ON u.id = e.worker_id
    WHERE e.project_id = %(project)s AND e.created_at >= %(since)s AND e.created_at < %(until)s ORDER BY e.id
) TO STDOUT WITH (FORMAT csv, HEADER)
"""  # noqa: S608
EARLIEST, LATEST = (
    datetime.fromisoformat("0001-01-01T00:00:00+00:00"),
    datetime.fromisoformat("9999-01-01T00:00:00+00:00"),
)


@dataclass(frozen=True)
class Line:
    """One line of a statement: its name, the sum, the number of entries, and their first and last moment."""

    name: str
    amount: Decimal
    count: int
    first: datetime
    last: datetime


def lines(project: Project, by: str, since: date | None = None, until: date | None = None) -> list[Line]:
    """Return what was spent, grouped by one of `BY`, minus corrections and refunds. Raises KeyError for another `by`.

    `since` and `until` are days, both included. Reserved money is not spent.
    """
    _, key, join = BY[by]
    begin, end = _between(since, until)
    order = "4, 1" if by in IN_TIME else "2 DESC, 1"
    statement = _GROUPED.format(key=key, join=_VERSION if by == "version" else join, order=order)
    return [
        Line(*row)
        for row in sql.rows(
            statement, project=project.pk, since=begin, until=end, most=MOST_LINES, spent=[str(name) for name in SPENT]
        )
    ]


def spent_on_versions(question: Question, after: int, until: int) -> Decimal:
    """Return what was spent on a question's versions after one up to another, by their numbers: as `lines` by version does."""
    [(amount,)] = sql.rows(
        _OF_VERSIONS,
        project=question.project_id,
        question=question.pk,
        after=after,
        until=until,
        spent=[str(name) for name in SPENT],
    )
    return Decimal(amount)


def csv(project: Project, since: date | None = None, until: date | None = None) -> Iterator[bytes]:
    """Yield every entry of a project as CSV, in pieces as the database sends them, oldest first."""
    begin, end = _between(since, until)
    connection.ensure_connection()
    values = {"project": project.pk, "since": begin, "until": end}
    with psycopg.ClientCursor(connection.connection) as cursor, cursor.copy(_ROWS, values) as rows:
        piece = bytearray()
        for row in rows:
            piece += row
            if len(piece) > PIECE:
                yield bytes(piece)
                piece.clear()
        yield bytes(piece)


def _between(since: date | None, until: date | None) -> tuple[datetime, datetime]:
    begin = datetime.combine(since, time.min, UTC) if since else EARLIEST
    return begin, datetime.combine(until + timedelta(days=1), time.min, UTC) if until else LATEST


_COUNT = """
SELECT count(*) FROM workers_entry WHERE project_id = %(project)s::bigint
  AND CASE WHEN %(kind)s::text = '' THEN kind NOT IN ('reserve', 'release') ELSE kind = %(kind)s::text END
"""
COUNTED_UP_TO = 100_000
_ABOUT = "SELECT 1 FROM workers_entry WHERE project_id = %(project)s::bigint OFFSET %(most)s::int LIMIT 1"


def count(project: Project, kind: str) -> int:
    """Return the number of entries of one kind, or of all that move money; at most COUNTED_UP_TO for a large ledger."""
    if sql.rows(_ABOUT, project=project.pk, most=COUNTED_UP_TO):
        return COUNTED_UP_TO
    [(found,)] = sql.rows(_COUNT, project=project.pk, kind=kind)
    return int(found)
