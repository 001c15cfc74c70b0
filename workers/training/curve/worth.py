"""What the next sum of money buys, by the way it is spent: new items, more answers, or the items the model is least sure of.

Every way is converted to one measure: the training size at which plain new labels would give the same model. New items add
their number. More answers correct labels, and a label is worth more the less noise there is. Items that a model chooses are
worth a factor of plain ones. A trial on the present labels measures this factor: a model chooses half of the items, and the
result is compared with as many at random. The gain is the fall of the error between the present size and that one, under each
draw of the law, so what both have in common (the level, the floor) cancels out.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workers.training.curve.fit import Law, weighted_quantiles
from workers.training.curve.prior import EPSILON, ahead_variance

Array = NDArray[np.float64]
# What choosing usually brings before there is a trial: log of the factor, and its spread (as wide as two trials).
USUAL_FACTOR, USUAL_SPREAD = np.log(1.25), 0.35
FACTORS = (0.5, 4.0)
# They approximate a normal distribution.
CHANCES = np.array([-1.6, -0.8, 0.0, 0.8, 1.6])
CHANCES_WEIGHT = np.exp(-0.5 * CHANCES**2) / np.exp(-0.5 * CHANCES**2).sum()
QUANTILES = np.array([0.1, 0.5, 0.9])


@dataclass(frozen=True)
class Gain:
    """The expected fall of the error with an 80% interval, and the error after it. `size`: in plain new labels."""

    gain: float
    low: float
    high: float
    error: float
    size: float


def of_size(law: Law, size: float, spread: float = 0.0, now: float | None = None) -> Gain:
    """Return the gain of reaching a size from the size known now.

    The interval covers the uncertainty of the curve, and chance: both models depart from the curve, and each has the luck of
    its seed. Its lower end may be under zero.

    `spread` is the standard deviation of the logarithm of the step (size − now), if the step itself is uncertain. Raises
    ValueError for a size under the present one.
    """
    present = now or law.largest
    if size < present * (1 - 1e-9):
        raise ValueError("the size must not be under the present one")
    steps = (size - present) * np.exp(spread * CHANCES) if spread else np.array([size - present])
    step_weight = CHANCES_WEIGHT if spread else np.ones(1)
    octaves = float(np.log2(size / present))
    here, there = (np.sqrt(ahead_variance(law.sigma, ahead) + law.seed) for ahead in (0.0, octaves))
    # Axes: draw, step, chance of the present model, chance of the next one.
    before = np.exp(law.log_error(np.array([present]))[:, :, None] + here[:, None, None] * CHANCES) - EPSILON
    after = np.exp(law.log_error(present + steps)[:, :, None] + there[:, None, None] * CHANCES) - EPSILON
    fall = np.clip(before, 0.0, 1.0)[:, :, :, None] - np.clip(after, 0.0, 1.0)[:, :, None, :]
    weight = law.weight[:, None, None, None] * step_weight[:, None, None] * CHANCES_WEIGHT[:, None] * CHANCES_WEIGHT
    low, middle, high = weighted_quantiles(fall.ravel(), np.broadcast_to(weight, fall.shape).ravel(), QUANTILES)
    # Without more labels any gain is chance.
    middle = 0.0 if size <= present else middle
    mean = float(law.weight @ law.error(np.array([present]))[:, 0])
    return Gain(float(middle), float(low), float(high), max(0.0, mean - float(middle)), float(size))


def chosen_factor(law: Law, size: int, errors: Array, at_random: Array) -> tuple[float, float]:
    """Return how many plain labels one that a model chose is worth, as (factor, spread of its logarithm).

    Args:
        law: the curve.
        size: of the trial; half of these labels were chosen.
        errors: shape (n,), the errors of the runs with chosen items; empty if there was no trial.
        at_random: shape (m,), the errors at the same size with plain items.

    The size at which the plain curve reaches the trial's error shows what the chosen half was worth. It is mixed with the usual
    value, weighted by how certain each is.
    """
    if not len(errors) or not len(at_random):
        return float(np.exp(USUAL_FACTOR)), USUAL_SPREAD
    exponent = max(0.1, law.median(_slope(law, size)))
    gap = float(np.log(np.mean(at_random) + EPSILON) - np.log(np.mean(errors) + EPSILON))
    luck = np.sqrt(max(law.luck, 1e-4) * (1 / len(errors) + 1 / len(at_random))) / exponent
    equivalent = np.exp(np.clip(gap / exponent, -1.5, 1.5))
    factor = np.clip((equivalent * size - size / 2) / (size / 2), *FACTORS)
    spread = max(0.1, float(luck) * 2)
    trust = USUAL_SPREAD**2 / (USUAL_SPREAD**2 + spread**2)
    mixed = USUAL_FACTOR + trust * (np.log(factor) - USUAL_FACTOR)
    return float(np.exp(mixed)), float(np.sqrt(trust) * spread)


def _slope(law: Law, size: float) -> Array:
    """Return −d log e / d log n of each draw at a size."""
    near = law.log_error(np.array([size, size * 1.05]))
    return np.asarray((near[:, 0] - near[:, 1]) / np.log(1.05), dtype=np.float64)


def cleaned_size(size: float, worth_now: float, worth_then: float) -> float:
    """Return the size in present labels that `size` labels are worth once they are cleaner; never under the present size."""
    return max(size, size * worth_then / worth_now) if worth_now > 0 else size


def of_label(rate: float, n_classes: int, power: float = 2.0) -> float:
    """Return how many clean labels one label with noise is worth for learning: (1 − rate · k / (k − 1))^power.

    If a share `rate` of the labels is wrong, evenly over the other classes, their signal is weaker by the factor in brackets.
    The number of labels must then grow by at least its inverse square. Source: D. Angluin and P. Laird, "Learning from noisy
    examples", Machine Learning 1988.

    Example:
        >>> round(of_label(0.25, 2), 2)
        0.25
    """
    k = max(2, n_classes)
    return float(max(0.0, 1 - rate * k / (k - 1)) ** power)
