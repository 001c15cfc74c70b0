"""The temperature that calibrates a classifier's probabilities.

Source: C. Guo et al., "On calibration of modern neural networks", ICML 2017.
"""

import numpy as np
from numpy.typing import NDArray

FEWEST = 20  # validation items; fewer say too little
RANGE = (0.25, 4.0)


def best(logits: NDArray[np.float64], soft: NDArray[np.float64]) -> float:
    """Return the temperature T that makes the labels likeliest, given how uncertain they are.

    A label is right with probability p, otherwise it is any of the others. So if the model gives the label's class the
    probability q, the label has the likelihood p · q + (1 − p) / (k − 1) · (1 − q). A model that is surer than its uncertain
    labels is not called overconfident for it.

    Args:
        logits: shape (n, n_classes).
        soft: shape (n, n_classes), rows that sum to 1.

    Returns:
        T from 0.25 to 4, by golden-section search over log T. A weak prior of T = 1, worth two items, keeps a perfect
        validation from ending at the edge.
    """
    low, high = np.log(RANGE)
    ratio = (np.sqrt(5) - 1) / 2
    for _ in range(30):
        one, other = high - ratio * (high - low), low + ratio * (high - low)
        if _loss(logits, soft, one) < _loss(logits, soft, other):
            high = other
        else:
            low = one
    return float(np.exp((low + high) / 2))


def _loss(logits: NDArray[np.float64], soft: NDArray[np.float64], log_temperature: float) -> float:
    scaled = logits / np.exp(log_temperature)
    scaled = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    given, sure = soft.argmax(axis=1), soft.max(axis=1)
    q = scaled[np.arange(len(given)), given] / scaled.sum(axis=1)
    others = max(soft.shape[1] - 1, 1)
    seen = sure * q + (1 - sure) / others * (1 - q)
    return float(-np.log(np.maximum(seen, 1e-12)).sum() + 2.0 * log_temperature**2)
