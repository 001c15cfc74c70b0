"""What a manager sets about pay and prices. Each function records in the audit trail what it did."""

from decimal import Decimal

from django.db import transaction

from annotator import audit
from annotator.models import Batch, Project, User
from annotator.people.imported import refuse_imported
from workers.budget import reservations
from workers.budget.models import BudgetSettings, Machine, Pay, PayMode


def save_settings(changed: BudgetSettings, by: User) -> None:
    """Save a project's wage floor and who gets alerts."""
    with transaction.atomic():
        changed.save()
        floor = str(changed.wage_floor)
        audit.record(by, changed.project, "set the wage floor and who is told", floor=floor)


def set_pay(
    project: Project, worker: User, by: User, mode: str, hourly: Decimal, most_minutes: Decimal, daily_hours: Decimal
) -> None:
    """Set how a person is paid from now on: by the answer, by the hour, or not from this budget.

    Args:
        hourly: money per hour; it counts only by the hour.
        most_minutes: the most time of one answer that is paid.
        daily_hours: the most time of a day that is paid.

    Raises Refused for somebody of another system.
    """
    refuse_imported(worker)
    with transaction.atomic():
        Pay.objects.update_or_create(
            project=project,
            worker=worker,
            defaults={
                "mode": mode,
                "hourly": hourly if mode == PayMode.HOUR else 0,
                "most_seconds": int(most_minutes * 60),
                "daily_hours": round(daily_hours, 2),
            },
        )
        audit.record(
            by,
            project,
            "changed how a person is paid",
            worker=worker.username,
            mode=mode,
            hourly=str(hourly),
            most_minutes=str(most_minutes),
            daily_hours=str(daily_hours),
        )
    for batch in Batch.objects.filter(question__project=project, state__in=reservations.OUT).order_by("pk"):
        reservations.settle(batch)  # an answer may now cost another amount


def save_machine(changed: Machine, by: User) -> None:
    """Save a machine and its prices. A newly chosen one replaces the chosen one of its device, and each device has one.

    Raises IntegrityError if the project has a machine of this name.
    """
    project = changed.project
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)  # two that choose one wait
        same_device = project.machines.filter(device=changed.device).exclude(pk=changed.pk)
        if changed.chosen:
            same_device.update(chosen=False)
        elif not same_device.filter(chosen=True).exists():
            changed.chosen = True  # each device needs a price
        changed.save()
        audit.record(by, project, "changed a machine's prices", machine=changed.name)
