"""The money of a batch: what is reserved for it in its own account, and what is available to be reserved."""

import uuid
from decimal import Decimal
from typing import Any

from annotator.models import Batch, User
from workers.budget import ledger
from workers.budget.models import Account, AccountName, EntryKind


def available_money(project_id: int) -> Decimal:
    """Return what a project may still hold or spend."""
    return ledger.account(project_id, AccountName.AVAILABLE).balance


def set_reserved(batch: Batch, price: Decimal, more: Decimal, by: User | None) -> None:
    """Hold `more` for a batch, or less if it is negative, at a price per slot."""
    if more >= 0:
        hold(batch, price, min(more, available_money(batch.question.project_id)), by)
        return
    reserved, available = _accounts(batch, price)
    ledger.move(
        reserved,
        available,
        min(-more, reserved.balance),
        EntryKind.RELEASE,
        f"release:{batch.pk}:{uuid.uuid4()}",
        **_links(batch, by),
    )


def hold(batch: Batch, price: Decimal, amount: Decimal, by: User | None) -> None:
    """Hold an amount for a batch, at a price per slot."""
    reserved, available = _accounts(batch, price)
    if amount > 0:
        ledger.move(
            available, reserved, amount, EntryKind.RESERVE, f"reserve:{batch.pk}:{uuid.uuid4()}", **_links(batch, by)
        )


def _accounts(batch: Batch, price: Decimal) -> tuple[Account, Account]:
    project = batch.question.project_id
    reserved = ledger.account(project, AccountName.RESERVED, batch=batch)
    if reserved.slot_price != price:
        Account.objects.filter(pk=reserved.pk).update(slot_price=price)
    return reserved, ledger.account(project, AccountName.AVAILABLE)


def _links(batch: Batch, by: User | None) -> dict[str, Any]:
    return {"question": batch.question_id, "batch": batch.pk, "by": by.pk if by else None}
