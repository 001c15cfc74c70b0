"""Corrections and refunds: new entries that name the old one and move money the other way."""

from decimal import Decimal
from uuid import UUID

from django.db import transaction

from annotator import audit
from annotator.models import User
from annotator.money import price_text
from annotator.server import sql
from workers.budget import ledger
from workers.budget.amounts import BadAmount, checked
from workers.budget.models import SPENT, Entry, EntryKind

# What the product took back when answers were excluded, minus what it paid again. These entries name nobody. What a person
# corrected or booked as a refund names them (`by`), and stays as they decided.
_BACK = "sum(CASE WHEN c.source_id = e.target_id THEN c.amount ELSE -c.amount END)"
_ASIDE = f"coalesce({_BACK} FILTER (WHERE c.by_id IS NULL AND c.kind = 'correction'), 0)"
_TAKEN = f"""
SELECT {_ASIDE}
FROM workers_entry e JOIN workers_entry c ON c.corrects_id = e.id
WHERE e.idempotency_key = ANY(%(idempotency_keys)s::text[]) AND e.project_id = %(project)s::bigint
"""  # noqa: S608
# `paid` is what is left of an entry after its corrections. `back` takes from it; otherwise what was taken is paid again.
_TURN = f"""
WITH first AS (
    SELECT e.id, e.amount - coalesce({_BACK}, 0) AS paid, {_ASIDE} AS aside, count(c.id) AS turns
    FROM workers_entry e LEFT JOIN workers_entry c ON c.corrects_id = e.id
    WHERE e.idempotency_key = ANY(%(idempotency_keys)s::text[]) AND e.project_id = %(project)s::bigint GROUP BY e.id
), due AS (
    SELECT e.*, first.turns, CASE WHEN %(back)s::boolean THEN least(first.paid, coalesce(%(most)s::numeric, first.paid))
                                  ELSE first.aside END AS sum
    FROM first JOIN workers_entry e ON e.id = first.id
)
INSERT INTO workers_entry (
    project_id, source_id, target_id, amount, currency, kind,
    idempotency_key, memo, phase_id, question_id, batch_id, worker_id, run_id,
    corrects_id, platform, reference, by_id, created_at)
SELECT due.project_id, CASE WHEN %(back)s::boolean THEN due.target_id ELSE available.id END,
       CASE WHEN %(back)s::boolean THEN available.id ELSE due.target_id END, due.sum, due.currency, %(kind)s::text,
       coalesce(%(key)s::text, due.idempotency_key || ':' || (due.turns + 1)), %(memo)s::text, due.phase_id, due.question_id,
       due.batch_id, due.worker_id, due.run_id, due.id, due.platform, due.reference, %(by)s::bigint, now()
FROM due, workers_account available
WHERE due.sum > 0 AND available.project_id = due.project_id AND available.name = 'available'
ON CONFLICT (idempotency_key) DO NOTHING RETURNING amount
"""  # noqa: S608


def take_back(project_id: int, idempotency_keys: list[str], memo: str) -> Decimal:
    """Take back what is left of the entries of idempotency keys, as the product does by itself, and return the sum."""
    ledger.lock(project_id)  # a manager may correct one of them at this moment
    return _turn(project_id, idempotency_keys, EntryKind.CORRECTION, memo, back=True)


def pay_again(project_id: int, idempotency_keys: list[str], memo: str) -> Decimal:
    """Pay again what `take_back` took from the entries of idempotency keys, and return the sum.

    What a person corrected or booked as a refund is not paid again. Raises IntegrityError if there is not enough available money.
    """
    ledger.lock(project_id)
    return _turn(project_id, idempotency_keys, EntryKind.CORRECTION, memo, back=False)


def taken_back(project_id: int, idempotency_keys: list[str]) -> Decimal:
    """Return what `take_back` took from the entries of idempotency keys: what it costs to pay them again."""
    [(found,)] = sql.rows(_TAKEN, project=project_id, idempotency_keys=idempotency_keys)
    return Decimal(found)


def correct(
    entry: Entry,
    by: User,
    reason: str,
    amount: Decimal | None = None,
    refund: bool = False,
    correction_id: UUID | None = None,
) -> Entry:
    """Take back an entry, or `amount` of it, with a reason, once per id. A refund is money that someone gave back.

    Returns the new entry. Only spent money can be corrected: money in and out of the budget, and reserved money, have other
    functions. Raises BadAmount, and Refused (409) for an id used otherwise.
    """
    if entry.target.name not in SPENT:
        raise BadAmount("Only what was spent can be corrected.")
    if not reason.strip():
        raise BadAmount("Say why: it stands beside the entry for ever.")
    project = entry.project
    amount = checked(amount, entry.currency, coins=False) if amount is not None else None
    reason = reason.strip()
    claim = "correction" if amount is not None else "correction-of-the-rest"
    kind = EntryKind.REFUND if refund else EntryKind.CORRECTION
    with transaction.atomic():
        ledger.lock(project.pk)  # one correction at a time
        known = correction_id and ledger.claimed(project, claim, correction_id, amount, reason, entry.worker_id)
        if known:
            if (known.corrects_id, known.kind) != (entry.pk, kind):
                raise ledger.taken()
            return known
        left = standing(entry)
        if left <= 0:
            raise BadAmount("Nothing of it stands any more: it was taken back already.")
        if amount is not None and amount > left:
            raise BadAmount(f"Only {price_text(left, entry.currency)} of it still stands.")
        key = f"{claim}:{project.pk}:{correction_id}" if correction_id else None
        _turn(project.pk, [entry.idempotency_key], kind, reason, back=True, most=amount, by=by, key=key)
        audit.record(by, project, "corrected an entry", entry=entry.pk, amount=str(amount or left), reason=reason)
        return entry.corrections.latest("pk")


def standing(entry: Entry) -> Decimal:
    """Return what is left of an entry after its corrections."""
    back = sum((one.amount if one.source_id == entry.target_id else -one.amount) for one in entry.corrections.all())
    return entry.amount - Decimal(back)


def _turn(
    project_id: int,
    idempotency_keys: list[str],
    kind: str,
    memo: str,
    back: bool,
    most: Decimal | None = None,
    by: User | None = None,
    key: str | None = None,
) -> Decimal:
    rows = sql.rows(
        _TURN,
        project=project_id,
        idempotency_keys=idempotency_keys,
        back=back,
        most=most,
        kind=str(kind),
        memo=memo[:200],
        by=by.pk if by else None,
        key=key,
    )
    return sum((amount for (amount,) in rows), Decimal(0))
