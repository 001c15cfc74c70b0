"""Preparation before anything is served: tables, cache, broker, static files.

This runs at each start and is quick when everything is done.
"""

from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from annotator.server import broker
from annotator.server.home import ROOT

# Extensions of htmx that no page loads. A bundler would resolve their imports; we do not.
UNUSED_STATIC = ["django_htmx/ext/*"]
OURS = ("annotator", "datasets", "workers")


class FromBefore(Exception):
    """The state folder comes from a development version before the first release. Its tables cannot be migrated."""


def prepare(tell: Callable[[str], None]) -> None:
    """Bring database, broker and static files to the state this release needs. Raises FromBefore."""
    executor = MigrationExecutor(connection)
    unknown = [
        key
        for key in executor.loader.applied_migrations
        if key[0] in OURS and key not in executor.loader.disk_migrations
    ]
    if unknown:
        raise FromBefore(
            "This state folder was made by a development version from before the first release. Its tables cannot be brought up "
            "to date. Name a new folder in MARGINALIA_HOME (or a new database in DATABASE_URL), and import your items again."
        )
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        tell("Preparing the database …")
        call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    broker.ensure()
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    if not manifest.exists() or manifest.stat().st_mtime < _newest_source():
        call_command("collectstatic", verbosity=0, interactive=False, ignore_patterns=UNUSED_STATIC)
        manifest.touch()
    connection.close()


def _newest_source() -> float:
    sources = [path for folder in ("annotator", "datasets", "workers") for path in (ROOT / folder).rglob("static/**/*")]
    files: list[Path] = [path for path in [*sources, ROOT / "requirements-web.lock"] if path.is_file()]
    return max(path.stat().st_mtime for path in files)
