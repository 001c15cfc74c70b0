"""What every aggregation method returns."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from datasets.aggregation.skill import Skill

MOST_CELLS = 200_000_000  # of a table of probabilities that is made dense


@dataclass(frozen=True)
class Result:
    """Labels with their probability, and what was learned about the workers.

    Attributes:
        table: shape (n_items, n_classes), the probability of each class, rows sum to 1; an item without answers has the prior.
            A dense array, or a sparse one (CSR) with very many classes.
        confusion: shape (n_workers, n_classes, n_classes), `confusion[w, t, a]` = P(w answers a | truth is t), or None.
        prior: shape (n_classes,), the share of each class.
        worker_accuracy: shape (n_workers,), the expected share of right answers under the prior; NaN if unknown.
        iterations: the number of rounds.
        converged: whether the change fell under the tolerance.
        named: shape (n_items,), the probability that the truth is among the classes in the table; None if it has all of them.
        offered: shape (n_items, n_classes), which classes an item's label can be: those that somebody gave it, so that no label
            is one that nobody said; None if it can be any.
        heard: shape (n_known, n_classes), what answers alone say about the gold items that have some, in their order; None if
            the method does not compute it.
        skill: how often each worker is right, with an interval; None if the method does not compute it.
        misled: the estimated share of items about which the whole crowd is wrong; the table already includes it.
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
        """The table as a dense array, shape (n_items, n_classes). Raises ValueError if it would not fit into memory."""
        if isinstance(self.table, np.ndarray):
            return self.table
        if self.table.shape[0] * self.table.shape[1] > MOST_CELLS:
            raise ValueError("the table of probabilities is too large to be written out; use `table`, which is sparse")
        return np.asarray(self.table.toarray(), dtype=np.float64)

    @property
    def labels(self) -> NDArray[np.int64]:
        """The most probable class of each item, of those offered, shape (n_items,); the first of equals."""
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
        """The probabilities as far as more answers can change them, shape (n_items, n_classes): as if nobody were misled."""
        others = self.table.shape[1] - 1
        if not self.misled or others < 1:
            return self.probabilities
        low = self.misled / others
        return np.asarray(np.clip((self.probabilities - low) / (1 - self.misled - low), 0.0, 1.0), dtype=np.float64)
