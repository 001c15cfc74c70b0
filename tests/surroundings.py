"""Loaded before Django: a state folder of the tests' own, with its own PostgreSQL, gone when they end.

Where tests run in several processes, the first migrates a database once. The others, and the stands, begin with a copy of it.
"""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

HOME = Path(tempfile.mkdtemp(prefix="marginalia-tests-"))
TEMPLATE = "MARGINALIA_TESTS_TEMPLATE"  # the state folder of which others are a copy
os.environ["MARGINALIA_HOME"] = str(HOME)
# Another run of pytest closes the folder that all of a person's runs share; the database's user must get through to its files.
os.environ["PYTEST_DEBUG_TEMPROOT"] = str(HOME)
for name in ("DATABASE_URL", "CELERY_BROKER_URL", "MARGINALIA_STORAGE", "MARGINALIA_URL"):
    os.environ.pop(name, None)
# Only a connection with this setting may empty an append-only table.
os.environ["PGOPTIONS"] = "-c marginalia.testing=on"
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps an event loop in this thread

(HOME / "static").mkdir()


def copy_template(home: Path) -> bool:
    """Begin a state folder as a copy of the migrated one; return whether there is one."""
    if template := os.environ.get(TEMPLATE):
        home.mkdir(parents=True, exist_ok=True)
        for part in ("postgres", "secrets"):
            subprocess.run(
                ["cp", "-a", f"{template}/{part}", str(home)], check=True
            )  # the database's user owns its files
    return bool(template)


copy_template(HOME)

from annotator.server import postgres  # noqa: E402

postgres.start()


def pytest_configure(config: pytest.Config) -> None:
    """Migrate the database that every process copies, where there will be several."""
    if not getattr(config.option, "numprocesses", None) or TEMPLATE in os.environ:
        return
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], check=True, cwd=config.rootpath)
    postgres.stop()
    (HOME / "postgres" / "server.log").unlink()
    os.environ[TEMPLATE] = str(HOME)


@atexit.register
def _clean() -> None:
    postgres.stop()
    shutil.rmtree(HOME, ignore_errors=True)
