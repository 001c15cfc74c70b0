"""The next purchase on the way to a goal: the number of labels, their cost, the chance that they reach it, and when to stop.

Labels are bought in stages. After each stage, models are trained on all labels, and the curve becomes clearer. While much is
uncertain, the step is small; it grows as the needed size becomes clear.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workers.training.curve.fit import Law, weighted_quantiles
from workers.training.curve.forecast import MOST_GROWTH
from workers.training.curve.prior import EPSILON, ahead_variance

Array = NDArray[np.float64]
HORIZON = 12.0  # times today's labels; a goal that is further away counts as not reached
UNLIKELY = 0.1  # a goal with less chance than this is called out of reach, or unlikely
HOPE = 0.15  # with less chance than this of reaching the goal within the horizon: stop
SURE = 0.8  # with this chance that the goal is already met, nothing more is bought
LEAST_STEP, MOST_STEP = 1.12, 2.5  # of today's labels, in one purchase
STAGE = 0.2  # the cost of one more stage, as a share of the labels that are needed
STEPS = 24  # sizes that are tried
ROUNDS, MOST_OCTAVES = 3, 6.0
NORMAL = np.linspace(-1.96, 1.96, 9)
NORMAL_WEIGHT = np.exp(-0.5 * NORMAL**2) / np.exp(-0.5 * NORMAL**2).sum()


@dataclass(frozen=True)
class Advice:
    """What to do next.

    `action`: "met", "buy" or "stop". `size`: the labels to have after the purchase; `labels`: how many more those are; `money`:
    what they and one training cost. `chance`: the probability that the goal is met then. `most`: the labels that can be had,
    HORIZON times today's or as many as money and time allow; `ever`: the probability that the goal is met with them. `low`,
    `middle`, `high`: the size that is needed, with its 80% interval; infinite if it may never be enough.
    """

    action: str
    size: float
    labels: int
    money: float
    chance: float
    most: float
    ever: float
    low: float
    middle: float
    high: float

    @property
    def why(self) -> str:
        """Return a sentence that says why this is advised."""
        if self.action == "met":
            return f"The goal is met already with a chance of {100 * self.chance:.0f}%."
        if self.action == "stop":
            return f"The goal is met with a chance of {100 * self.ever:.0f}% only, with all the labels you can get."
        return (
            f"{self.labels:,} labels more meet the goal with a chance of {100 * self.chance:.0f}%; up to {self.most:,.0f} in "
            f"all, with one of {100 * self.ever:.0f}%. Stop when that falls under {100 * HOPE:.0f}%."
        )


def advise(
    law: Law,
    goal: float,
    price: float = 0.0,
    training_cost: float = 0.0,
    money: float | None = None,
    most_labels: float | None = None,
) -> Advice:
    """Return the next purchase towards a goal.

    Args:
        law: the curve; `law.largest` is the present number of labels.
        goal: the target error, between 0 and 1.
        price: of one label, at least 0; if it is 0, only the number of labels counts.
        training_cost: of training on them once, at least 0.
        money: the most that may be spent; None for no limit.
        most_labels: the most labels that can be had, for instance by a date; None for no limit.

    Raises:
        ValueError: goal, price, training_cost, money or most_labels out of range.
    """
    today, (sizes, weight) = law.largest, needed(law, goal)
    if not all(math.isfinite(one) and one >= 0 for one in (price, training_cost, money or 0.0, most_labels or 0.0)):
        raise ValueError("prices, money and labels must be finite and not negative")
    horizon = HORIZON * today
    if money is not None and price > 0:
        horizon = min(horizon, today + max(0.0, money - training_cost) / price)
    if most_labels is not None:
        horizon = min(horizon, today + most_labels)
    ever = float(weight[sizes <= horizon].sum())
    low, middle, high = _interval(sizes, weight)
    met = float(weight[sizes <= today].sum())
    if met >= SURE:
        return Advice("met", today, 0, 0.0, met, horizon, max(ever, met), low, middle, high)
    if ever < HOPE or horizon < today * 1.01:
        return Advice("stop", today, 0, 0.0, met, horizon, ever, low, middle, high)
    size = _step(sizes, weight, today, horizon, training_cost / price if price > 0 else 0.0)
    labels = max(1, min(math.ceil(size - today), math.floor(horizon - today)))
    chance = float(weight[sizes <= today + labels].sum())
    return Advice(
        "buy", today + labels, labels, labels * price + training_cost, chance, horizon, ever, low, middle, high
    )


def needed(law: Law, goal: float) -> tuple[Array, Array]:
    """Return the sizes at which the goal may be met, and their weights, both of shape (n,); infinite if never.

    Each draw of the law gives one size for each of several departures of the curve from the draw. A departure grows with the
    distance from today's size, so the size and its departure are computed in turn. Raises ValueError for a goal outside (0, 1).
    """
    if not 0 < goal < 1:
        raise ValueError("the goal must be between 0 and 1")
    aim = np.log(goal + EPSILON)
    sizes = np.repeat(law.size_for(goal)[None, :], len(NORMAL), axis=0)
    for _ in range(ROUNDS):
        octaves = np.log2(np.clip(sizes / law.largest, 1.0, 2.0**MOST_OCTAVES))
        spread = np.sqrt(ahead_variance(law.sigma, octaves) + law.spread**2)
        sizes = np.array([law.size_for_log(aim - step * each) for step, each in zip(NORMAL, spread, strict=True)])
    weight = law.weight[None, :] * NORMAL_WEIGHT[:, None]
    return sizes.ravel(), weight.ravel()


@dataclass(frozen=True)
class Reach:
    """How far away a goal is: the chance to meet it within the range of forecasts, and the size that is needed.

    `low`, `middle`, `high`: its median and 80% interval; infinite if it may never be enough.
    """

    chance: float
    low: float
    middle: float
    high: float

    @property
    def out_of_reach(self) -> bool:
        """Whether the goal has almost no chance to be met."""
        return self.chance < UNLIKELY


def reach(law: Law, goal: float) -> Reach:
    """Return how far away a goal is, looking MOST_GROWTH times ahead. Raises ValueError for a goal outside (0, 1)."""
    sizes, weight = needed(law, goal)
    sizes = np.where(sizes <= law.largest * MOST_GROWTH, sizes, np.inf)
    return Reach(float(weight[np.isfinite(sizes)].sum()), *_interval(sizes, weight))


def _interval(sizes: Array, weight: Array) -> tuple[float, float, float]:
    """Return the 80% interval with the median in its middle: (low, median, high)."""
    low, middle, high = weighted_quantiles(sizes, weight, np.array([0.1, 0.5, 0.9]))
    return float(low), float(middle), float(high)


def _step(sizes: Array, weight: Array, today: float, horizon: float, training: float) -> float:
    """Return the size to buy up to: the one with the smallest expected cost of unneeded labels and further stages.

    `training`: the cost of one training, in labels.
    """
    there = sizes <= horizon
    sizes, weight = np.maximum(sizes[there], today), weight[there] / weight[there].sum()
    tried = np.array([horizon])
    if horizon > today * LEAST_STEP:
        tried = np.geomspace(today * LEAST_STEP, min(today * MOST_STEP, horizon), STEPS)
    costs = []
    for size in tried:
        beyond = sizes > size
        over = float((weight * np.where(beyond, 0.0, size - sizes)).sum())
        again = float((weight * beyond * (STAGE * sizes + training)).sum())
        costs.append(over + again)
    return float(tried[int(np.argmin(costs))])
