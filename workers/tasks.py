"""The Celery tasks of this app. Each is thin and calls one plain function."""

from celery import shared_task

from workers.budget import reservations
from workers.phases import alerts, reports


@shared_task(name="workers.settle_money")
def settle_money() -> None:
    """Release what is held for finished work, and cover what waits for money."""
    reservations.sweep()


@shared_task(name="workers.watch_phases")
def watch_phases() -> None:
    """Alert managers when money or time runs out."""
    alerts.watch()


@shared_task(name="workers.weekly_reports")
def weekly_reports() -> None:
    """Write last week's report, once per project, and send it."""
    reports.write_due()
    reports.send()
