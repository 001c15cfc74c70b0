"""What every method of aggregation returns."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Result:
    """Labels with their probability, and what was learned of the workers.

    Attributes:
        probabilities: shape (n_items, n_classes), rows sum to 1; an item without answers has the prior.
        confusion: shape (n_workers, n_classes, n_classes), `confusion[w, t, a]` = P(w answers a | truth is t), or None.
        prior: shape (n_classes,), the share of each class.
        worker_accuracy: shape (n_workers,), the expected share of right answers under the prior.
        iterations: how many were made.
        converged: whether the change fell under the tolerance.
    """

    probabilities: NDArray[np.float64]
    confusion: NDArray[np.float64] | None
    prior: NDArray[np.float64]
    worker_accuracy: NDArray[np.float64]
    iterations: int
    converged: bool

    @property
    def labels(self) -> NDArray[np.int64]:
        """The most probable class of each item, shape (n_items,); of equals the first."""
        return np.asarray(self.probabilities.argmax(axis=1), dtype=np.int64)

    @property
    def confidence(self) -> NDArray[np.float64]:
        """The probability of each item's label, shape (n_items,)."""
        return np.asarray(self.probabilities.max(axis=1, initial=0.0), dtype=np.float64)
