"""A job that a worker is doing: its progress, whether it may go on, and its end together with its result."""

import logging
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from annotator.jobs.leases import lease_end
from annotator.models import Job
from annotator.models.job import JobState

logger = logging.getLogger(__name__)
LISTEN_SECONDS = 0.5  # how often a running job checks whether it was cancelled


class Cancelled(Exception):
    """Someone asked the job to stop."""


class LeaseLost(Exception):
    """Another worker has the job now, so nothing this one does may count."""


class JobProblem(Exception):
    """The work cannot be done. The message explains why to the person who requested it."""


class Work:
    """A job that a worker is doing."""

    def __init__(self, job: Job, token: uuid.UUID) -> None:
        self.job, self.token = job, token
        self.finished = False
        self._lost = threading.Event()
        self._cancel = threading.Event()
        self._written = 0.0
        self._noted: dict[str, Any] = {}

    @property
    def arguments(self) -> dict[str, Any]:
        """What the job was asked to do."""
        return self.job.arguments

    def check(self) -> None:
        """Raise Cancelled or LeaseLost if the work must not go on. It is cheap: call it between any two steps."""
        if self._lost.is_set():
            raise LeaseLost
        if self._cancel.is_set():
            raise Cancelled

    def report(self, done: int, total: int, message: str = "") -> None:
        """Store the progress, at most twice a second, and check that the work may go on. Raises as `check` does."""
        self.check()
        now = time.monotonic()
        if now - self._written < 0.5 and done < total:
            return
        self._written = now
        mine = Job.objects.filter(pk=self.job.pk, lease_token=self.token, state=JobState.RUNNING)
        if not mine.update(done=done, total=total, message=message[:300]):
            self._lost.set()
        self.check()

    def note(self, done: int, total: int, message: str = "") -> None:
        """Report the progress from within a transaction: it is stored by the thread that renews the lease.

        `report` would lock the job's row until the transaction ends, and so keep its lease from being renewed.
        Raises as `check` does.
        """
        self._noted = {"done": done, "total": total, "message": message[:300]}
        self.check()

    @contextmanager
    def finish(self, result: Any = None) -> Iterator[dict[str, Any]]:
        """Open the transaction that writes the result and ends the job, both or neither.

        Yields a dict to fill with what the page should show. Raises LeaseLost if another worker has the job.
        """
        said: dict[str, Any] = {} if result is None else result
        with transaction.atomic():
            job = Job.objects.select_for_update(no_key=True).filter(pk=self.job.pk, lease_token=self.token).first()
            if job is None or job.state != JobState.RUNNING:
                raise LeaseLost
            yield said
            Job.objects.filter(pk=job.pk).update(
                state=JobState.DONE,
                result=said,
                done=F("total"),
                ended_at=Now(),
                lease_token=None,
                lease_until=None,
            )
        self.finished = True

    @contextmanager
    def heartbeat(self) -> Iterator[None]:
        """Renew the lease from a separate thread while the work goes on, and watch for a request to cancel."""
        stop = threading.Event()
        thread = threading.Thread(target=self._beat, args=(stop,), daemon=True, name=f"heartbeat {self.job.pk}")
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(timeout=10)

    def _beat(self, stop: threading.Event) -> None:
        pause = settings.JOB_LEASE_SECONDS / 15
        renewed = time.monotonic()
        try:
            while not stop.wait(min(pause, LISTEN_SECONDS)):
                try:
                    mine = Job.objects.filter(pk=self.job.pk, lease_token=self.token, state=JobState.RUNNING)
                    if time.monotonic() - renewed >= pause:
                        renewed = time.monotonic()
                        if not mine.update(lease_until=lease_end()):
                            self._lost.set()
                            return
                    if noted := self._noted:
                        self._noted = {}
                        mine.update(**noted)
                    if mine.filter(cancel_asked=True).exists():
                        self._cancel.set()
                except Exception:
                    logger.warning("heartbeat of job %s missed", self.job.pk, exc_info=True)
                    connection.close()
        finally:
            connection.close()
