"""Shares and chances as a sentence writes them."""


def chance(probability: float) -> str:
    """Return a chance in whole percent; it is never said to be none or certain."""
    return f"{min(0.99, max(0.01, probability)) * 100:.0f}\u00a0%"


def percent(share: float) -> str:
    """Return a share in percent."""
    return f"{share * 100:.1f}\u00a0%"


def number(share: float) -> str:
    """Return a share in percent without the sign, where the sign stands at another number."""
    return f"{share * 100:.1f}"
