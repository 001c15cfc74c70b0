"""The runner: it claims a free job, calls the function that does its work, and stores how it ended."""

import logging
import os
import uuid

from django.db import InterfaceError, OperationalError
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now

from annotator.jobs import leases
from annotator.jobs.endings import end
from annotator.jobs.registry import handlers
from annotator.jobs.work import Cancelled, JobProblem, LeaseLost, Work
from annotator.models import Job
from annotator.models.job import JobState
from annotator.server.database_errors import FULL, is_full

logger = logging.getLogger(__name__)
MOST_ATTEMPTS = 5
CONTINUE = "Then continue or start it again: what it has stored is complete."


def run(job_id: uuid.UUID | str, holder: str = "") -> None:
    """Run the jobs of this queue whose worker died, and then the named job.

    A job that a killed process of this worker held is free at once: its lease would let it wait until the named job has ended.

    Args:
        job_id: the job whose message arrived.
        holder: the name of the worker that runs this.
    """
    queue = Job.objects.filter(pk=job_id).values_list("queue", flat=True).first()
    if queue is None:
        return
    if holder:
        leases.free(holder, leases.has_ended)
    died = Job.objects.filter(state=JobState.RUNNING, queue=queue, lease_until__lt=Now()).exclude(pk=job_id)
    for one in (*died.order_by("created_at").values_list("pk", flat=True), job_id):
        _run(one, holder)


def _run(job_id: uuid.UUID | str, holder: str) -> None:
    """Claim a job and do its work; do nothing if another worker has it or it is over."""
    work = _claim(job_id, holder)
    if work is None:
        return
    try:
        with work.heartbeat():
            work.check()
            handlers[work.job.kind](work)
            if not work.finished:
                with work.finish():
                    pass
    except LeaseLost:
        logger.warning("job %s went to another worker", work.job.pk)
    except Cancelled:
        end(work, JobState.CANCELLED)
    except JobProblem as problem:
        end(work, JobState.FAILED, str(problem))
    except Exception as error:
        _broken(work, error)


def _broken(work: Work, error: Exception) -> None:
    """End a job, or leave it to the sweeper, after an error that is no fault of the work itself or of whoever asked for it."""
    if is_full(error):
        logger.error("job %s found a full disk: %s", work.job.pk, error)
        end(work, JobState.FAILED, f"{FULL} {CONTINUE}")
    elif isinstance(error, OperationalError | InterfaceError):
        # The database is gone, but the work is fine: the lease runs out and the job is run again.
        logger.warning("job %s lost the database and is left to the sweeper", work.job.pk, exc_info=error)
    else:
        logger.error("job %s failed", work.job.pk, exc_info=error)
        reason = f"Something went wrong on our side ({type(error).__name__}). Nothing was half-written."
        end(work, JobState.FAILED, reason)


def _claim(job_id: uuid.UUID | str, holder: str) -> Work | None:
    token = uuid.uuid4()
    free = Q(state=JobState.WAITING) | Q(state=JobState.RUNNING, lease_until__lt=Now())
    claimed = Job.objects.filter(free, pk=job_id).update(
        state=JobState.RUNNING,
        lease_token=token,
        lease_until=leases.lease_end(),
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
        end(work, JobState.FAILED, f"The machine died {MOST_ATTEMPTS} times at this work, so it is not tried again.")
        return None
    return work
