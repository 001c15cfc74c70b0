"""The Celery tasks of this app."""

import logging

from celery import shared_task

from datasets import labels

log = logging.getLogger(__name__)


@shared_task(name="datasets.refresh_labels")
def refresh_labels() -> None:
    """Compute the labels of questions that have answers their labels do not know of.

    A question that fails is told of and does not hold the others up.
    """
    for question in labels.stale():
        try:
            labels.refresh(question)
        except Exception:
            log.exception("The labels of question %s could not be computed.", question.pk)
