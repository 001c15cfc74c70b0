"""The messages that wake workers, and the sweep that sends lost messages again."""

import logging
from datetime import timedelta

from celery import current_app
from django.db.models import Q
from django.db.models.functions import Now

from annotator.models import Job
from annotator.models.job import JobState

logger = logging.getLogger(__name__)
TASK = "annotator.run_job"
RESEND_AFTER = timedelta(seconds=20)


def send(job: Job) -> None:
    """Wake a worker for a job. If the broker cannot be reached, the sweeper tries again later."""
    Job.objects.filter(pk=job.pk).update(sent_at=Now())
    try:
        current_app.send_task(TASK, (str(job.pk),), queue=job.queue, retry=False)
    except Exception:
        logger.warning(
            "the broker did not take the message of job %s; the sweeper will send it again", job.pk, exc_info=True
        )


def sweep() -> int:
    """Send messages again for waiting jobs whose message was lost and for jobs whose worker died; return how many."""
    stale = Q(sent_at__isnull=True) | Q(sent_at__lt=Now() - RESEND_AFTER)
    waiting = Q(state=JobState.WAITING)
    died = Q(state=JobState.RUNNING, lease_until__lt=Now())
    jobs = list(Job.objects.filter(stale, waiting | died))
    for job in jobs:
        send(job)
    return len(jobs)
