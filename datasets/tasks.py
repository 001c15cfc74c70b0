"""The Celery tasks of this app."""

from celery import shared_task

from datasets import jobs


@shared_task(name="datasets.refresh_labels")
def refresh_labels() -> None:
    """Ask for a job for each question that got answers which its labels do not know of."""
    jobs.ask_refreshes()
