"""How long a web process waits for a lock of the database. Other processes wait as long as it takes."""

from django.db import connections

from annotator.server import limits


def limit_lock_waits(seconds: float = limits.LOCK_SECONDS) -> None:
    """Let every connection that this process opens from now on wait for a lock at most this long.

    Otherwise a few requests that wait for one project would hold all threads. `database_errors` turns the error into a 503.
    """
    options = connections.settings["default"].setdefault("OPTIONS", {})
    options["options"] = f"{options.get('options', '')} -c lock_timeout={round(1000 * seconds)}".strip()
