"""The totals of a budget as one page shows them: in whole coins that add up."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from annotator.money import coin, shown_parts
from workers.budget.models import SPENT


def in_coins(totals: Mapping[str, Any], currency: str) -> dict[str, Decimal]:
    """Return the totals of a ledger (see `ledger.totals`, or a frozen copy of it) as they are shown together.

    Spent, reserved and available add up to what is funded plus the overdraft. Answers, computing, bonuses and fees add up to
    spent. Spent is rounded as everywhere, so that it reads the same on every page.
    """
    found = {name: Decimal(str(amount)) for name, amount in totals.items()}
    least = coin(currency)
    spent, funded, overdraft = (found[name].quantize(least, ROUND_HALF_UP) for name in ("spent", "funded", "overdraft"))
    reserved, available = shown_parts(funded + overdraft - spent, [found["reserved"], found["available"]], currency)
    names = [str(name) for name in SPENT if str(name) in found]
    parts = shown_parts(found["spent"], [found[name] for name in names], currency)
    return found | {"reserved": reserved, "available": available} | dict(zip(names, parts, strict=True))
