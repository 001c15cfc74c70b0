"""`/healthz`: the process answers. `/readyz`: everything it needs works. Strangers see only the names of failed parts."""

import logging
import time
import uuid
from collections.abc import Callable

from celery import current_app
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from annotator import storage

log = logging.getLogger(__name__)
KEEP_SECONDS = 5.0  # a stranger who asks all the time causes one check in five seconds


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _migrations() -> None:
    executor = MigrationExecutor(connection)
    if set(executor.loader.disk_migrations) - set(executor.loader.applied_migrations):
        raise RuntimeError("migrations are not applied")


def _storage() -> None:
    key, content = f"health/{uuid.uuid4().hex}", b"ready"
    storage.put(key, content)
    try:
        if storage.get(key) != content:
            raise RuntimeError("the storage gave back something else")
    finally:
        storage.delete(key)


def _broker() -> None:
    with current_app.connection_for_write() as found:
        found.ensure_connection(max_retries=1, timeout=3)
        found.default_channel  # noqa: B018  # a broker in the database connects here


# More parts are registered by those who know them, as `annotator.jobs.heard` does for beat and the workers.
PARTS: dict[str, Callable[[], None]] = {
    "database": _database,
    "migrations": _migrations,
    "storage": _storage,
    "broker": _broker,
}
_last: tuple[float, list[str]] = (-KEEP_SECONDS, [])


def failed_parts() -> list[str]:
    """Return the names of the parts that do not work."""
    found = []
    for name, look in PARTS.items():
        try:
            look()
        except Exception:
            log.warning("not ready: %s", name, exc_info=True)
            found.append(name)
    return found


class Health:
    """Middleware that runs before all others, because a health check comes from inside and may use any host name."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the two addresses; pass on everything else."""
        if request.path not in ("/healthz", "/readyz"):
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
        failed = [] if request.path == "/healthz" else _recently_failed()
        content = {"status": "failing", "failed": failed} if failed else {"status": "ok"}
        return JsonResponse(content, status=503 if failed else 200, headers={"Cache-Control": "no-store"})


def _recently_failed() -> list[str]:
    global _last
    if time.monotonic() - _last[0] >= KEEP_SECONDS:
        _last = (time.monotonic(), failed_parts())
    return _last[1]
