"""Which items a model would gain most from: those that it is unsure of and that differ from each other.

Method: take the items with the smallest margins between the two likeliest classes. The next item is the one with the largest
product of its squared uncertainty and its squared distance, in the model's features, from all items chosen before it.

Sources: D. Lewis and W. Gale, "A sequential algorithm for training text classifiers", SIGIR 1994 (uncertainty); O. Sener and S.
Savarese, "Active learning for convolutional neural networks: a core-set approach", ICLR 2018 (distance); J. Ash et al., "Deep
batch active learning by diverse, uncertain gradient lower bounds", ICLR 2020 (both together).
"""

import numpy as np
from numpy.typing import NDArray

CANDIDATES = 30  # the number of unsure items considered, per item to choose


def unsureness(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 − (the likeliest class's probability − the second's), shape (n, k) → (n,), from 0 to 1.

    Example:
        >>> unsureness(np.array([[0.9, 0.1], [0.5, 0.5]])).round(2).tolist()
        [0.2, 1.0]
    """
    if probabilities.shape[1] < 2:
        return np.zeros(len(probabilities))
    two = np.partition(probabilities, -2, axis=1)[:, -2:]
    return np.asarray(1 - (two[:, 1] - two[:, 0]), dtype=np.float64)


def choose(
    unsure: NDArray[np.float64],
    features: NDArray[np.float64],
    count: int,
    known: NDArray[np.float64] | None = None,
) -> NDArray[np.int64]:
    """Return the positions of the items to ask about next, the most useful first.

    Args:
        unsure: shape (n,), from 0 to 1.
        features: shape (n, d), what the model sees in the items.
        count: how many are wanted; all items if there are fewer.
        known: shape (m, d), features of items that have labels; optional.

    Raises:
        ValueError: shapes that do not fit, or values that are not finite.
    """
    n = len(unsure)
    if features.ndim != 2 or len(features) != n or not (np.isfinite(unsure).all() and np.isfinite(features).all()):
        raise ValueError("one finite unsureness and one row of finite features an item are needed")
    count = min(count, n)
    candidates = np.argsort(-unsure, kind="stable")[: count * CANDIDATES]
    seen = _unit(features)[candidates]
    weight = unsure[candidates] ** 2 + 1e-6
    nearest = np.full(len(candidates), 2.0)
    if known is not None and len(known):
        for row in _unit(known)[:: max(1, len(known) // 500)]:
            nearest = np.minimum(nearest, 1 - seen @ row)
    chosen = np.zeros(count, dtype=np.int64)
    taken = np.zeros(len(candidates), dtype=bool)
    for place in range(count):
        score = np.where(taken, -1.0, weight * np.maximum(nearest, 1e-9))
        best = int(score.argmax())
        chosen[place], taken[best] = candidates[best], True
        nearest = np.minimum(nearest, 1 - seen @ seen[best])
    return chosen


def _unit(features: NDArray[np.float64]) -> NDArray[np.float64]:
    length = np.linalg.norm(features, axis=1, keepdims=True)
    return np.asarray(features / np.maximum(length, 1e-12), dtype=np.float64)
