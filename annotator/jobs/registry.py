"""The kinds of jobs: the function that does the work of each, and the one called when it fails or is cancelled."""

from collections.abc import Callable

from annotator.jobs.work import Work
from annotator.models import Job

Handler = Callable[[Work], None]
handlers: dict[str, Handler] = {}
endings: dict[str, Callable[[Job], None]] = {}
quiet_kinds: set[str] = set()  # regular work, which pages show only if it takes long


def handles(kind: str, quiet: bool = False) -> Callable[[Handler], Handler]:
    """Return a decorator that registers the function for a kind of job. Pages show `quiet` jobs only if they take long."""

    def register(handler: Handler) -> Handler:
        handlers[kind] = handler
        if quiet:
            quiet_kinds.add(kind)
        return handler

    return register


def when_stopped(kind: str, ending: Callable[[Job], None]) -> None:
    """Register the function called, in the same transaction, when a job of this kind fails or is cancelled."""
    endings[kind] = ending
