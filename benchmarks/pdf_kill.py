"""How long a PDF that takes minutes to draw keeps a thread and a core: as an upload, and in an import that is cancelled."""

import os
import threading
import time

import psutil

from annotator.intake import sandbox
from annotator.intake.found import BadContent
from benchmarks.figure import figure
from tests.hostile import endless_pdf

CANCELLED_AFTER = 2.0


class _Stop(Exception):
    """Somebody cancelled the job."""


def _readers() -> list[psutil.Process]:
    mine = psutil.Process(os.getpid()).children()
    return [process for process in mine if "annotator.intake.reader" in " ".join(process.cmdline())]


def _free(begun: float) -> float:
    """Return the seconds until no reader is at work any more."""
    while any(process.is_running() and process.cpu_percent(0.1) > 20 for process in _readers()):
        time.sleep(0.05)
    return time.monotonic() - begun


def measure() -> None:
    """Print the figures."""
    content = endless_pdf()
    begun = time.monotonic()
    try:
        sandbox.read("endless.pdf", content, sandbox.WAITED_FOR)
        raise AssertionError("the document was read: it is not what this bench is about")
    except BadContent:
        figure("trust.pdf_kill_s", _free(begun), "s", 20)

    stop = threading.Event()
    threading.Timer(CANCELLED_AFTER, stop.set).start()

    def check() -> None:
        if stop.is_set():
            raise _Stop

    begun = time.monotonic()
    try:
        sandbox.read("endless.pdf", content, sandbox.IN_A_JOB, check)
        raise AssertionError("the document was read: it is not what this bench is about")
    except _Stop:
        figure("trust.pdf_cancel_s", _free(begun) - CANCELLED_AFTER, "s", 1)


def run() -> None:
    """Measure and print."""
    measure()


if __name__ == "__main__":
    run()
