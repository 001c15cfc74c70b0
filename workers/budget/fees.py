"""What platforms charge on top of what people are paid."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
MANY_ASSIGNMENTS = 10


@dataclass(frozen=True)
class Terms:
    """How work is offered on a platform: how many people answer one item, and whether only Masters may."""

    assignments: int = 1
    masters: bool = False


def none(reward: Decimal, bonus: Decimal = Decimal(0), terms: Terms | None = None) -> Decimal:
    """Return the fee for our own people: 0."""
    return Decimal(0)


def mechanical_turk(reward: Decimal, bonus: Decimal = Decimal(0), terms: Terms | None = None) -> Decimal:
    """Return Mechanical Turk's fee for one assignment, in USD, to the cent.

    20% of reward and bonus; another 20% of the reward if a HIT has ten or more assignments; another 5% of the reward for
    Masters. Reward and bonus are charged separately, each at least 0.01 USD, half a cent rounded up (Amazon's pricing page).

    Raises ValueError for a negative amount.
    """
    terms = terms or Terms()
    if reward < 0 or bonus < 0:
        raise ValueError("A reward or bonus is not under zero.")
    share = Decimal("0.20")
    if terms.assignments >= MANY_ASSIGNMENTS:
        share += Decimal("0.20")
    if terms.masters:
        share += Decimal("0.05")
    fee = max(CENT, (reward * share).quantize(CENT, ROUND_HALF_UP))
    if bonus:
        fee += max(CENT, (bonus * Decimal("0.20")).quantize(CENT, ROUND_HALF_UP))
    return fee


Schedule = Callable[[Decimal, Decimal, Terms | None], Decimal]
SCHEDULES: dict[str, tuple[str, Schedule]] = {
    "": ("Our own people", none),
    "mturk": ("Mechanical Turk", mechanical_turk),
}
