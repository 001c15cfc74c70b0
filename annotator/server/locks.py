"""Advisory locks of the database. The number of each kind is defined only here."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from django.db import connection

from annotator.server import sql


class Lock(IntEnum):
    """Work that one process does at a time. A number is never reused for another kind, because two releases may run together."""

    BROKER = 1  # creating the broker's tables
    OPEN_SLOTS = 2  # adding or removing open slots of a project
    BOOKS = 3  # booking entries of a project; `workers/migrations/0002_guards.py` takes it by this number
    LABELS = 4  # computing the labels of a question
    VERSIONS = 5  # freezing a version of a question
    DELIVERIES = 6  # planning the deliveries of webhooks
    CONTENTS = 7  # deleting blobs; whoever writes blobs and the rows that name them shares it
    ERASURE = 8  # erasing items of a project; whoever copies what their rows say shares it


_TAKE = "SELECT pg_advisory_xact_lock((%(lock)s::bigint << 40) + %(row)s::bigint)"


def take(lock: Lock, row: int = 0) -> None:
    """Wait for the lock of one row (such as a project or question) and keep it until the transaction ends."""
    sql.rows(_TAKE, lock=int(lock), row=row)


def share(lock: Lock, row: int = 0) -> None:
    """Keep others from taking the lock until the transaction ends; any number of processes may share it."""
    sql.rows(_TAKE.replace("xact_lock(", "xact_lock_shared("), lock=int(lock), row=row)


@contextmanager
def only_one(lock: Lock, row: int = 0) -> Iterator[bool]:
    """Try to take the lock of one row; yield whether this process got it.

    The lock belongs to the connection, not to a transaction, so no transaction needs to stay open. PostgreSQL releases it
    when the process dies.
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
            connection.close()  # and release the lock with it
