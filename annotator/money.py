"""How sums and prices are written, everywhere: the decimals of their currency. Imports no Django."""

import re
from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any

# Digits after the point of a currency's coins, where they are not two (ISO 4217).
_DIGITS = dict.fromkeys(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ],
    0,
) | dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3)


FINEST = Decimal("0.000001")  # what prices and the ledger count to


def currency_digits(currency: str) -> int:
    """Return how many digits after the point a currency's coins have: 2 for USD, 0 for JPY, 3 for KWD."""
    return _DIGITS.get(currency, 2)


def coin(currency: str) -> Decimal:
    """Return the smallest coin of a currency: 0.01 of USD, 1 of JPY, 0.001 of KWD."""
    return Decimal(1).scaleb(-currency_digits(currency))


def money_text(amount: Any, currency: str = "USD") -> str:
    """Return a sum of money with the decimals of its currency: $1,234.50, 1,234.50 EUR, or 1,234 JPY.

    A sum that is not zero and less than the smallest coin reads “under $0.01”, so that something is not taken for nothing.
    """
    value = Decimal(str(amount or 0))
    digits = currency_digits(currency)
    least = coin(currency)
    if 0 < abs(value) < least:
        return f"{'minus ' if value < 0 else ''}under {_written(least, currency, digits)}"
    return _written(value.quantize(least, ROUND_HALF_UP), currency, digits)


def shown_parts(whole: Decimal, parts: Sequence[Decimal], currency: str = "USD") -> list[Decimal]:
    """Return the parts of a sum as they are shown beside it: in whole coins that add up to the sum as it is shown.

    Each rounded by itself, they are often a coin more or less than the sum. A coin that is too many or too few goes to the part
    whose fraction of a coin is largest, so no part is off by a coin or more. A part that is not nothing, and would read as
    nothing, stays as it is: `money_text` writes it as less than a coin.
    """
    least = coin(currency)
    if abs(whole) < least:
        return list(parts)  # the sum itself reads as less than a coin
    floors = [(part / least).to_integral_value(ROUND_FLOOR) * least for part in parts]
    left = int((whole.quantize(least, ROUND_HALF_UP) - sum(floors)) / least)
    by_fraction = sorted(range(len(parts)), key=lambda place: floors[place] - parts[place])
    up = {place for place in by_fraction[: max(0, left)] if floors[place] != parts[place]}
    shown = [floor + least if place in up else floor for place, floor in enumerate(floors)]
    return [sum_ or part for sum_, part in zip(shown, parts, strict=True)]


def price_text(amount: Any, currency: str = "USD") -> str:
    """Return what one of something costs, exactly: $0.05, and $0.005 where it has fractions of a coin.

    A rounded price would be false.
    """
    value = Decimal(str(amount or 0)).quantize(FINEST, ROUND_HALF_UP)
    exponent = value.normalize().as_tuple().exponent
    return _written(value, currency, max(currency_digits(currency), -int(exponent)))


def _written(value: Decimal, currency: str, digits: int) -> str:
    text = f"{abs(value):,.{digits}f}"
    sign = "−" if value < 0 else ""
    return f"{sign}${text}" if currency == "USD" else f"{sign}{text} {currency}"


_WRITTEN = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)


def is_written_plainly(text: str) -> bool:
    """Check whether an amount is written in digits 0 to 9 with at most one point, and perhaps a minus sign.

    Python would also accept "1_0" and the digits of other scripts.
    """
    return _WRITTEN.fullmatch(text.strip()) is not None
