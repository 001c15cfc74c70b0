"""What every method of aggregation returns."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from datasets.aggregation.skill import Skill

MOST_CELLS = 200_000_000  # of a table of probabilities that is written out


@dataclass(frozen=True)
class Result:
    """Labels with their probability, and what was learned of the workers.

    Attributes:
        table: shape (n_items, n_classes), the probability of each class, rows sum to 1; an item without answers has the prior.
            A dense array, or a sparse one (CSR) where there are very many classes.
        confusion: shape (n_workers, n_classes, n_classes), `confusion[w, t, a]` = P(w answers a | truth is t), or None.
        prior: shape (n_classes,), the share of each class.
        worker_accuracy: shape (n_workers,), the expected share of right answers under the prior; NaN where unknown.
        iterations: how many were made.
        converged: whether the change fell under the tolerance.
        named: shape (n_items,), the probability that the truth is among the classes the table holds; None where it holds all.
        offered: shape (n_items, n_classes), which classes an item's label can be: those somebody gave it, so that no label is one
            that nobody said; None where it can be any.
        heard: shape (n_known, n_classes), what answers alone say of the gold items that have some, in their order; None where
            the method does not tell.
        skill: how often each worker is right, with an interval; None where the method does not tell.
        misled: the share of items about which the whole crowd is taken to be wrong; it is in the table already.
    """

    table: NDArray[np.float64] | sparse.csr_array
    confusion: NDArray[np.float64] | None
    prior: NDArray[np.float64]
    worker_accuracy: NDArray[np.float64]
    iterations: int
    converged: bool
    named: NDArray[np.float64] | None = None
    misled: float = 0.0
    offered: NDArray[np.bool_] | None = None
    heard: NDArray[np.float64] | None = None
    skill: Skill | None = None

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """The table as a dense array, shape (n_items, n_classes). Raises ValueError where it would not fit into memory."""
        if isinstance(self.table, np.ndarray):
            return self.table
        if self.table.shape[0] * self.table.shape[1] > MOST_CELLS:
            raise ValueError("the table of probabilities is too large to be written out; use `table`, which is sparse")
        return np.asarray(self.table.toarray(), dtype=np.float64)

    @property
    def labels(self) -> NDArray[np.int64]:
        """The most probable class of each item, of those offered, shape (n_items,); of equals the first."""
        if isinstance(self.table, np.ndarray):
            chances = self.table if self.offered is None else np.where(self.offered, self.table, -1.0)
            return np.asarray(chances.argmax(axis=1), dtype=np.int64)
        return np.asarray(self.table.argmax(axis=1), dtype=np.int64).ravel()

    @property
    def confidence(self) -> NDArray[np.float64]:
        """The probability of each item's label, shape (n_items,)."""
        if isinstance(self.table, np.ndarray):
            chances = self.table if self.offered is None else np.where(self.offered, self.table, 0.0)
            return np.asarray(chances.max(axis=1, initial=0.0), dtype=np.float64)
        largest = np.asarray(self.table.max(axis=1).toarray(), dtype=np.float64).ravel()
        return largest if self.named is None else largest * self.named

    @property
    def from_answers(self) -> NDArray[np.float64]:
        """The probabilities as far as more answers can move them, shape (n_items, n_classes): as if nobody were misled."""
        others = self.table.shape[1] - 1
        if not self.misled or others < 1:
            return self.probabilities
        low = self.misled / others
        return np.asarray(np.clip((self.probabilities - low) / (1 - self.misled - low), 0.0, 1.0), dtype=np.float64)
