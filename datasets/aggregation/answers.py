"""The one form in which answers enter the room."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Codes = NDArray[np.int64]


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
        pairs = self.items.astype(np.int64) * max(self.n_workers, 1) + self.workers
        values, counts = np.unique(pairs, return_counts=True)
        if len(values) < len(pairs):
            first = values[counts > 1][0]
            raise DuplicateAnswer(f"worker {first % self.n_workers} answered item {first // self.n_workers} twice")

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def given(self) -> sparse.csr_matrix:
        """Matrix of shape (n_items, n_workers · n_classes): 1 where that worker answered that item with that class."""
        columns = self.workers * self.n_classes + self.classes
        shape = (self.n_items, self.n_workers * self.n_classes)
        return sparse.csr_matrix((np.ones(len(self)), (self.items, columns)), shape=shape)

    def counts(self) -> NDArray[np.float64]:
        """Return how often each item was given each class, shape (n_items, n_classes)."""
        flat = np.bincount(self.items * self.n_classes + self.classes, minlength=self.n_items * self.n_classes)
        return flat.reshape(self.n_items, self.n_classes).astype(np.float64)

    @classmethod
    def coded(
        cls,
        items: Sequence[object],
        workers: Sequence[object],
        classes: Sequence[object],
        order: Sequence[object] | None = None,
    ) -> "tuple[Answers, list[object], list[object], list[object]]":
        """Code names into arrays.

        Args:
            items, workers, classes: one entry an answer, hashable.
            order: the classes in their order, where it is known; an answer outside it raises KeyError.

        Returns:
            The answers, and the names of items, workers and classes in the order of their codes.
        """
        item_codes, item_names = _code(items)
        worker_codes, worker_names = _code(workers)
        if order is None:
            class_codes, class_names = _code(classes)
        else:
            class_names = list(order)
            position = {name: code for code, name in enumerate(class_names)}
            class_codes = np.fromiter((position[name] for name in classes), np.int64, len(classes))
        answers = cls(item_codes, worker_codes, class_codes, len(item_names), len(worker_names), len(class_names))
        return answers, item_names, worker_names, class_names


def _code(names: Sequence[object]) -> tuple[Codes, list[object]]:
    position: dict[object, int] = {}
    codes = np.fromiter((position.setdefault(name, len(position)) for name in names), np.int64, len(names))
    return codes, list(position)
