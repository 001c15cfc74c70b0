"""The one form in which answers enter this package."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Codes = NDArray[np.integer]
UNKNOWN = -1


class DuplicateAnswer(ValueError):
    """A worker answered an item twice."""


@dataclass(frozen=True)
class Answers:
    """Answers to choice questions, as three arrays of codes.

    Attributes:
        items: shape (n_answers,), the item of each answer, from 0 to n_items − 1.
        workers: shape (n_answers,), who gave it, from 0 to n_workers − 1.
        classes: shape (n_answers,), what was answered, from 0 to n_classes − 1.
        n_items, n_workers, n_classes: how many there are of each; some may have no answer.
        known: shape (n_items,), the class of items whose truth is known (gold, a reviewer's decision), −1 for the others;
            None if nothing is known.

    Raises:
        ValueError: arrays of different lengths, codes out of range, or no class.
        DuplicateAnswer: one worker has two answers for one item.

    Example:
        >>> answers = Answers(np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([1, 1, 0]), 2, 2, 2)
        >>> answers.counts()
        array([[0., 2.],
               [1., 0.]])
    """

    items: Codes
    workers: Codes
    classes: Codes
    n_items: int
    n_workers: int
    n_classes: int
    known: Codes | None = None

    def __post_init__(self) -> None:
        if not len(self.items) == len(self.workers) == len(self.classes):
            raise ValueError("items, workers and classes must have the same length")
        if self.n_classes < 1:
            raise ValueError("there must be at least one class")
        for name, codes, size in (
            ("items", self.items, self.n_items),
            ("workers", self.workers, self.n_workers),
            ("classes", self.classes, self.n_classes),
        ):
            if len(codes) and (codes.min() < 0 or codes.max() >= size):
                raise ValueError(f"{name} must be codes from 0 to {size - 1}")
        if self.known is not None:
            if len(self.known) != self.n_items:
                raise ValueError("known must have one entry an item")
            if self.n_items and (self.known.min() < UNKNOWN or self.known.max() >= self.n_classes):
                raise ValueError(f"known must be codes from 0 to {self.n_classes - 1}, or -1")
        self._refuse_duplicates()

    def _refuse_duplicates(self) -> None:
        if self.by_item.nnz == len(self):
            return
        pairs = self.items.astype(np.int64) * self.n_workers + self.workers
        values, counts = np.unique(pairs, return_counts=True)
        first = values[counts > 1][0]
        raise DuplicateAnswer(f"worker {first % self.n_workers} answered item {first // self.n_workers} twice")

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def by_item(self) -> sparse.csr_array:
        """The answers by item and worker, shape (n_items, n_workers): 1 + class, sorted by worker within an item."""
        shape = self.n_items, max(self.n_workers, 1)
        return sparse.coo_array((self.classes + 1, (self.items, self.workers)), shape=shape).tocsr()

    @cached_property
    def given(self) -> sparse.csr_array:
        """Matrix of shape (n_items, n_workers · n_classes): 1 where that worker answered that item with that class."""
        by_item, columns = self.by_item, max(self.n_workers, 1) * self.n_classes
        kind = np.int32 if columns < 2**31 and len(self) < 2**31 else np.int64
        codes = by_item.indices.astype(kind) * kind(self.n_classes) + (by_item.data - 1).astype(kind)
        return sparse.csr_array((np.ones(len(self)), codes, by_item.indptr), shape=(self.n_items, columns))

    @cached_property
    def per_item(self) -> NDArray[np.int64]:
        """The number of answers of each item, shape (n_items,)."""
        return np.bincount(self.items, minlength=self.n_items)

    @cached_property
    def answered(self) -> int:
        """The number of items with answers, at least 1: the divisor of a mean over items."""
        return max(int((self.per_item > 0).sum()), 1)

    @cached_property
    def tested(self) -> NDArray[np.int64]:
        """The gold items that have an answer, in their order."""
        if self.known is None:
            return np.empty(0, dtype=np.int64)
        return np.flatnonzero((self.known != UNKNOWN) & (self.per_item > 0))

    @cached_property
    def per_worker(self) -> NDArray[np.int64]:
        """The number of answers of each worker, shape (n_workers,)."""
        return np.bincount(self.workers, minlength=self.n_workers)

    def counts(self) -> NDArray[np.float64]:
        """Return how often each item was given each class, shape (n_items, n_classes)."""
        return self.tally(None)

    def tally(self, weights: NDArray[np.float64] | None) -> NDArray[np.float64]:
        """Return the sum of weights, shape (n_answers,), over the answers that give an item a class; each weighs 1 for None.

        Shape (n_items, n_classes).
        """
        cells = self.items.astype(np.int64) * self.n_classes + self.classes
        flat = np.bincount(cells, weights=weights, minlength=self.n_items * self.n_classes)
        return np.asarray(flat, dtype=np.float64).reshape(self.n_items, self.n_classes)

    def settle(self, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
        """Overwrite estimates of shape (n_items, n_classes) with what is known, in place, and return them."""
        if self.known is not None:
            rows = np.flatnonzero(self.known != UNKNOWN)
            probabilities[rows] = 0.0
            probabilities[rows, self.known[rows]] = 1.0
        return probabilities

    def only(self, which: NDArray[np.bool_]) -> "Answers":
        """Return the answers selected by `which`, shape (n_answers,); items, workers and classes keep their codes."""
        codes = self.items[which], self.workers[which], self.classes[which]
        return Answers(*codes, self.n_items, self.n_workers, self.n_classes, self.known)

    def with_worker(self, items: Codes, classes: Codes) -> "Answers":
        """Return these answers and those of one more worker, the last: a model, which gets a confusion matrix like a worker.

        Its predictions should be cross-validated, made for each item without having seen that item's label.
        """
        return Answers(
            np.concatenate([self.items, items]),
            np.concatenate([self.workers, np.full(len(items), self.n_workers)]),
            np.concatenate([self.classes, classes]),
            self.n_items,
            self.n_workers + 1,
            self.n_classes,
            self.known,
        )

    @classmethod
    def coded(
        cls,
        items: Sequence[object],
        workers: Sequence[object],
        classes: Sequence[object],
        order: Sequence[object] | None = None,
        known: dict[object, object] | None = None,
    ) -> "tuple[Answers, list[object], list[object], list[object]]":
        """Return names coded as arrays.

        Args:
            items, workers, classes: one entry per answer, hashable.
            order: the classes in their order, if it is known; an answer outside it raises KeyError.
            known: the truth of some items; an item without answers is left out, a class that nobody answered is included.

        Returns:
            The answers, and the names of items, workers and classes in the order of their codes.
        """
        item_codes, item_names = code(items)
        worker_codes, worker_names = code(workers)
        known = dict(known or {})
        if order is None:
            class_codes, class_names = code([*classes, *known.values()])
            class_codes = class_codes[: len(classes)]
        else:
            class_names = list(order)
            position = {name: number for number, name in enumerate(class_names)}
            class_codes = np.fromiter((position[name] for name in classes), np.int64, len(classes))
        truth = None
        if known:
            position = {name: number for number, name in enumerate(class_names)}
            truth = np.fromiter(
                (position[known[name]] if name in known else UNKNOWN for name in item_names), np.int64, len(item_names)
            )
        sizes = len(item_names), len(worker_names), max(len(class_names), 1)
        return cls(item_codes, worker_codes, class_codes, *sizes, truth), item_names, worker_names, class_names


def code(names: Sequence[object]) -> tuple[NDArray[np.int64], list[object]]:
    """Return numbers for names, in the order of their first appearance, and the names."""
    position: dict[object, int] = {}
    codes = np.fromiter((position.setdefault(name, len(position)) for name in names), np.int64, len(names))
    return codes, list(position)
