"""Whether workers still take messages from a queue: beat sends each queue a small message, and the time it was taken is kept."""

import logging
import time
from datetime import timedelta

from django.core.cache import cache
from django.db.models import Q
from django.db.models.functions import Now

from annotator.models import Job
from annotator.models.job import JobState
from annotator.server import health

logger = logging.getLogger(__name__)
SECONDS = 60  # without a message taken


def record(queue: str) -> None:
    """Record that a message from beat was taken from a queue."""
    cache.set(_key(queue), time.time(), 24 * 3600)


def silent(queue: str) -> bool:
    """Check whether nothing was taken from a queue for a minute, although no job keeps its workers busy.

    A worker at a long job takes no messages, but it renews the lease of its job. If the database cannot be asked, nothing is
    known: return False.
    """
    try:
        return time.time() - cache.get(_key(queue), 0) > SECONDS and not _busy(queue)
    except Exception:
        logger.warning("it is not known whether the queue %s is silent", queue, exc_info=True)
        return False


def _busy(queue: str) -> bool:
    """Check whether a job of a queue runs, or has ended so recently that no message can have come since."""
    runs = Q(state=JobState.RUNNING, lease_until__gt=Now())
    ended = Q(ended_at__gt=Now() - timedelta(seconds=SECONDS))
    return Job.objects.filter(runs | ended, queue=queue).exists()


def _key(queue: str) -> str:
    return f"heard-{queue}"


def _beat() -> None:
    if silent("housekeeping"):
        raise RuntimeError("beat has not been heard")


def _worker() -> None:
    if silent("default"):
        raise RuntimeError("no worker takes jobs from the queue default")


health.PARTS |= {"beat": _beat, "worker": _worker}
