"""Leases of jobs: how long a worker holds a job, and what happens to the jobs of dead workers."""

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models.functions import Now

from annotator.jobs.messages import send
from annotator.models import Job
from annotator.models.job import JobState

# The lease is this share of JOB_LEASE_SECONDS, so that the sweep (every five seconds) still falls within them.
LEASE_SHARE = 0.8


def lease_end() -> Any:
    """Return the end of a lease that is taken or renewed now."""
    return Now() + timedelta(seconds=LEASE_SHARE * settings.JOB_LEASE_SECONDS)


def has_ended(process: int) -> bool:
    """Check whether a process of this machine has ended, by its id."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return False


def free(holder: str, dead: Callable[[int], bool] = lambda process: True) -> int:
    """End the leases of a worker's dead processes and wake another worker; return how many there were.

    This is done once per job. A job that has killed two processes waits until its lease runs out, so that a problem of the
    machine has time to pass before the job counts as one that kills every worker.

    Args:
        holder: the worker's name.
        dead: returns whether one of its processes has died. When a worker starts again, all of them have.
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
