"""The ledger's only door: every movement of money passes through these functions."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from django.db.models import DecimalField, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from annotator import sql
from annotator.models import Project, User
from workers.budget.models import Account, AccountName, Entry, Kind, Machine

SMALLEST = Decimal("0.000001")
MOST = Decimal("1000000000")
DEFAULT_HOURLY_PRICES = {"cpu": Decimal("0.10"), "cuda": Decimal("1.50")}


_POST = """
INSERT INTO workers_entry (
    project_id, source_id, target_id, amount, currency, kind, cause, memo, question_id, worker_id, run_id, created_at)
SELECT s.project_id, s.id, t.id, e.amount, %(currency)s::text, %(kind)s::text, e.cause, e.memo,
       %(question)s::bigint, %(worker)s::bigint, %(run)s::bigint, now()
FROM unnest(%(causes)s::text[], %(amounts)s::numeric[], %(memos)s::text[]) AS e(cause, amount, memo),
     workers_account s, workers_account t
WHERE s.project_id = %(project)s::bigint AND s.name = %(source)s::text
  AND t.project_id = %(project)s::bigint AND t.name = %(target)s::text
ON CONFLICT (cause) DO NOTHING
"""


class BadAmount(ValueError):
    """An amount that cannot be moved; the message says why."""


def open_accounts(project: Project) -> None:
    """Give a project its accounts and the prices of its machines."""
    Account.objects.bulk_create([Account(project=project, name=name) for name in AccountName], ignore_conflicts=True)
    Machine.objects.bulk_create(
        [
            Machine(project=project, device=device, hourly_price=price)
            for device, price in DEFAULT_HOURLY_PRICES.items()
        ],
        ignore_conflicts=True,
    )


def fund(project: Project, amount: Decimal, user: User | None, cause: str, memo: str = "") -> Entry:
    """Put money into a project's budget. Raises BadAmount."""
    if amount <= 0:
        raise BadAmount("The amount must be more than zero.")
    if amount > MOST:
        raise BadAmount(f"The amount is more than {MOST:,}.")
    if amount != amount.quantize(Decimal("0.01")):
        raise BadAmount("The amount has fractions of a cent.")
    return move(
        project,
        AccountName.FUNDING,
        AccountName.FREE,
        amount,
        Kind.FUNDING,
        cause,
        memo=memo,
        worker=user.pk if user else None,
    )


def move(
    project: Project,
    source: str,
    target: str,
    amount: Decimal,
    kind: str,
    cause: str,
    memo: str = "",
    **links: Any,
) -> Entry:
    """Move an amount between two accounts of a project, once for a cause: asked again, it returns the entry of then."""
    post(project.pk, project.currency, source, target, [(cause, amount, memo)], kind, **links)
    return Entry.objects.get(cause=cause)


def post(
    project_id: int,
    currency: str,
    source: str,
    target: str,
    amounts: list[tuple[str, Decimal, str]],
    kind: str,
    question: int | None = None,
    worker: int | None = None,
    run: int | None = None,
) -> None:
    """Move amounts between two accounts of a project in one statement. `amounts`: a cause, an amount and a memo each.

    What is in the ledger already under its cause is passed over.
    """
    sql.rows(
        _POST,
        project=project_id,
        currency=currency,
        source=str(source),
        target=str(target),
        causes=[cause for cause, _, _ in amounts],
        amounts=[amount.quantize(SMALLEST, ROUND_HALF_EVEN) for _, amount, _ in amounts],
        memos=[memo for _, _, memo in amounts],
        kind=str(kind),
        question=question,
        worker=worker,
        run=run,
    )


def balances(project: Project) -> dict[str, Decimal]:
    """Return the balance of each account. They sum to zero, since each entry stands on both sides."""

    def total(side: str) -> Any:
        sums = Entry.objects.filter(**{side: OuterRef("pk")}).values(side).annotate(sum=Sum("amount")).values("sum")
        return Coalesce(Subquery(sums), Decimal(0), output_field=DecimalField(max_digits=20, decimal_places=6))

    rows = Account.objects.filter(project=project).annotate(into=total("target"), out=total("source"))
    return {row.name: row.into - row.out for row in rows}


def spent(project: Project) -> Decimal:
    """Return all that was spent on answers and computing."""
    found = balances(project)
    return found[AccountName.ANSWERS] + found[AccountName.COMPUTE]
