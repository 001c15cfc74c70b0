"""The Celery tasks of this app: thin, each calls one plain function."""

from celery import shared_task

from annotator import jobs, queue


@shared_task(name=jobs.TASK)
def run_job(job_id: str) -> None:
    """Do the work of a job."""
    jobs.run(job_id)


@shared_task(name="annotator.sweep_jobs")
def sweep_jobs() -> None:
    """Send again the messages that were lost."""
    jobs.sweep()


@shared_task(name="annotator.free_expired_leases")
def free_expired_leases() -> None:
    """Give back the places of people who left."""
    queue.free_expired()
