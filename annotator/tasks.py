"""The Celery tasks of this app: thin, each calls one plain function."""

import logging
from typing import Any

from celery import Task, shared_task, signals
from celery.exceptions import WorkerLostError
from django.db import connection

from annotator import jobs, queue
from annotator.hooks import deliveries
from annotator.items import stored_files
from annotator.jobs import heard
from annotator.quality import answer_checks, worker_rules
from annotator.queue import batches

logger = logging.getLogger(__name__)


@shared_task(name=jobs.TASK, bind=True)
def run_job(self: Task, job_id: str) -> None:
    """Do the work of a job."""
    jobs.run(job_id, self.request.hostname or "")


@signals.celeryd_after_setup.connect
def _after_start(sender: str, **named: Any) -> None:
    """Free the jobs that the worker of this name held before it was killed."""
    _free(sender)


@signals.task_failure.connect
def _after_failure(sender: Task, exception: BaseException, **named: Any) -> None:
    """Free the jobs that a killed process of this worker held. Runs in the worker's main process."""
    if isinstance(exception, WorkerLostError):
        _free(sender.request.hostname or "", jobs.has_ended)


def _free(holder: str, *dead: Any) -> None:
    try:
        jobs.free(holder, *dead)
    except Exception:  # the leases run out by themselves
        logger.warning("the jobs of %s were not freed", holder, exc_info=True)
    finally:
        connection.close()  # processes that are forked later must not share it


@shared_task(name="annotator.sweep_jobs")
def sweep_jobs() -> None:
    """Send lost messages again."""
    jobs.sweep()


@shared_task(name="annotator.record_heard")
def record_heard(queue: str) -> None:
    """Record that a message from beat was taken from a queue."""
    heard.record(queue)


@shared_task(name="annotator.free_expired_leases")
def free_expired_leases() -> None:
    """Free the slots of expired leases, apply the rules that a dead process left unapplied, and record finished batches."""
    while queue.free_expired():
        pass
    answer_checks.check_answers()
    for standing in worker_rules.unjudged():
        worker_rules.apply_rules(standing)
    batches.note_finished()


@shared_task(name="annotator.check_answers")
def check_answers() -> None:
    """Check accepted answers against known answers and against each other."""
    while answer_checks.check_answers():
        pass


@shared_task(name="annotator.deliver_webhooks")
def deliver_webhooks() -> None:
    """Send the webhook deliveries that are due."""
    deliveries.deliver_due()


@shared_task(name="annotator.delete_old_files")
def delete_old_files() -> None:
    """Delete the files of imports that ended some days ago."""
    stored_files.delete_old()
