"""The Celery tasks of this app."""

from celery import shared_task

from datasets import labels


@shared_task(name="datasets.refresh_labels")
def refresh_labels() -> None:
    """Compute the labels of questions that have answers their labels do not know of."""
    for question in labels.stale():
        labels.refresh(question)
