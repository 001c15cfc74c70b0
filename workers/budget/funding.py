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

    What is owed beyond the budget is settled first; then work that waits for money is covered. After a stop, money goes in only
    to settle what is owed.
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
    owed = rounded_up(-ledger.account(project.pk, AccountName.OVERDRAFT).balance, project.currency)
    if not owed:
        raise BadAmount(f"{stopped.sentence(gate)} No more money goes in.")
    if amount > owed:
        most = money_text(owed, project.currency)
        raise BadAmount(f"{stopped.sentence(gate)} Money goes in only to settle what is owed: at most {most}.")


def left_key(gate: Gate) -> str:
    """Return the idempotency key of the entry that takes out the free money when a gate stopped its project."""
    return f"gate:{gate.pk}:left"


def within_reach(project: Project) -> Decimal:
    """Return what the project can pay for work that is done: free money and, after a stop, what the stop took out."""
    free = ledger.account(project.pk, AccountName.AVAILABLE).balance
    gate = stopped.stop_of(project.pk)
    return free + (_left_of(gate) if gate else Decimal(0))


def _left_of(gate: Gate) -> Decimal:
    entries = Entry.objects.filter(project=gate.phase.project_id)
    taken = entries.filter(idempotency_key=left_key(gate)).aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    back = entries.filter(idempotency_key__startswith=f"gate:{gate.pk}:back:").aggregate(sum=Sum("amount"))[
        "sum"
    ] or Decimal(0)
    return Decimal(taken - back)


def bring_back(project: Project, due: Decimal, by: User | None) -> None:
    """After a stop, bring back as much of what it took out as is missing to pay `due`, or nothing if that is too little.

    Called in the transaction that pays.
    """
    gate = stopped.stop_of(project.pk)
    if gate is None:
        return
    ledger.lock(project)  # keeps the free money as it is read
    free = ledger.account(project.pk, AccountName.AVAILABLE)
    missing = due - free.balance
    if 0 < missing <= _left_of(gate):
        idempotency_key, memo = f"gate:{gate.pk}:back:{uuid.uuid4()}", "Back for work done before the stop"
        funding = ledger.account(project.pk, AccountName.FUNDING)
        ledger.move(funding, free, missing, EntryKind.FUNDING, idempotency_key, memo, by=by.pk if by else None)


def put_in(
    project: Project, amount: Decimal, by: User | None, idempotency_key: str, memo: str = "", **links: int
) -> Entry:
    """Write money from outside into the ledger, settle what is owed, and return the entry.

    The caller has checked that it may come in.
    """
    named: dict[str, Any] = {"by": by.pk if by else None} | links
    free = ledger.account(project.pk, AccountName.AVAILABLE)
    entry = ledger.move(
        ledger.account(project.pk, AccountName.FUNDING), free, amount, EntryKind.FUNDING, idempotency_key, memo, **named
    )
    owed = ledger.account(project.pk, AccountName.OVERDRAFT)
    free.refresh_from_db()
    settled = min(-owed.balance, free.balance)
    if settled > 0:
        ledger.move(free, owed, settled, EntryKind.SETTLEMENT, f"settlement:{entry.pk}", **named)
    return entry


def cut(project: Project, amount: Decimal, by: User | None, idempotency_key: str, memo: str = "") -> Entry:
    """Take money out of the budget again. Raises BadAmount if it is spent or held already."""
    amount = checked(amount, project.currency)
    free, funding = (ledger.account(project.pk, name) for name in (AccountName.AVAILABLE, AccountName.FUNDING))
    try:
        with transaction.atomic():
            if known := ledger.claimed(project, "withdrawal", idempotency_key.rpartition(":")[2], amount, memo):
                return known
            entry = ledger.move(
                free, funding, amount, EntryKind.WITHDRAWAL, idempotency_key, memo, by=by.pk if by else None
            )
            audit.record(by, project, "took money back", amount=str(entry.amount))
            return entry
    except IntegrityError:
        found = ledger.totals(project)
        said = {name: money_text(found[name], project.currency) for name in ("spent", "held")}
        said["free"] = money_text(rounded_down(found["free"], project.currency), project.currency)
        raise BadAmount(
            f"At most {said['free']} can be taken back: {said['spent']} is spent, and {said['held']} is held for open work."
        ) from None
