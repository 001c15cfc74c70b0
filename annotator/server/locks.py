"""Advisory locks of the database: every kind has its number here, and nowhere else."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from django.db import connection

from annotator.server import sql


class Lock(IntEnum):
    """What is done by one process at a time. A number is never given to another kind: two releases may run side by side."""

    BROKER = 1  # making the broker's tables
    OPEN_SLOTS = 2  # adding or taking open slots of a project
    BOOKS = 3  # booking entries of a project; `workers/migrations/0002_guards.py` takes it by this number
    LABELS = 4  # computing the labels of a question
    VERSIONS = 5  # freezing a version of a question
    DELIVERIES = 6  # planning the deliveries of webhooks


_TAKE = "SELECT pg_advisory_xact_lock((%(lock)s::bigint << 40) + %(row)s::bigint)"


def take(lock: Lock, row: int = 0) -> None:
    """Wait for a lock of one row (a project's, a question's), and keep it until the transaction ends."""
    sql.rows(_TAKE, lock=int(lock), row=row)


@contextmanager
def only_one(lock: Lock, row: int = 0) -> Iterator[bool]:
    """Keep other processes from what a lock of one row stands for; yield whether nobody else is at it.

    The lock belongs to the connection and not to a transaction, so none need stay open. PostgreSQL gives it back when the process
    dies.
    """
    key = (int(lock) << 40) + row
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s::bigint)", [key])
        mine = cursor.fetchone() == (True,)
    try:
        yield mine
    finally:
        if mine and connection.connection and not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s::bigint)", [key])
        elif mine:
            connection.close()  # and the lock with it
