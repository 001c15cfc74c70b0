"""What answers add up to where an answer is not one of a few classes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets.aggregation.answers import Answers
from datasets.aggregation.communities import communities
from datasets.aggregation.result import Result

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Given:
    """Answers of any shape.

    Attributes:
        items, workers: shape (n_answers,), codes from 0; one worker answers an item at most once.
        values: n_answers answers, in the form of their kind.
        n_items, n_workers: how many there are.

    Raises:
        ValueError: of different lengths, out of range, or two answers of one worker to an item (DuplicateAnswer).
    """

    items: NDArray[np.int64]
    workers: NDArray[np.int64]
    values: list[Any]
    n_items: int
    n_workers: int

    def __post_init__(self) -> None:
        if len(self.values) != len(self.items):
            raise ValueError("items, workers and values must have the same length")
        Answers(self.items, self.workers, np.zeros(len(self.items), np.int64), self.n_items, self.n_workers, 1)

    def of_items(self) -> list[list[int]]:
        """Return the places of each item's answers, by worker: their order does not matter to what they add up to."""
        found: list[list[int]] = [[] for _ in range(self.n_items)]
        for place in np.lexsort((self.workers, self.items)).tolist():
            found[self.items[place]].append(place)
        return found


@dataclass(frozen=True)
class Consensus:
    """Labels of any shape, with their probability, and what was learned of the workers.

    Attributes:
        values: n_items labels; None for an item without answers.
        probabilities: shape (n_items,), from 0 to 1; each kind says of what.
        worker_quality: shape (n_workers,), from 0 to 1; NaN where nothing is known.
        confusion: as in Result, where the kind allows it.
        iterations, converged: of the estimate.
    """

    values: list[Any]
    probabilities: Array
    worker_quality: Array
    confusion: Array | None
    iterations: int
    converged: bool


def presence(given: Given, of_item: NDArray[np.int64], named: list[set[int]]) -> Result:
    """Estimate which candidates are there: each is a yes-or-no question to all who answered its item.

    A worker's confusion matrix then holds how often they overlook what is there and mark what is not.

    Args:
        given: the answers.
        of_item: shape (n_candidates,), the item of each candidate (an option, a cluster of spans or shapes).
        named: for each answer, the candidates it names.

    Returns:
        A Result over candidates with the classes 0 (not there) and 1 (there).
    """
    answers_of = given.of_items()
    candidates, workers, said = [], [], []
    for candidate, item in enumerate(of_item.tolist()):
        for place in answers_of[item]:
            candidates.append(candidate)
            workers.append(given.workers[place])
            said.append(int(candidate in named[place]))
    asked, who, votes = (np.asarray(column, dtype=np.int64) for column in (candidates, workers, said))
    return communities(Answers(asked, who, votes, len(of_item), given.n_workers, 2))


def clustered(
    places: list[int],
    marks: list[list[Any]],
    alike: Callable[[Any, Any], float],
    extent: Callable[[Any], tuple[float, float]],
    least: float,
) -> list[list[tuple[int, int]]]:
    """Group marks of several answers that mean the same thing.

    The likest pairs of marks are joined first (average linkage against what is joined already), never two of one answer.

    Args:
        places: the answers.
        marks: for each answer, its marks.
        alike: a function of two marks, from 0 to 1.
        extent: where a mark begins and ends along a line; only marks whose extents meet are compared.
        least: marks less alike than this are different things.

    Returns:
        Groups of (answer, number of the mark within it).
    """
    every = [(place, number) for place in places for number in range(len(marks[place]))]
    ends = {one: extent(marks[one[0]][one[1]]) for one in every}
    every.sort(key=lambda one: ends[one])
    groups: list[list[tuple[int, int]]] = [[one] for one in every]
    where = {one: place for place, one in enumerate(every)}
    pairs = []
    for first, one in enumerate(every):
        for place in range(first + 1, len(every)):
            other = every[place]
            if ends[other][0] > ends[one][1]:
                break
            if one[0] != other[0]:
                share = alike(marks[one[0]][one[1]], marks[other[0]][other[1]])
                if share >= least:
                    pairs.append((-share, ends[one], ends[other], one, other))
    for *_, one, other in sorted(pairs, key=lambda pair: pair[:3]):
        left, right = where[one], where[other]
        if left == right or {place for place, _ in groups[left]} & {place for place, _ in groups[right]}:
            continue
        shares = [alike(marks[a][m], marks[b][n]) for a, m in groups[left] for b, n in groups[right]]
        if sum(shares) / len(shares) < least:
            continue
        for moved in groups[right]:
            where[moved] = left
        groups[left] += groups[right]
        groups[right] = []
    return [group for group in groups if group]


def weighted_median(values: list[float], weights: list[float]) -> float:
    """Return the value at which half the weight is reached; between two values where it is reached exactly.

    Example:
        >>> weighted_median([1, 5, 9], [1, 1, 1]), weighted_median([1, 3], [1, 1])
        (5.0, 2.0)
    """
    order = np.argsort(values, kind="stable")
    sorted_, reached = np.asarray(values, float)[order], np.cumsum(np.asarray(weights, float)[order])
    half = reached[-1] / 2
    place = int(np.searchsorted(reached, half * (1 - 1e-12)))
    if abs(reached[place] - half) <= half * 1e-9 and place + 1 < len(sorted_):
        return float((sorted_[place] + sorted_[place + 1]) / 2)
    return float(sorted_[place])


def mean_certainty(result: Result, of_item: NDArray[np.int64], answered: NDArray[np.int64]) -> Array:
    """Return for each item the mean probability of what was decided of its candidates.

    Where nobody marked anything there is no candidate; then n answers of “nothing” stand as (n + 1) ÷ (n + 2).
    """
    sure, count = np.zeros(len(answered)), np.zeros(len(answered))
    np.add.at(sure, of_item, result.confidence)
    np.add.at(count, of_item, 1)
    return np.where(count > 0, sure / np.maximum(count, 1), (answered + 1) / (answered + 2))
