"""Endings without a result: jobs that failed or were cancelled."""

from django.db import transaction
from django.db.models.functions import Now

from annotator import audit
from annotator.jobs.registry import endings
from annotator.jobs.work import Work
from annotator.models import Job, User
from annotator.models.job import OPEN, JobState


def ask_to_cancel(job: Job, by: User | None = None) -> None:
    """Cancel a job and its parts: at once if they are waiting, at their next step if they are running.

    The request is recorded in the audit trail if there was something to cancel.
    """
    asked = False
    parts = job.parts.filter(state__in=OPEN).order_by("pk")
    for one in (job.pk, *parts.values_list("pk", flat=True)):
        with transaction.atomic():
            locked = Job.objects.select_for_update(no_key=True).get(pk=one)
            if locked.state == JobState.WAITING:
                stop(locked, JobState.CANCELLED)
            elif locked.state == JobState.RUNNING and not locked.cancel_asked:
                Job.objects.filter(pk=one).update(cancel_asked=True)
            else:
                continue
            if not asked:
                asked = True
                audit.record(by, job.project, "asked a job to stop", job=str(job.pk), title=job.title)


def end(work: Work, state: str, error: str = "") -> None:
    """End a job that this worker still holds, as failed or cancelled."""
    with transaction.atomic():
        job = (
            Job.objects.select_for_update(no_key=True)
            .filter(pk=work.job.pk, lease_token=work.token, state=JobState.RUNNING)
            .first()
        )
        if job:
            stop(job, state, error)


def stop(job: Job, state: str, error: str = "") -> None:
    """Store that a job ended without a result and call its ending function. The caller's transaction has locked the row."""
    Job.objects.filter(pk=job.pk).update(state=state, error=error, ended_at=Now(), lease_token=None, lease_until=None)
    if ending := endings.get(job.kind):
        job.refresh_from_db()
        ending(job)
