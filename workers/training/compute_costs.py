"""Money for computing: reserved before a training starts, charged by the second when a run ends; the rest is released."""

from collections.abc import Sequence
from decimal import ROUND_UP, Decimal
from typing import Protocol

from django.db import transaction

from annotator.models import Project
from annotator.money import money_text
from annotator.refusal import Refused
from datasets.models import Version
from workers.budget import ledger, stopped
from workers.budget.amounts import SMALLEST, rounded_down, rounded_up
from workers.budget.charges import spend
from workers.budget.models import AccountName, Entry, EntryKind, Machine

PER_HOUR = Decimal(3600)


class Run(Protocol):
    """The part of a training run that this module needs. `models.TrainingRun` has the rest."""

    pk: int
    version: Version
    device: str
    seconds: float
    reserved: Decimal
    cost: Decimal | None


def price_a_second(project: Project, device: str) -> Decimal:
    """Return what a second costs on the machine chosen for a device."""
    return _machine(project, device).price / PER_HOUR


def cost(project: Project, device: str, seconds: float) -> Decimal:
    """Return what a number of seconds of computing costs, in the project's currency, rounded up."""
    return (price_a_second(project, device) * Decimal(str(round(seconds, 3)))).quantize(SMALLEST, ROUND_UP)


def available(project: Project) -> Decimal:
    """Return the project's available money."""
    return ledger.account(project.pk, AccountName.AVAILABLE).balance


def hold(project: Project, runs: Sequence[Run]) -> None:
    """Reserve the most that the runs may cost (`reserved` of each), for all of them or none.

    Raises Refused if the budget does not cover it or the project was stopped.
    """
    total = sum((run.reserved for run in runs), Decimal(0))
    with transaction.atomic():
        ledger.lock(project.pk)
        stopped.refuse_new_work(project.pk)
        if total > (there := available(project)):
            may = money_text(rounded_up(total, project.currency), project.currency)
            available_now = money_text(rounded_down(there, project.currency), project.currency)
            raise Refused(
                f"This training may cost up to {may}, and {available_now} is available. Add funds, and start it again.",
                "budget_missing",
            )
        source, target = (ledger.account(project.pk, name) for name in (AccountName.AVAILABLE, AccountName.TRAINING))
        for run in runs:
            if run.reserved > 0:
                ledger.post(
                    source, target, [(f"reserve:run:{run.pk}", run.reserved, "")], EntryKind.RESERVE, **_links(run)
                )


def charge_run(run: Run) -> Decimal:
    """Charge the seconds of a training run that has ended and return the amount. Does so only once.

    Money reserved beyond the amount is released. If the run cost more than was reserved, the difference is paid from
    available money; what available money does not cover becomes an overdraft.
    """
    project = run.version.project
    machine = _machine(project, run.device or "cpu")
    amount = (machine.price * Decimal(str(round(run.seconds, 3))) / PER_HOUR).quantize(SMALLEST)
    memo = f"{run.seconds:.1f} s on {machine.name}{' at its spot price' if machine.spot else ''}"
    idempotency_key, release = f"run:{run.pk}", f"release:run:{run.pk}"
    with transaction.atomic():
        ledger.lock(project.pk)
        if Entry.objects.filter(
            idempotency_key__in=[
                idempotency_key,
                f"{idempotency_key}:rest",
                f"{idempotency_key}:rest:overdraft",
                release,
            ]
        ).exists():
            return run.cost or amount
        reserved = ledger.account(project.pk, AccountName.TRAINING)
        of_reserved = min(amount, run.reserved)
        if of_reserved > 0:
            compute = ledger.account(project.pk, AccountName.COMPUTE)
            ledger.post(reserved, compute, [(idempotency_key, of_reserved, memo)], EntryKind.COMPUTE, **_links(run))
        rest = amount - of_reserved
        spend(
            project,
            AccountName.COMPUTE,
            rest,
            EntryKind.COMPUTE,
            f"{idempotency_key}:rest",
            memo,
            owe=True,
            **_links(run),
        )
        if run.reserved > of_reserved:
            back = ledger.account(project.pk, AccountName.AVAILABLE)
            ledger.post(reserved, back, [(release, run.reserved - of_reserved, "")], EntryKind.RELEASE, **_links(run))
    return amount


def _machine(project: Project, device: str) -> Machine:
    return Machine.objects.get(project=project, device=device, chosen=True)


def _links(run: Run) -> dict[str, int]:
    return {"run": run.pk, "question": run.version.question_id}
