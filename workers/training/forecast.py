"""What a learning curve promises: the error at a size not reached yet, and the size at which a goal is reached."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workers.training.curve import SEED_NOISE, Law, weighted_quantiles

Array = NDArray[np.float64]
LEVEL = 0.8
MOST_GROWTH = 1000.0  # further than this from the largest size, nothing is promised


@dataclass(frozen=True)
class Expectation:
    """An expected error with the interval that holds it with the level's probability; all from 0 to 1."""

    error: float
    low: float
    high: float


def at(law: Law, size: float, level: float = LEVEL) -> Expectation:
    """Return the error to expect of one training run at a size.

    The interval covers what the curve leaves open and the luck of one run's seed. Raises ValueError for a size that is not
    positive, or a level outside (0, 1).
    """
    return along(law, np.array([size], dtype=np.float64), level)[0]


def along(law: Law, sizes: Array, level: float = LEVEL) -> list[Expectation]:
    """Return the error to expect at each of some sizes; see `at`."""
    if (np.asarray(sizes) <= 0).any() or not 0 < level < 1:
        raise ValueError("sizes must be positive and the level between 0 and 1")
    tail = (1 - level) / 2
    errors = law.error(sizes)
    # Seven points of a normal distribution stand for the seed's luck under every draw.
    luck = np.linspace(-1.9, 1.9, 7)
    luck_weight = np.exp(-0.5 * luck**2)
    weight = (law.weight[:, None] * (luck_weight / luck_weight.sum())[None, :]).ravel()
    found = []
    for column in errors.T:
        spread = np.clip(column[:, None] * (1 + SEED_NOISE * luck[None, :]), 0.0, 1.0).ravel()
        low, middle, high = weighted_quantiles(spread, weight, np.array([tail, 0.5, 1 - tail]))
        found.append(Expectation(error=float(middle), low=float(low), high=float(high)))
    return found


@dataclass(frozen=True)
class Reach:
    """How far a goal is: the median size that reaches it, or None where fewer than half of the laws ever do."""

    size: float | None
    probability: float


def to_reach(law: Law, goal: float, largest: float) -> Reach:
    """Return the training size at which the error is expected to fall to a goal, looking MOST_GROWTH × ahead at most."""
    left = goal - law.c
    with np.errstate(divide="ignore", invalid="ignore"):
        needed = np.where(left > 0, (law.a / np.where(left > 0, left, 1.0)) ** (1 / law.b), np.inf)
    reachable = needed <= largest * MOST_GROWTH
    probability = float(law.weight[reachable].sum())
    if probability < 0.5:
        return Reach(None, probability)
    size = float(weighted_quantiles(np.where(reachable, needed, np.inf), law.weight, np.array([0.5]))[0])
    return Reach(size, probability)
