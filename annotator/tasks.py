"""The Celery tasks of this app: thin, each calls one plain function."""

from celery import shared_task

from annotator import batches, jobs, queue
from annotator.hooks import delivering
from annotator.queue import judging
from annotator.server import health


@shared_task(name=jobs.TASK)
def run_job(job_id: str) -> None:
    """Do the work of a job."""
    jobs.run(job_id)


@shared_task(name="annotator.sweep_jobs")
def sweep_jobs() -> None:
    """Send again the messages that were lost, and note that beat was heard."""
    health.tick()
    jobs.sweep()


@shared_task(name="annotator.free_expired_leases")
def free_expired_leases() -> None:
    """Give back the places of people who left; draw what consequences a dead process left undrawn; note finished batches."""
    while queue.free_expired():
        pass
    judging.check_answers()
    for standing in judging.unjudged():
        judging.judge(standing)
    batches.note_finished()


@shared_task(name="annotator.check_answers")
def check_answers() -> None:
    """Compare accepted answers with known answers and with each other."""
    while judging.check_answers():
        pass


@shared_task(name="annotator.deliver_webhooks")
def deliver_webhooks() -> None:
    """Tell other systems what they wait to hear."""
    delivering.deliver_due()
