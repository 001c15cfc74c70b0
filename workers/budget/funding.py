"""Money into the budget and out of it again."""

import uuid
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Sum

from annotator import audit
from annotator.models import Project, User
from annotator.money import money_text
from workers.budget import ledger, reservations, stopped
from workers.budget.amounts import BadAmount, checked, rounded_down, rounded_up
from workers.budget.models import AccountName, Entry, EntryKind
from workers.budget.phase import Gate, Phase


def fund(project: Project, amount: Decimal, by: User | None, idempotency_key: str, memo: str = "") -> Entry:
    """Add funds to a project's budget, for its current phase. Raises BadAmount, and Refused for an id used otherwise.

    The overdraft is settled first; then work that waits for money is covered. After a stop, money goes in only
    to settle the overdraft.
    """
    amount = checked(amount, project.currency)
    with transaction.atomic():
        # The gate locks the phase as well, so nothing is funded behind it.
        list(Phase.objects.select_for_update(of=("self",), no_key=True).filter(project=project, current=True))
        if known := ledger.claimed(project, "funding", idempotency_key.rpartition(":")[2], amount, memo):
            return known
        _refuse_after_stop(project, amount)
        entry = put_in(project, amount, by, idempotency_key, memo)
        audit.record(by, project, "put money in", amount=str(entry.amount))
    reservations.settle_waiting(project)
    return entry


def _refuse_after_stop(project: Project, amount: Decimal) -> None:
    gate = stopped.stop_of(project.pk)
    if gate is None:
        return
    overdraft = rounded_up(-ledger.account(project.pk, AccountName.OVERDRAFT).balance, project.currency)
    if not overdraft:
        raise BadAmount(f"{stopped.sentence(gate)} No more money goes in.")
    if amount > overdraft:
        most = money_text(overdraft, project.currency)
        raise BadAmount(f"{stopped.sentence(gate)} Money goes in only to settle the overdraft: at most {most}.")


def left_key(gate: Gate) -> str:
    """Return the idempotency key of the entry that takes out the available money when a gate stopped its project."""
    return f"gate:{gate.pk}:left"


def within_reach(project: Project) -> Decimal:
    """Return what the project can pay for work that is done: available money and, after a stop, what the stop took out."""
    available = ledger.account(project.pk, AccountName.AVAILABLE).balance
    gate = stopped.stop_of(project.pk)
    return available + (_left_of(gate) if gate else Decimal(0))


def _left_of(gate: Gate) -> Decimal:
    entries = Entry.objects.filter(project=gate.phase.project_id)
    taken = entries.filter(idempotency_key=left_key(gate)).aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    back = entries.filter(idempotency_key__startswith=f"gate:{gate.pk}:back:").aggregate(sum=Sum("amount"))[
        "sum"
    ] or Decimal(0)
    return Decimal(taken - back)


def bring_back(project_id: int, due: Decimal, by: User | None) -> None:
    """After a stop, bring back as much of what it took out as is missing to pay `due`, or nothing if that is too little.

    Called in the transaction that pays.
    """
    gate = stopped.stop_of(project_id)
    if gate is None:
        return
    ledger.lock(project_id)  # keeps the available money as it is read
    available = ledger.account(project_id, AccountName.AVAILABLE)
    missing = due - available.balance
    if 0 < missing <= _left_of(gate):
        idempotency_key, memo = f"gate:{gate.pk}:back:{uuid.uuid4()}", "Back for work done before the stop"
        funding = ledger.account(project_id, AccountName.FUNDING)
        ledger.move(funding, available, missing, EntryKind.FUNDING, idempotency_key, memo, by=by.pk if by else None)


def put_in(
    project: Project, amount: Decimal, by: User | None, idempotency_key: str, memo: str = "", **links: int
) -> Entry:
    """Write money from outside into the ledger, settle the overdraft, and return the entry.

    The caller has checked that it may come in.
    """
    named: dict[str, Any] = {"by": by.pk if by else None} | links
    available = ledger.account(project.pk, AccountName.AVAILABLE)
    entry = ledger.move(
        ledger.account(project.pk, AccountName.FUNDING),
        available,
        amount,
        EntryKind.FUNDING,
        idempotency_key,
        memo,
        **named,
    )
    overdraft = ledger.account(project.pk, AccountName.OVERDRAFT)
    available.refresh_from_db()
    settled = min(-overdraft.balance, available.balance)
    if settled > 0:
        ledger.move(available, overdraft, settled, EntryKind.SETTLEMENT, f"settlement:{entry.pk}", **named)
    return entry


def cut(project: Project, amount: Decimal, by: User | None, idempotency_key: str, memo: str = "") -> Entry:
    """Take money out of the budget again. Raises BadAmount if it is spent or reserved already."""
    amount = checked(amount, project.currency)
    available, funding = (ledger.account(project.pk, name) for name in (AccountName.AVAILABLE, AccountName.FUNDING))
    try:
        with transaction.atomic():
            if known := ledger.claimed(project, "withdrawal", idempotency_key.rpartition(":")[2], amount, memo):
                return known
            entry = ledger.move(
                available, funding, amount, EntryKind.WITHDRAWAL, idempotency_key, memo, by=by.pk if by else None
            )
            audit.record(by, project, "took money back", amount=str(entry.amount))
            return entry
    except IntegrityError:
        found = ledger.totals(project)
        said = {name: money_text(found[name], project.currency) for name in ("spent", "reserved")}
        said["available"] = money_text(rounded_down(found["available"], project.currency), project.currency)
        raise BadAmount(
            f"At most {said['available']} can be taken back: {said['spent']} is spent, "
            f"and {said['reserved']} is reserved for open work."
        ) from None
