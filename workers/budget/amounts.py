"""Amounts of money: exact decimals; amounts that people enter are whole coins of their currency."""

from decimal import ROUND_DOWN, ROUND_UP, Decimal, InvalidOperation

from annotator.money import FINEST, coin, currency_digits, is_written_plainly

SMALLEST = FINEST  # the precision of the ledger
MOST = Decimal("1000000000")


class BadAmount(ValueError):
    """An amount cannot be moved; the message says why."""


def checked(amount: Decimal | str | int, currency: str, coins: bool = True) -> Decimal:
    """Return an amount that a person entered: positive, at most MOST, and in whole coins of the currency. Raises BadAmount.

    If not `coins`: as exact as the ledger counts. A charge by the second is rarely a whole coin, and it can still be taken
    back.
    """
    if isinstance(amount, str) and not is_written_plainly(amount):
        raise BadAmount("This is no amount of money.")
    try:
        value = Decimal(amount)
    except (InvalidOperation, TypeError, ValueError):
        raise BadAmount("This is no amount of money.") from None
    if not value.is_finite():
        raise BadAmount("This is no amount of money.")
    if value <= 0:
        raise BadAmount("The amount must be more than zero.")
    if value > MOST:
        raise BadAmount(f"The amount is more than {MOST:,}.")
    least = coin(currency) if coins else SMALLEST
    if value != value.quantize(least):
        raise BadAmount(
            f"Amounts are counted to {SMALLEST:f}."
            if not coins
            else f"{currency} has no coin smaller than {least:f}: {value:f} cannot be paid."
            if currency_digits(currency) != 2
            else "The amount has fractions of a cent."
        )
    return value


def rounded_up(amount: Decimal, currency: str) -> Decimal:
    """Return the smallest sum of whole coins that covers an amount."""
    return amount.quantize(coin(currency), ROUND_UP)


def rounded_down(amount: Decimal, currency: str) -> Decimal:
    """Return the largest sum of whole coins that an amount covers."""
    return amount.quantize(coin(currency), ROUND_DOWN)


def same_currency(named: str, currency: str) -> None:
    """Raise BadAmount if an amount is in another currency than the project's; "" means the project's currency."""
    if named and named != currency:
        raise BadAmount(f"This project counts in {currency}; {named} cannot be added to it.")
