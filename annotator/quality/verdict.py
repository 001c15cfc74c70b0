"""When known answers say that a person should not go on."""

from annotator.quality.interval import wilson

SURE = 0.9


def surely_under(right: int, total: int, bar: float, minimum: int) -> bool:
    """Say whether a person's accuracy is under a bar, and not by chance.

    True where at least `minimum` known answers were given, their share of right ones is under `bar`, and we are 90% sure of it:
    the upper end of Wilson's 80% interval (one side: 90%) is under the bar too. A good person with two unlucky answers stays.

    Example:
        >>> surely_under(0, 4, bar=0.7, minimum=4), surely_under(3, 5, bar=0.7, minimum=4)
        (True, False)
    """
    return total >= minimum and wilson(right, total, 2 * SURE - 1)[1] < bar
