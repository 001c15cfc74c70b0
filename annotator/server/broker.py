"""The message broker on PostgreSQL: pgmq's tables, created once from the client package's own SQL."""

from pathlib import Path

import pgmq
from django.conf import settings
from django.db import connection, transaction

from annotator.server import locks
from annotator.server.locks import Lock


def ensure() -> None:
    """Create pgmq's tables in the product's database, if pgmq is the broker and they do not exist."""
    if not settings.CELERY_BROKER_URL.startswith("pgmq:"):
        return
    with transaction.atomic(), connection.cursor() as cursor:
        locks.take(Lock.BROKER)
        cursor.execute("SELECT to_regclass('pgmq.meta')")
        if cursor.fetchone()[0] is None:
            cursor.execute("CREATE SCHEMA IF NOT EXISTS pgmq")
            cursor.execute((Path(pgmq.__file__).parent / "sql" / "pgmq.sql").read_text().replace("%", "%%"), [])
