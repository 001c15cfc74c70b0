"""Handwritten SQL, for the few places where people wait for every millisecond."""

from typing import Any

import psycopg
from django.db import connection

_NEXT_IDS = "SELECT nextval(pg_get_serial_sequence(%(table)s::text, 'id')) FROM generate_series(1, %(count)s::int)"


def rows(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    """Run a statement on Django's connection, in its transaction, and return the rows.

    The statement is prepared, so that the server plans it once per connection. JSON comes back as text, because Django turns
    off psycopg's JSON decoding.
    Raises Django's database errors.
    """
    return _run(statement, values, prepare=True)


def many(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    """Run a statement about many rows, as `rows` does, and have it planned for how large the tables are now.

    The plan of a prepared statement is kept. One that was made while a table was empty reads all of it for each row.
    """
    return _run(statement, values, prepare=False)


def _run(statement: str, values: dict[str, Any], prepare: bool) -> list[tuple[Any, ...]]:
    with connection.wrap_database_errors:
        connection.ensure_connection()
        with psycopg.Cursor(connection.connection) as cursor:
            cursor.execute(statement, values, prepare=prepare)
            found = cursor.pgresult  # `cursor.description` would build an object for each column
            return cursor.fetchall() if found is not None and found.nfields else []


def next_ids(table: str, count: int) -> list[int]:
    """Take ids for new rows of a table, so that nobody has to look them up after the rows are written."""
    return [pk for (pk,) in rows(_NEXT_IDS, table=table, count=count)]


def analyze(table: str, *columns: str) -> None:
    """Let the planner know how large a table has become, within the caller's transaction if there is one.

    The database does so by itself once a minute. A table that is filled faster would be taken for an empty one, which any index
    serves equally well. A database user who may not analyze the table changes nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {table} ({', '.join(columns)})")
