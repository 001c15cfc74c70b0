"""Leases: until when a worker has a job, and what becomes of those whose worker has died."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models.functions import Now

from annotator.jobs.messages import send
from annotator.models import Job
from annotator.models.job import JobState

# The lease ends this much before JOB_LEASE_SECONDS are over, so that the sweep (every five seconds) is within them too.
LEASE_SHARE = 0.8


def lease_end() -> Any:
    """Return when a lease that is taken or renewed now ends."""
    return Now() + timedelta(seconds=LEASE_SHARE * settings.JOB_LEASE_SECONDS)


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
