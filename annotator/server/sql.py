"""Statements written by hand, for the few places where each millisecond is someone's waiting."""

from typing import Any

import psycopg
from django.db import connection


def rows(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    """Run a statement in Django's connection and transaction and return its rows.

    It is prepared by the server, so that it is planned once a connection. JSON comes back as text, as everywhere under Django.
    Raises Django's database errors.
    """
    with connection.wrap_database_errors:
        connection.ensure_connection()
        with psycopg.Cursor(connection.connection) as cursor:
            cursor.execute(statement, values, prepare=True)
            return cursor.fetchall() if cursor.description else []
