"""The two passes over all answers that expectation maximisation consists of.

Items are processed in blocks whose probabilities fit into the processor's cache: twice as fast as one product over all of them,
and without copies of the size of the data.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from datasets.aggregation.answers import UNKNOWN, Answers

Array = NDArray[np.float64]
CELLS = 65_536  # probabilities in a block
LEAST = 1e-10  # the smallest probability used, so that one impossible answer does not rule a class out


class Passes:
    """Answers cut into blocks of items."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        given, size = answers.given, max(1, CELLS // answers.n_classes)
        self._blocks: list[tuple[slice, sparse.csr_array, sparse.csc_array]] = []
        for start in range(0, answers.n_items, size):
            rows = slice(start, min(start + size, answers.n_items))
            first, last = given.indptr[rows.start], given.indptr[rows.stop]
            pointers = given.indptr[rows.start : rows.stop + 1] - first
            shape = (rows.stop - rows.start, given.shape[1])
            block = sparse.csr_array((given.data[first:last], given.indices[first:last], pointers), shape=shape)
            self._blocks.append((rows, block, block.T))

    def expect(self, table: Array, prior: Array, probabilities: Array) -> float:
        """Write the items' probabilities, q_i[t] ∝ prior[t] · Π_answers table[w, a, t], and return their mean change.

        Args:
            table: shape (n_workers · n_classes, n_classes), row w·n_classes + a, column t: log P(w answers a | truth t).
            prior: shape (n_classes,), probabilities.
            probabilities: shape (n_items, n_classes), written in place; known items are kept.

        Returns:
            Half the L1 distance to the old values, as the mean over items with answers.
        """
        log_prior, change, known = np.log(np.maximum(prior, LEAST)), 0.0, self.answers.known
        for rows, block, _ in self._blocks:
            new = softmax(block @ table + log_prior)
            old = probabilities[rows]
            if known is not None:
                there = known[rows] != UNKNOWN
                new[there] = old[there]
            change += float(np.abs(new - old).sum())
            old[:] = new
        return change / 2 / self.answers.answered

    def count(self, probabilities: Array) -> Array:
        """Return how often each worker gave each class to items of each truth, weighted by the items' probabilities.

        Args:
            probabilities: shape (n_items, n_classes).

        Returns:
            Shape (n_workers, n_classes, n_classes): worker, truth, answer.
        """
        n_workers, n_classes = self.answers.n_workers, self.answers.n_classes
        counts = np.zeros((max(n_workers, 1) * n_classes, n_classes))
        for rows, _, turned in self._blocks:
            counts += turned @ probabilities[rows]
        return counts.reshape(-1, n_classes, n_classes)[:n_workers].transpose(0, 2, 1)

    def edges(self) -> Iterator[tuple[slice, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
        """Yield for each block its items, and for its answers the item within the block, the worker and the class."""
        n_classes = self.answers.n_classes
        for rows, block, _ in self._blocks:
            items = np.repeat(np.arange(rows.stop - rows.start), np.diff(block.indptr))
            yield rows, items, block.indices // n_classes, block.indices % n_classes


def by_answer(table: Array) -> Array:
    """Return a table (worker, truth, answer) as the (worker · answer, truth) that `Passes.expect` takes."""
    return np.ascontiguousarray(table.transpose(0, 2, 1)).reshape(-1, table.shape[1])


def softmax(logs: Array) -> Array:
    """Return exp(logs) with rows that sum to 1, in place.

    If there are few columns, it works column by column, as rows are short.
    """
    if logs.shape[1] <= 16:
        largest = logs[:, 0].copy()
        for column in range(1, logs.shape[1]):
            np.maximum(largest, logs[:, column], out=largest)
    else:
        largest = logs.max(axis=1)
    logs -= largest[:, None]
    np.exp(logs, out=logs)
    logs /= (logs @ np.ones(logs.shape[1]))[:, None]
    return logs


def class_prior(answers: Answers, probabilities: Array, pseudo: float = 0.0) -> Array:
    """Return the share of each class among items with answers, shape (n_classes,), each with `pseudo` pseudo-items."""
    n_classes = answers.n_classes
    total = probabilities[answers.per_item > 0].sum(axis=0) + pseudo
    whole = total.sum()
    return np.asarray(total / whole) if whole > 0 else np.full(n_classes, 1.0 / n_classes)
