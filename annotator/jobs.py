"""Long work: asked for once, run by whoever is free, seen by all, stopped on request, taken up again after a crash.

A job is a row. Its message only wakes a worker up, and may be lost or come twice: the worker claims the row, with a lease
that a heartbeat renews while the work goes on. When a worker dies the lease runs out and the sweeper wakes another. Where the
death is noticed (a worker that starts again under its name; a lost process of one, ten seconds later), the job is free at once.
Whoever is woken up takes the jobs first whose worker died: they do not queue a second time behind all that waits.
The last thing a job does is to write its result and its end in one transaction (`Work.finish`).
"""

import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now

from annotator import audit
from annotator.models import Job, Project, User
from annotator.models.job import JobState

logger = logging.getLogger(__name__)
TASK = "annotator.run_job"
MOST_ATTEMPTS = 5
LISTEN_SECONDS = 0.5  # how often a running job looks whether it is to stop
RESEND_AFTER = timedelta(seconds=20)
AGAIN_AFTER = timedelta(minutes=5)  # how long recurring work rests after it failed or somebody stopped it
# The lease ends this much before JOB_LEASE_SECONDS are over, so that the sweep (every five seconds) is within them too.
LEASE_SHARE = 0.8

Handler = Callable[["Work"], None]
_handlers: dict[str, Handler] = {}
_endings: dict[str, Callable[[Job], None]] = {}
quiet_kinds: set[str] = set()  # regular work, which pages show only where it takes long


class Cancelled(Exception):
    """Someone asked the job to stop."""


class LeaseLost(Exception):
    """Another worker has the job now; whatever this one does next must not count."""


class JobProblem(Exception):
    """The work cannot be done, and its message tells the person who asked why."""


def handles(kind: str, quiet: bool = False) -> Callable[[Handler], Handler]:
    """Name the function that does the work of a kind of job; `quiet` where pages show it only if it takes long."""

    def register(handler: Handler) -> Handler:
        _handlers[kind] = handler
        if quiet:
            quiet_kinds.add(kind)
        return handler

    return register


def when_stopped(kind: str, ending: Callable[[Job], None]) -> None:
    """Name the function called, in the same transaction, when a job of this kind fails or is cancelled."""
    _endings[kind] = ending


def submit(
    project: Project,
    kind: str,
    title: str,
    idempotency_key: str,
    arguments: dict[str, Any] | None = None,
    *,
    queue: str = "default",
    user: User | None = None,
    total: int = 0,
    parent: Job | None = None,
) -> Job:
    """Ask for a piece of long work and return its row; for an idempotency key that was asked before, the row of then."""
    values = {"queue": queue, "created_by": user, "total": total, "parent": parent}
    return _submit(project, kind, title, idempotency_key, arguments, **values)[0]


def _submit(
    project: Project, kind: str, title: str, idempotency_key: str, arguments: dict[str, Any] | None, **values: Any
) -> tuple[Job, bool]:
    """Return the row of an idempotency key, and whether it was asked for now."""
    job, created = Job.objects.get_or_create(
        idempotency_key=idempotency_key,
        defaults={"project": project, "kind": kind, "title": title, "arguments": arguments or {}} | values,
    )
    if created:
        transaction.on_commit(lambda: send(job))
    return job, created


def submit_again(
    project: Project,
    kind: str,
    title: str,
    idempotency_key: str,
    arguments: dict[str, Any] | None = None,
    *,
    total: int = 0,
) -> bool:
    """Ask for work that recurs; return whether it was asked for now. It has one row, which is used again.

    While it waits or runs it is not asked for again. After it failed or was stopped it rests (`AGAIN_AFTER`).
    """
    job, created = _submit(project, kind, title, idempotency_key, arguments, total=total)
    if created:
        return True
    stopped = Q(state__in=[JobState.FAILED, JobState.CANCELLED], ended_at__lt=Now() - AGAIN_AFTER)
    again = Job.objects.filter(Q(state=JobState.DONE) | stopped, pk=job.pk).update(
        state=JobState.WAITING,
        title=title,
        attempts=0,
        done=0,
        message="",
        result=None,
        error="",
        cancel_asked=False,
        sent_at=None,
        started_at=None,
        ended_at=None,
    )
    if again:
        transaction.on_commit(lambda: send(job))
    return bool(again)


def send(job: Job) -> None:
    """Wake a worker up for a job. A broker that cannot be reached is no harm: the sweeper tries again."""
    Job.objects.filter(pk=job.pk).update(sent_at=Now())
    try:
        current_app.send_task(TASK, (str(job.pk),), queue=job.queue, retry=False)
    except Exception:
        logger.warning(
            "the broker did not take the message of job %s; the sweeper will send it again", job.pk, exc_info=True
        )


def sweep() -> int:
    """Send again what nobody took up: jobs that wait with a lost message, and jobs whose worker died."""
    stale = Q(sent_at__isnull=True) | Q(sent_at__lt=Now() - RESEND_AFTER)
    waiting = Q(state=JobState.WAITING)
    died = Q(state=JobState.RUNNING, lease_until__lt=Now())
    jobs = list(Job.objects.filter(stale, waiting | died))
    for job in jobs:
        send(job)
    return len(jobs)


def ask_to_cancel(job: Job, by: User | None = None) -> None:
    """Stop a job and its parts: at once where they wait, at their next step where they run.

    It stands in the audit trail where there was something to stop.
    """
    asked = False
    parts = job.parts.filter(state__in=[JobState.WAITING, JobState.RUNNING]).order_by("pk")
    for one in (job.pk, *parts.values_list("pk", flat=True)):
        with transaction.atomic():
            locked = Job.objects.select_for_update(no_key=True).get(pk=one)
            if locked.state == JobState.WAITING:
                _stop(locked, JobState.CANCELLED)
            elif locked.state == JobState.RUNNING and not locked.cancel_asked:
                Job.objects.filter(pk=one).update(cancel_asked=True)
            else:
                continue
            if not asked:
                asked = True
                audit.record(by, job.project, "asked a job to stop", job=str(job.pk), title=job.title)


def free(holder: str, dead: Callable[[int], bool] = lambda process: True) -> int:
    """Give up the leases of a worker's processes that have died, and wake somebody up; return how many there were.

    This is done once for a job. One that has killed two processes waits until its lease has run out: what is wrong with the
    machine has some time to pass before the job counts as one that kills every worker.

    Args:
        holder: the worker's name.
        dead: says of a process of it whether it has died. Of a worker that starts again, all have.
    """
    held = Job.objects.filter(state=JobState.RUNNING, holder=holder, lease_until__gt=Now(), attempts=1)
    freed = 0
    for job in held:
        if job.holder_process is None or dead(job.holder_process):
            mine = Job.objects.filter(pk=job.pk, lease_token=job.lease_token, state=JobState.RUNNING)
            if mine.update(lease_until=Now() - timedelta(seconds=1)):
                freed += 1
                send(job)
    return freed


def run(job_id: uuid.UUID | str, holder: str = "") -> None:
    """Do the work of the jobs of this queue whose worker died, then of the one named.

    Args:
        job_id: the job whose message came.
        holder: the name of the worker that runs this.
    """
    queue = Job.objects.filter(pk=job_id).values_list("queue", flat=True).first()
    if queue is None:
        return
    died = Job.objects.filter(state=JobState.RUNNING, queue=queue, lease_until__lt=Now()).exclude(pk=job_id)
    for one in (*died.order_by("created_at").values_list("pk", flat=True), job_id):
        _run(one, holder)


def _run(job_id: uuid.UUID | str, holder: str) -> None:
    """Claim a job and do its work; do nothing where someone else has it or it is over."""
    work = _claim(job_id, holder)
    if work is None:
        return
    try:
        with work.heartbeat():
            work.check()
            _handlers[work.job.kind](work)
            if not work.finished:
                with work.finish():
                    pass
    except LeaseLost:
        logger.warning("job %s went to another worker", work.job.pk)
    except Cancelled:
        _end(work, JobState.CANCELLED)
    except (OperationalError, InterfaceError):
        # The database went away, not the work: the lease runs out and the job is taken up again.
        logger.warning("job %s lost the database and is left to the sweeper", work.job.pk, exc_info=True)
    except JobProblem as problem:
        _end(work, JobState.FAILED, str(problem))
    except Exception as error:
        logger.exception("job %s failed", work.job.pk)
        _end(
            work,
            JobState.FAILED,
            f"Something went wrong on our side ({type(error).__name__}). Nothing was half-written.",
        )


def _claim(job_id: uuid.UUID | str, holder: str) -> "Work | None":
    token = uuid.uuid4()
    free = Q(state=JobState.WAITING) | Q(state=JobState.RUNNING, lease_until__lt=Now())
    claimed = Job.objects.filter(free, pk=job_id).update(
        state=JobState.RUNNING,
        lease_token=token,
        lease_until=_lease_end(),
        holder=holder[:200],
        holder_process=os.getpid(),
        attempts=F("attempts") + 1,
        started_at=Coalesce(F("started_at"), Now()),
        message="",
    )
    if not claimed:
        return None
    job = Job.objects.select_related("project", "created_by").get(pk=job_id)
    work = Work(job, token)
    if job.attempts > MOST_ATTEMPTS:
        _end(work, JobState.FAILED, f"The machine died {MOST_ATTEMPTS} times at this work, so it is not tried again.")
        return None
    return work


def _end(work: "Work", state: str, error: str = "") -> None:
    with transaction.atomic():
        job = (
            Job.objects.select_for_update(no_key=True)
            .filter(pk=work.job.pk, lease_token=work.token, state=JobState.RUNNING)
            .first()
        )
        if job:
            _stop(job, state, error)


def _stop(job: Job, state: str, error: str = "") -> None:
    Job.objects.filter(pk=job.pk).update(state=state, error=error, ended_at=Now(), lease_token=None, lease_until=None)
    if ending := _endings.get(job.kind):
        job.refresh_from_db()
        ending(job)


def _lease_end() -> Any:
    return Now() + timedelta(seconds=LEASE_SHARE * settings.JOB_LEASE_SECONDS)


class Work:
    """A job in a worker's hands."""

    def __init__(self, job: Job, token: uuid.UUID) -> None:
        self.job, self.token = job, token
        self.finished = False
        self._lost = threading.Event()
        self._cancel = threading.Event()
        self._written = 0.0

    @property
    def arguments(self) -> dict[str, Any]:
        """What the job was asked to do."""
        return self.job.arguments

    def check(self) -> None:
        """Raise Cancelled or LeaseLost where the work must not go on. Cheap: call it between any two steps."""
        if self._lost.is_set():
            raise LeaseLost
        if self._cancel.is_set():
            raise Cancelled

    def report(self, done: int, total: int, message: str = "") -> None:
        """Say how far the work is, at most twice a second, and check that it may go on."""
        self.check()
        now = time.monotonic()
        if now - self._written < 0.5 and done < total:
            return
        self._written = now
        mine = Job.objects.filter(pk=self.job.pk, lease_token=self.token, state=JobState.RUNNING)
        if not mine.update(done=done, total=total, message=message[:300]):
            self._lost.set()
        self.check()

    @contextmanager
    def finish(self, result: Any = None) -> Iterator[dict[str, Any]]:
        """Open the transaction in which the result is written and the job ends, together or not at all.

        Yields a dict that may be filled with what the page should say. Raises LeaseLost where another worker has the job.
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
        """Renew the lease from a thread of its own while the work goes on, and listen for a wish to stop."""
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
                        if not mine.update(lease_until=_lease_end()):
                            self._lost.set()
                            return
                    if mine.filter(cancel_asked=True).exists():
                        self._cancel.set()
                except Exception:
                    logger.warning("heartbeat of job %s missed", self.job.pk, exc_info=True)
                    connection.close()
        finally:
            connection.close()
