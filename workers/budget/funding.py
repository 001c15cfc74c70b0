"""Money into the budget and out of it again."""

from decimal import Decimal

from django.db import IntegrityError, transaction

from annotator import audit
from annotator.models import Project, User
from workers.budget import ledger, reservations
from workers.budget.amounts import BadAmount, checked
from workers.budget.models import AccountName, Entry, Kind
from workers.phases.models import Phase


def fund(project: Project, amount: Decimal, by: User | None, cause: str, memo: str = "") -> Entry:
    """Put money into a project's budget, for the phase it is in. Raises BadAmount, and Refused for an id used otherwise.

    What is owed beyond the budget is settled first; then work that waits for money is covered.
    """
    amount = checked(amount, project.currency)
    with transaction.atomic():
        # The gate locks the phase as well: nothing is funded behind it.
        phase = Phase.objects.select_for_update(of=("self",), no_key=True).filter(project=project, current=True).first()
        if phase is None or not phase.active:
            raise BadAmount("The project was stopped at its gate; no money goes in any more.")
        if known := ledger.claimed(project, "funding", cause.rpartition(":")[2], amount):
            return known
        entry = put_in(project, amount, by, cause, memo)
        audit.record(by, project, "put money in", amount=str(entry.amount))
    reservations.settle_waiting(project)
    return entry


def put_in(project: Project, amount: Decimal, by: User | None, cause: str, memo: str = "", **links: int) -> Entry:
    """Write money from outside into the ledger, and settle what is owed. The caller has seen to it that it may come in."""
    named = {"by": by.pk if by else None} | links
    free = ledger.account(project.pk, AccountName.FREE)
    entry = ledger.move(
        ledger.account(project.pk, AccountName.FUNDING), free, amount, Kind.FUNDING, cause, memo, **named
    )
    owed = ledger.account(project.pk, AccountName.OWED)
    free.refresh_from_db()
    settled = min(-owed.balance, free.balance)
    if settled > 0:
        ledger.move(free, owed, settled, Kind.SETTLEMENT, f"settlement:{entry.pk}", **named)
    return entry


def cut(project: Project, amount: Decimal, by: User | None, cause: str, memo: str = "") -> Entry:
    """Take money out of the budget again. Raises BadAmount where it is spent or held already."""
    amount = checked(amount, project.currency)
    free, funding = (ledger.account(project.pk, name) for name in (AccountName.FREE, AccountName.FUNDING))
    try:
        with transaction.atomic():
            if known := ledger.claimed(project, "withdrawal", cause.rpartition(":")[2], amount):
                return known
            entry = ledger.move(free, funding, amount, Kind.WITHDRAWAL, cause, memo, by=by.pk if by else None)
            audit.record(by, project, "took money back", amount=str(entry.amount))
            return entry
    except IntegrityError:
        found = ledger.totals(project)
        raise BadAmount(
            f"At most {found['free']:.2f} {project.currency} can be taken back: {found['spent']:.2f} is spent, "
            f"and {found['held']:.2f} is held for open work."
        ) from None
