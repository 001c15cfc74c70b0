"""What models say of items they have not learned from: which labels are probably wrong, and how noisy labels are.

Each item is judged by models trained on the other half of the items (two-fold cross-validation), so a wrong label cannot
have been learned by heart.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
SUREST = 1 / 3  # of the items, by the model's own sureness: noise is read off them
FEWEST = 30  # items to read noise off
Z80 = 1.2816


@dataclass(frozen=True)
class Noise:
    """The share of labels that are wrong, with its 80 % interval, and how many items it was read off."""

    rate: float
    low: float
    high: float
    items: int


def suspects(probabilities: Array, codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places of labels that are probably wrong, the surest first: confident learning.

    A label is suspect where the model's probability of another class is above what that class usually gets from items that carry
    it, and above that of the given label. They are ranked by how much likelier the other class is.

    Args:
        probabilities: shape (n, n_classes), out of sample.
        codes: shape (n,), the labels.

    Source: C. Northcutt et al., "Confident learning: estimating uncertainty in dataset labels", JAIR 2021.
    """
    n, k = probabilities.shape
    usual = np.array(
        [probabilities[codes == code, code].mean() if (codes == code).any() else np.inf for code in range(k)]
    )
    given = probabilities[np.arange(n), codes]
    confident = np.where(probabilities >= usual[None, :], probabilities, -1.0)
    confident[np.arange(n), codes] = -1.0
    other = confident.max(axis=1)
    found = np.flatnonzero(other > given)
    return np.asarray(found[np.argsort(given[found] - other[found], kind="stable")], dtype=np.int64)


def noise(probabilities: Array, codes: NDArray[np.int64]) -> Noise | None:
    """Return how many labels are wrong, read off the items the model is surest of; None where there are too few.

    Where a model is sure of an item it has not learned from, and is any good, its label is wrong when the two
    disagree. Of labels that are hard to learn but right, a model is not sure. So the share that disagrees among the
    surest third is an estimate of the noise, a little too high where the model is poor; its interval is the Wilson
    interval of that share.
    """
    n = len(codes)
    count = int(n * SUREST)
    if count < FEWEST:
        return None
    top = np.sort(probabilities, axis=1)
    margin = top[:, -1] - (top[:, -2] if probabilities.shape[1] > 1 else 0.0)
    surest = np.argsort(-margin, kind="stable")[:count]
    wrong = float(np.mean(probabilities[surest].argmax(axis=1) != codes[surest]))
    centre = (wrong + Z80**2 / (2 * count)) / (1 + Z80**2 / count)
    half = Z80 / (1 + Z80**2 / count) * np.sqrt(wrong * (1 - wrong) / count + Z80**2 / (4 * count**2))
    return Noise(wrong, float(max(0.0, centre - half)), float(min(1.0, centre + half)), count)


def worth_of_a_label(rate: float, n_classes: int) -> float:
    """Return how many clean labels one label with noise is worth for learning: (1 − rate · k / (k − 1))².

    Labels that are wrong in a share `rate` of the cases, evenly over the other classes, carry a signal weaker by the
    factor in brackets; as many more are needed as its square. Source: D. Angluin and P. Laird, "Learning from noisy
    examples", Machine Learning 1988.

    Example:
        >>> round(worth_of_a_label(0.25, 2), 2)
        0.25
    """
    k = max(2, n_classes)
    return max(0.0, 1 - rate * k / (k - 1)) ** 2
