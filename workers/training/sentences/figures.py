"""Shares and chances as a sentence writes them."""


def chance(probability: float) -> str:
    """Return a chance in whole percent; it is never said to be none or certain."""
    if probability < 0.01:
        return "under 1%"
    return f"{min(0.99, probability) * 100:.0f}%"


def percent(share: float) -> str:
    """Return a share in percent."""
    return f"{share * 100:.1f}%"


def number(share: float) -> str:
    """Return a share in percent without the sign, where the sign stands at another number."""
    return f"{share * 100:.1f}"
