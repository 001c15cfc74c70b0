"""The Celery tasks of this app."""

from celery import shared_task

from datasets import jobs


@shared_task(name="datasets.refresh_labels")
def refresh_labels() -> None:
    """Submit a job for each question with answers that its labels do not include yet."""
    jobs.ask_refreshes()
