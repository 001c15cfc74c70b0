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


# Nothing in a test survives a crash of the machine, so nothing waits for the disk. What survives `kill -9` is as ever.
os.fsync = lambda file: None  # type: ignore[assignment]


def copy_template(home: Path, *parts: str) -> bool:
    """Begin a state folder with parts of the prepared one; return whether there is one."""
    if template := os.environ.get(TEMPLATE):
        home.mkdir(parents=True, exist_ok=True)
        for part in parts:
            subprocess.run(
                ["cp", "-a", f"{template}/{part}", str(home)], check=True
            )  # the database's user owns its files
    return bool(template)


copy_template(HOME, "postgres", "secrets")

from annotator.server import postgres  # noqa: E402
from annotator.server.prepare import UNUSED_STATIC  # noqa: E402

postgres.CONFIGURATION += "fsync = off\nfull_page_writes = off\n"
postgres.start()


def pytest_configure(config: pytest.Config) -> None:
    """Prepare what every process copies, where there will be several: a migrated database and the static files."""
    if not getattr(config.option, "numprocesses", None) or TEMPLATE in os.environ:
        return
    steps = [["migrate"], ["collectstatic", "--no-input", *(f"--ignore={name}" for name in UNUSED_STATIC)]]
    started = [
        subprocess.Popen([sys.executable, "manage.py", *step, "--verbosity", "0"], cwd=config.rootpath)
        for step in steps
    ]
    assert [step.wait() for step in started] == [0, 0], "what every test process copies could not be prepared"
    postgres.stop()
    (HOME / "postgres" / "server.log").unlink()
    os.environ[TEMPLATE] = str(HOME)


@atexit.register
def _clean() -> None:
    postgres.stop()
    shutil.rmtree(HOME, ignore_errors=True)
