"""Forecasts of a learning curve: the error at a size not reached yet.

The distribution at a size is the law's: its draws and the uncertainty each leaves. The interval's halves are stretched by
factors learned on curves of other datasets, so that 80% means four times out of five, to the extent that the uncertainty is
about shapes and not luck. The luck of one more measurement is added.

If the points are exact, the forecast error is the distribution's 60% quantile: a forecast that is a little too high costs less
than one that is too hopeful. If luck explains half of what the points show, or more, it is the median: the interval is wide
then, and its middle is cautious enough.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from workers.training.curve.fit import Law, weighted_quantiles
from workers.training.curve.prior import EPSILON, ahead_variance

Array = NDArray[np.float64]
LEVEL = 0.8
PRUDENT = 0.6  # quantile for exact points
MOST_GROWTH = 1000.0  # there is no forecast further than this from the largest size
_STANDARD = np.linspace(-2.1, 2.1, 7)  # approximates a normal distribution under every draw
_STANDARD_WEIGHT = np.exp(-0.5 * _STANDARD**2) / np.exp(-0.5 * _STANDARD**2).sum()


@dataclass(frozen=True)
class Expectation:
    """An expected error with the interval that contains it with the level's probability; all from 0 to 1."""

    error: float
    low: float
    high: float


def at(law: Law, size: float, level: float = LEVEL) -> Expectation:
    """Return the error to expect of one training run at a size.

    The interval covers the uncertainty of the curve, and the luck of one run's seed and of the test set. Raises ValueError for
    a size that is not positive, or a level outside (0, 1).
    """
    return along(law, np.array([size], dtype=np.float64), level)[0]


def along(law: Law, sizes: Array, level: float = LEVEL) -> list[Expectation]:
    """Return the error to expect at each of several sizes; see `at`."""
    asked = np.asarray(sizes, dtype=np.float64)
    if (asked <= 0).any() or not np.isfinite(asked).all() or not 0 < level < 1:
        raise ValueError("sizes must be positive and the level between 0 and 1")
    tail = (1 - level) / 2
    named = 0.5 + (PRUDENT - 0.5) * max(0.0, 1 - 2 * law.luck_share)
    levels = np.array([tail, 0.5, named, 1 - tail])
    found = []
    for size in asked:
        low, middle, prudent, high = log_quantiles(law, float(size), levels)
        down, up = (
            1 + (factor - 1) * (1 - law.luck_share) for factor in law.prior.stretch(float(np.log2(size / law.largest)))
        )
        luck = NormalDist().inv_cdf(1 - tail) * law.luck**0.5
        low = middle - float(np.hypot(down * (middle - low), luck))
        high = middle + float(np.hypot(up * (high - middle), luck))
        error, low, high = (_back(value) for value in (prudent, min(low, prudent), max(high, prudent)))
        found.append(Expectation(error, low, high))
    return found


def read_line(line: list[dict[str, float]], size: float) -> dict[str, float] | None:
    """Return a forecast at a size, read from its stored line: `error`, `low` and `high`; None outside the line.

    The line's points are dense. Between them the figures are interpolated linearly in the logarithm of the size.
    """
    sizes = np.log([row["size"] for row in line])
    if not len(sizes) or not sizes[0] <= np.log(size) <= sizes[-1]:
        return None
    return {key: float(np.interp(np.log(size), sizes, [row[key] for row in line])) for key in ("error", "low", "high")}


def log_quantiles(law: Law, size: float, levels: Array) -> Array:
    """Return quantiles of log(e + ε) of the curve at a size, shape (n_levels,).

    They do not include a measurement's luck and are not stretched.
    """
    logs = law.log_error(np.array([size]))[:, 0]
    variance = ahead_variance(law.sigma, float(np.log2(size / law.largest))) + law.spread**2
    values = logs[:, None] + np.sqrt(variance)[:, None] * _STANDARD[None, :]
    weight = law.weight[:, None] * _STANDARD_WEIGHT[None, :]
    return weighted_quantiles(values.ravel(), weight.ravel(), levels)


def _back(value: float) -> float:
    return float(np.clip(np.exp(value) - EPSILON, 0.0, 1.0))
