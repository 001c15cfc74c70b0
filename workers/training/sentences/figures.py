"""Shares and probabilities as a sentence writes them."""


def chance(probability: float) -> str:
    """Return a probability in whole percent; it is never shown as 0% or 100%."""
    if probability < 0.01:
        return "under 1%"
    return f"{min(0.99, probability) * 100:.0f}%"


def percent(share: float) -> str:
    """Return a share in percent."""
    return f"{share * 100:.1f}%"


def number(share: float) -> str:
    """Return a share in percent without the sign, for use next to a number that has it."""
    return f"{share * 100:.1f}"
