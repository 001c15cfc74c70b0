"""The Celery tasks of this app: thin, each calls one plain function."""

from celery import shared_task

from workers.budget import reservations
from workers.phases import alerts, reports


@shared_task(name="workers.settle_money")
def settle_money() -> None:
    """Free what is held for work that is over, and cover what waits for money."""
    reservations.sweep()


@shared_task(name="workers.watch_phases")
def watch_phases() -> None:
    """Tell managers when money or time runs out."""
    alerts.watch()


@shared_task(name="workers.weekly_reports")
def weekly_reports() -> None:
    """Write the report of the week that has ended, once a project, and send it."""
    reports.write_due()
    reports.send()
