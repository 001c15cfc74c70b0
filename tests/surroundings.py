"""Loaded before Django: a state folder of the tests' own, with its own PostgreSQL, gone when they end."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

HOME = Path(tempfile.mkdtemp(prefix="marginalia-tests-"))
os.environ["MARGINALIA_HOME"] = str(HOME)
for name in ("DATABASE_URL", "CELERY_BROKER_URL", "MARGINALIA_STORAGE", "MARGINALIA_URL"):
    os.environ.pop(name, None)
# Only a connection with this setting may empty an append-only table.
os.environ["PGOPTIONS"] = "-c marginalia.testing=on"
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps an event loop in this thread

(HOME / "static").mkdir()

from annotator import postgres  # noqa: E402

postgres.start()


@atexit.register
def _clean() -> None:
    postgres.stop()
    shutil.rmtree(HOME, ignore_errors=True)
