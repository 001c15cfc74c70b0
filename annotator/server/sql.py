"""Statements written by hand, for the few places where each millisecond is someone's waiting."""

from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def only_one(*key: int) -> Iterator[bool]:
    """Keep other processes from what a key of one or two numbers stands for; yield whether nobody else is at it.

    The lock belongs to the connection and not to a transaction, so none need stay open. PostgreSQL gives it back when the process
    dies.
    """
    numbers = ", ".join(["%s"] * len(key))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_lock({numbers})", key)
        mine = cursor.fetchone() == (True,)
    try:
        yield mine
    finally:
        if mine and connection.connection and not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT pg_advisory_unlock({numbers})", key)
        elif mine:
            connection.close()  # and the lock with it
