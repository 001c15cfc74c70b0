"""Reconciliation: our ledger compared with a platform's own statement, each difference by its reference."""

import csv
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import IO

from annotator.models import Project
from annotator.refusal import Refused
from annotator.server import sql
from workers.budget.fees import SCHEDULES

# Names of the columns in statements; the first one found is used.
NAMES = {
    "reference": ("reference", "assignment id", "assignmentid", "assignment", "id"),
    "amount": ("amount", "total", "cost"),
    "kind": ("kind", "type", "transaction type"),
    "currency": ("currency",),
}
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")  # words of a kind like FeePayment
_FEES = {"fee", "fees", "feepayment"}  # compared as words: a coffee bonus is not a fee
MOST_ROWS = 1_000_000
MOST_LISTED = 1000

_OURS = """
SELECT e.reference, e.kind = 'fee' OR coalesce(o.kind, '') = 'fee' AS fee,
       sum(CASE WHEN t.name IN ('answers', 'bonuses', 'fees') THEN e.amount ELSE -e.amount END)
FROM workers_entry e JOIN workers_account t ON t.id = e.target_id LEFT JOIN workers_entry o ON o.id = e.corrects_id
WHERE e.project_id = %(project)s::bigint AND e.platform = %(platform)s::text AND e.reference <> ''
  AND e.kind IN ('answer', 'bonus', 'fee', 'correction', 'refund')
GROUP BY 1, 2
"""


@dataclass(frozen=True)
class Difference:
    """One difference between ledger and statement; an amount is None if one side does not have it."""

    reference: str
    fee: bool
    ours: Decimal | None
    theirs: Decimal | None
    times: int = 1  # how often the statement lists it

    @property
    def what(self) -> str:
        """The difference in words."""
        of = "fee" if self.fee else "payment"
        if self.times > 1:
            return f"The statement lists this {of} {self.times} times."
        if self.ours is None:
            return f"The statement has a {of} that the ledger does not know."
        if self.theirs is None:
            return f"The ledger has a {of} that the statement does not show."
        return f"The {of} is not the same."


@dataclass(frozen=True)
class Reconciliation:
    """The result: how many agree, both sums, and the differences, the largest first."""

    agree: int
    ours: Decimal
    theirs: Decimal
    differences: list[Difference]


def reconcile(project: Project, platform: str, file: IO[bytes]) -> Reconciliation:
    """Compare the ledger with a statement (CSV with a header). Raises Refused, naming the row and the fault."""
    if platform not in SCHEDULES or not platform:
        raise Refused("Choose the platform whose statement this is.", "no_platform", 400)
    theirs, times = _theirs(project, file)
    ours = {
        (reference, fee): amount for reference, fee, amount in sql.rows(_OURS, project=project.pk, platform=platform)
    }
    found = [
        Difference(key[0], key[1], ours.get(key), theirs.get(key), times.get(key, 1))
        for key in ours.keys() | theirs.keys()
        if ours.get(key) != theirs.get(key) or times.get(key, 1) > 1
    ]
    found.sort(key=lambda one: (-abs((one.ours or Decimal(0)) - (one.theirs or Decimal(0))), one.reference, one.fee))
    agree = len(ours.keys() | theirs.keys()) - len(found)
    return Reconciliation(agree, sum(ours.values(), Decimal(0)), sum(theirs.values(), Decimal(0)), found)


def _theirs(project: Project, file: IO[bytes]) -> tuple[dict[tuple[str, bool], Decimal], dict[tuple[str, bool], int]]:
    try:
        text = io.TextIOWrapper(file, "utf-8-sig", newline="")
        reader = csv.reader(text, strict=True)
        header = [name.strip().lower() for name in next(reader, [])]
        columns = {what: _column(header, names) for what, names in NAMES.items()}
        if columns["reference"] is None or columns["amount"] is None:
            raise Refused("The statement needs the columns reference (or assignment id) and amount.", "bad_file", 400)
        return _sums(project, reader, columns)
    except (UnicodeDecodeError, csv.Error) as problem:
        raise Refused(f"This is no CSV file in UTF-8: {problem}.", "bad_file", 400) from None


def _sums(
    project: Project, rows: Iterable[list[str]], columns: dict[str, int | None]
) -> tuple[dict[tuple[str, bool], Decimal], dict[tuple[str, bool], int]]:
    """Return the statement's sum for each payment and fee, and which of them it lists repeatedly with the same amount."""
    listed: Counter[tuple[str, bool, str, Decimal]] = Counter()
    sums: dict[tuple[str, bool], Decimal] = defaultdict(Decimal)
    for number, row in enumerate(rows, start=2):
        if not any(cell.strip() for cell in row):
            continue
        if number > MOST_ROWS:
            raise Refused(f"A statement has at most {MOST_ROWS:,} rows; send it in parts.", "bad_file", 400)
        said = {
            what: row[place].strip() if place is not None and place < len(row) else ""
            for what, place in columns.items()
        }
        if said["currency"] and said["currency"].upper() != project.currency:
            raise Refused(
                f"Row {number:,} is in {said['currency']}, the project counts in {project.currency}.", "bad_file", 400
            )
        if not said["reference"]:
            raise Refused(f"Row {number:,} has no reference.", "bad_file", 400)
        fee, amount = (
            any(word.lower() in _FEES for word in _WORDS.findall(said["kind"])),
            _amount(said["amount"], number),
        )
        sums[said["reference"], fee] += amount
        listed[said["reference"], fee, said["kind"].lower(), amount] += 1
    if not sums:
        raise Refused("The statement has a header and no rows, so there is nothing to compare.", "bad_file", 400)
    times = {(reference, fee): count for (reference, fee, _, _), count in listed.items() if count > 1}
    return dict(sums), times


def _amount(text: str, number: int) -> Decimal:
    plain = text.replace("$", "").replace(",", "").replace("−", "-")
    if plain.startswith("(") and plain.endswith(")"):
        plain = f"-{plain[1:-1]}"
    try:
        amount = Decimal(plain)
        if amount.is_finite() and abs(amount) < Decimal("1e12"):
            return amount.quantize(Decimal("0.000001")).normalize() + 0
    except InvalidOperation:
        pass
    raise Refused(f"Row {number:,}: “{text[:40]}” is no amount of money.", "bad_file", 400)


def _column(header: list[str], names: tuple[str, ...]) -> int | None:
    return next((header.index(name) for name in names if name in header), None)
