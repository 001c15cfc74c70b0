"""The kinds of jobs: who does the work of each, and who is told when it comes to nothing."""

from collections.abc import Callable

from annotator.jobs.work import Work
from annotator.models import Job

Handler = Callable[[Work], None]
handlers: dict[str, Handler] = {}
endings: dict[str, Callable[[Job], None]] = {}
quiet_kinds: set[str] = set()  # regular work, which pages show only where it takes long


def handles(kind: str, quiet: bool = False) -> Callable[[Handler], Handler]:
    """Name the function that does the work of a kind of job; `quiet` where pages show it only if it takes long."""

    def register(handler: Handler) -> Handler:
        handlers[kind] = handler
        if quiet:
            quiet_kinds.add(kind)
        return handler

    return register


def when_stopped(kind: str, ending: Callable[[Job], None]) -> None:
    """Name the function called, in the same transaction, when a job of this kind fails or is cancelled."""
    endings[kind] = ending
