"""Requests for jobs: once, or again and again for recurring work."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from annotator.jobs.messages import send
from annotator.models import Job, Project, User
from annotator.models.job import JobState

AGAIN_AFTER = timedelta(minutes=5)  # how long recurring work rests after it failed or was cancelled


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
    """Request a job and return its row. For an idempotency key that was used before, return the existing row."""
    values = {"queue": queue, "created_by": user, "total": total, "parent": parent}
    return _submit(project, kind, title, idempotency_key, arguments, **values)[0]


def _submit(
    project: Project, kind: str, title: str, idempotency_key: str, arguments: dict[str, Any] | None, **values: Any
) -> tuple[Job, bool]:
    """Return the row of an idempotency key, and whether it was created now."""
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
    """Request a job that recurs; return whether it was requested now. It has one row, which is reused.

    While it waits or runs, it is not requested again. After it failed or was cancelled, it rests for `AGAIN_AFTER`.
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
