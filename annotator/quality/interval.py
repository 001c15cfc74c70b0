"""The confidence interval of a share from few trials."""

from math import sqrt
from statistics import NormalDist


def wilson(right: int, total: int, level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval of a share.

    Model: `right` of `total` independent trials succeeded. With z the two-sided normal quantile of `level` and p = right/total,

        (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n)

    It keeps its coverage for few trials and shares near 0 or 1, where p ± z·√(p(1−p)/n) breaks down.

    Args:
        right: successes, from 0 to `total`.
        total: trials, 0 or more.
        level: the coverage, between 0 and 1.

    Returns:
        Lower and upper end, from 0 to 1; (0, 1) without trials.

    Raises:
        ValueError: counts that cannot be, or a level outside (0, 1).

    Example:
        >>> [round(end, 3) for end in wilson(9, 10)]
        [0.596, 0.982]

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927); recommended for
    small n by Brown, Cai and DasGupta, Interval estimation for a binomial proportion, Statistical Science 16 (2001).
    """
    if not 0 <= right <= total:
        raise ValueError("right must be from 0 to total")
    if not 0 < level < 1:
        raise ValueError("level must be between 0 and 1")
    if total == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + level) / 2)
    share, spread = right / total, z * z / total
    middle = share + spread / 2
    half = z * sqrt(share * (1 - share) / total + spread / (4 * total))
    return max(0.0, (middle - half) / (1 + spread)), min(1.0, (middle + half) / (1 + spread))
