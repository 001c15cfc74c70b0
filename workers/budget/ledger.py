"""The functions through which all money moves. Answers have their own statement, in `charges`.

The database books each entry on the balances of its two accounts, and refuses it if one would fall below its floor.
"""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from django.db.models import Sum
from django.utils import timezone

from annotator.models import Batch, Project
from annotator.refusal import Refused
from annotator.server import sql
from workers.budget.amounts import SMALLEST
from workers.budget.models import SPENT, Account, AccountName, Entry, Machine
from workers.budget.phase import Phase

DEFAULT_HOURLY_PRICES = {"cpu": Decimal("0.10"), "cuda": Decimal("1.50")}

_POST = """
INSERT INTO workers_entry (
    project_id, source_id, target_id, amount, currency, kind,
    idempotency_key, memo, phase_id, question_id, batch_id, worker_id, run_id,
    corrects_id, platform, reference, by_id, created_at)
SELECT p.id, %(source)s::bigint, %(target)s::bigint, e.amount, p.currency, %(kind)s::text, e.idempotency_key, e.memo,
       coalesce(%(phase)s::bigint, (SELECT f.id FROM workers_phase f WHERE f.project_id = p.id AND f.current)),
       %(question)s::bigint, %(batch)s::bigint, %(worker)s::bigint, %(run)s::bigint, %(corrects)s::bigint, %(platform)s::text,
       %(reference)s::text, %(by)s::bigint, now()
FROM unnest(%(idempotency_keys)s::text[], %(amounts)s::numeric[], %(memos)s::text[])
         AS e(idempotency_key, amount, memo), annotator_project p
WHERE p.id = %(project)s::bigint
ON CONFLICT (idempotency_key) DO NOTHING
"""
CLAIMS = (
    "funding",
    "withdrawal",
    "bonus",
    "correction",
    "correction-of-the-rest",
)  # movements that a client names by its own id
MOST_MEMO = 200  # characters
_LINKS: dict[str, Any] = dict.fromkeys(["question", "batch", "worker", "run", "corrects", "by", "phase"]) | {
    "platform": "",
    "reference": "",
}


def open_accounts(project: Project) -> None:
    """Create a project's accounts and the prices of its machines."""
    names = (
        AccountName.FUNDING,
        AccountName.AVAILABLE,
        AccountName.OVERDRAFT,
        AccountName.RESERVED,
        AccountName.TRAINING,
    )
    Account.objects.bulk_create([Account(project=project, name=name) for name in names], ignore_conflicts=True)
    Machine.objects.bulk_create(
        [
            Machine(project=project, device=device, name=name, hourly_price=DEFAULT_HOURLY_PRICES[device], chosen=True)
            for device, name in (("cpu", "Processor"), ("cuda", "Graphics card"))
        ],
        ignore_conflicts=True,
    )


def open_accounts_of(phase: Phase) -> None:
    """Create a phase's accounts of what is spent in it."""
    Account.objects.bulk_create(
        [Account(project_id=phase.project_id, name=name, phase=phase) for name in SPENT], ignore_conflicts=True
    )


def account(project_id: int, name: str, phase: Phase | None = None, batch: Batch | None = None) -> Account:
    """Return an account. For spent money without a phase, it is the current phase's; a missing batch account is created."""
    found = Account.objects.filter(project_id=project_id, name=name, batch=batch)
    if name in SPENT:
        return found.get(phase=phase) if phase else found.get(phase__current=True)
    return found.first() or Account.objects.get_or_create(project_id=project_id, name=name, batch=batch, phase=None)[0]


def lock(project_id: int) -> None:
    """Make other bookings of a project wait until this transaction ends. Writing an entry does the same."""
    sql.rows("SELECT marginalia_lock_books(%(project)s::bigint)", project=project_id)


def claimed(
    project: Project, kind: str, name: object, amount: Decimal | None, memo: str, worker: int | None = None
) -> Entry | None:
    """Return the entry that a client's id already names, or None if the id is new. Called in a transaction.

    An id names one movement of money permanently. Raises Refused (409) if it is used again for another one: another kind,
    amount (None: whatever it was), memo or person. Other bookings of the project wait until the transaction ends, so two requests
    cannot both be the first.
    """
    lock(project.pk)
    found = Entry.objects.filter(idempotency_key__in=[f"{one}:{project.pk}:{name}" for one in CLAIMS]).first()
    if found is None:
        return None
    asked = (f"{kind}:{project.pk}:{name}", found.amount if amount is None else amount, memo[:MOST_MEMO], worker)
    if (found.idempotency_key, found.amount, found.memo, found.worker_id) != asked:
        raise taken()
    return found


def taken() -> Refused:
    """Return the refusal of an id that names another movement of money."""
    return Refused("This id was used for another movement of money; make a new one.", "id_taken")


def move(
    source: Account, target: Account, amount: Decimal, kind: str, idempotency_key: str, memo: str = "", **links: Any
) -> Entry:
    """Move an amount between two accounts, once per idempotency key; a repeated call returns the first entry.

    Raises IntegrityError if an account would fall below its floor.
    """
    post(source, target, [(idempotency_key, amount, memo)], kind, **links)
    return Entry.objects.get(idempotency_key=idempotency_key)


def post(source: Account, target: Account, amounts: list[tuple[str, Decimal, str]], kind: str, **links: Any) -> None:
    """Move amounts between two accounts of a project in one statement.

    `amounts`: an idempotency key, an amount and a memo each.

    Keys that are already in the ledger are skipped. `links`: ids of question, batch, worker, run, corrects, by, phase (the
    current one by default); platform and reference.
    """
    sql.rows(
        _POST,
        project=source.project_id,
        source=source.pk,
        target=target.pk,
        idempotency_keys=[idempotency_key for idempotency_key, _, _ in amounts],
        amounts=[amount.quantize(SMALLEST, ROUND_HALF_EVEN) for _, amount, _ in amounts],
        memos=[memo[:MOST_MEMO] for _, _, memo in amounts],
        kind=str(kind),
        **(_LINKS | links),
    )


def balances(project: Project, phase: Phase | None = None) -> dict[str, Decimal]:
    """Return the balance of each account by its name, over all batches and phases, or of what one phase spent.

    Over all, they sum to zero, because each entry is on both sides.
    """
    accounts = Account.objects.filter(project=project)
    if phase:
        accounts = accounts.filter(phase=phase)
    return dict.fromkeys(AccountName.values, Decimal(0)) | dict(accounts.values_list("name").annotate(Sum("balance")))


def totals(project: Project, phase: Phase | None = None) -> dict[str, Decimal]:
    """Return the totals that every page shows: `funded`, `spent` and its four parts, `reserved`, `available` and `overdraft`.

    For one phase: what was spent in it; the rest is the project's.
    """
    found = balances(project)
    parts = balances(project, phase) if phase else found
    return {
        "funded": -found[AccountName.FUNDING],
        "available": found[AccountName.AVAILABLE],
        "reserved": found[AccountName.RESERVED] + found[AccountName.TRAINING],
        "overdraft": -found[AccountName.OVERDRAFT],
        "spent": sum((parts[name] for name in SPENT), Decimal(0)),
    } | {str(name): parts[name] for name in SPENT}


def spent_by_phase(project: Project) -> dict[int, Decimal]:
    """Return what was spent in each phase, by the phase's id."""
    accounts = Account.objects.filter(project=project, name__in=SPENT, phase__isnull=False)
    return {phase: amount for phase, amount in accounts.values_list("phase").annotate(Sum("balance")) if phase}


def spent(project: Project) -> Decimal:
    """Return all that was spent on answers, bonuses, fees and computing."""
    return totals(project)["spent"]


def phase_meter(phase: Phase) -> dict[str, Any]:
    """Return the meter of a phase: what is spent in it, what it may spend, and the elapsed share of its budget and time."""
    found = totals(phase.project, phase)
    spent = found["spent"]
    may = spent + found["available"] + found["reserved"]
    return {
        "spent": spent,
        "may_spend": may,
        "share": float(spent / may) if may else None,
        "elapsed": phase.elapsed,
        "ends_at": phase.ends_at,
        "days_left": (phase.ends_at - timezone.now()).days if phase.ends_at else None,
    }
