"""When gold items show that a person should stop."""

from annotator.quality.interval import wilson

SURE = 0.9


def surely_under(right: int, total: int, bar: float, minimum: int) -> bool:
    """Check whether a person's accuracy is under a bar, and not by chance.

    True when at least `minimum` gold items were answered, the share of right answers is under `bar`, and we are 90% sure of
    it: the upper end of Wilson's 80% interval (90% one-sided) is under the bar too. A good person with two unlucky answers
    stays.

    Example:
        >>> surely_under(0, 4, bar=0.7, minimum=4), surely_under(3, 5, bar=0.7, minimum=4)
        (True, False)
    """
    return total >= minimum and wilson(right, total, 2 * SURE - 1)[1] < bar
