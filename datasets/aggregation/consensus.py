"""Labels from answers that are not one of a few classes."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets.aggregation.answers import Answers
from datasets.aggregation.communities import communities
from datasets.aggregation.result import Result

Array = NDArray[np.float64]
NEAREST = 64  # marks of an item that are compared with each mark
MOST_LINKED = 16  # marks of a group that are compared with another group
VOTERS = 60  # of an item whose candidates have more than MOST_VOTES votes
MOST_VOTES = 100_000


@dataclass(frozen=True)
class Given:
    """Answers of any shape.

    Attributes:
        items, workers: shape (n_answers,), codes from 0; one worker answers an item at most once.
        values: n_answers answers, in the form of their kind.
        n_items, n_workers: how many there are.

    Raises:
        ValueError: different lengths, codes out of range, or two answers of one worker to an item (DuplicateAnswer).
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
        """Return the positions of each item's answers, sorted by worker, so that the order of answers changes no label."""
        found: list[list[int]] = [[] for _ in range(self.n_items)]
        for place in np.lexsort((self.workers, self.items)).tolist():
            found[self.items[place]].append(place)
        return found


@dataclass(frozen=True)
class Consensus:
    """Labels of any shape, with their probability, and what was learned about the workers.

    Attributes:
        values: n_items labels; None for an item without answers.
        probabilities: shape (n_items,), from 0 to 1; each kind says of what.
        worker_quality: shape (n_workers,), from 0 to 1; NaN if nothing is known.
        confusion: as in Result, if the kind allows it.
        between: the ends of the 95% interval of `worker_quality`, each of shape (n_workers,).
        iterations, converged: of the estimate.
    """

    values: list[Any]
    probabilities: Array
    worker_quality: Array
    confusion: Array | None
    iterations: int
    converged: bool
    between: tuple[Array, Array] | None = None


def presence(given: Given, of_item: NDArray[np.int64], named: list[set[int]]) -> Result:
    """Estimate which candidates are there: each is a yes-or-no question to everyone who answered its item.

    A worker's confusion matrix then says how often they overlook what is there and mark what is not.

    If an item has more than VOTERS answers and more than MOST_VOTES votes, a random sample of its answers votes: as many as
    MOST_VOTES allows, at least VOTERS. It is the same sample each time.

    Args:
        given: the answers.
        of_item: shape (n_candidates,), the item of each candidate (an option, a cluster of spans or shapes).
        named: for each answer, the candidates it names.

    Returns:
        A Result over candidates with the classes 0 (not there) and 1 (there).
    """
    count = np.bincount(of_item, minlength=given.n_items) if len(of_item) else np.zeros(given.n_items, np.int64)
    answers_of = [_voters(places, int(many)) for places, many in zip(given.of_items(), count, strict=True)]
    candidates, workers, said = [], [], []
    for candidate, item in enumerate(of_item.tolist()):
        for place in answers_of[item]:
            candidates.append(candidate)
            workers.append(given.workers[place])
            said.append(int(candidate in named[place]))
    asked, who, votes = (np.asarray(column, dtype=np.int64) for column in (candidates, workers, said))
    return communities(Answers(asked, who, votes, len(of_item), given.n_workers, 2))


def _voters(places: list[int], candidates: int) -> list[int]:
    most = max(VOTERS, MOST_VOTES // max(candidates, 1))
    if len(places) <= most:
        return places
    drawn = np.random.default_rng(0).choice(len(places), size=most, replace=False)
    return [places[place] for place in np.sort(drawn).tolist()]


def clustered(
    places: list[int],
    marks: list[list[Any]],
    alike: Callable[[Any, Any], float],
    sort: Callable[[Any], Hashable],
    where: Callable[[Any], tuple[float, ...]],
    least: float,
) -> list[list[tuple[int, int]]]:
    """Return groups of marks in several answers that mean the same thing.

    The most similar pairs of marks are joined first (average linkage with the marks already joined), never two of one answer. A
    mark is compared with the NEAREST marks of its sort around it, and with all if there are no more. So the number of
    comparisons is at most NEAREST times the number of marks.

    Args:
        places: the answers.
        marks: for each answer, its marks.
        alike: a function of two marks, from 0 to 1.
        sort: what two marks must share to be compared at all, such as their label.
        where: where a mark is; similar marks are near each other.
        least: marks that are less similar than this are different things.

    Returns:
        Groups of (answer, number of the mark within it).
    """
    every = [(place, number) for place in places for number in range(len(marks[place]))]
    ends = {one: where(marks[one[0]][one[1]]) for one in every}
    every.sort(key=lambda one: ends[one])
    sorts: dict[Hashable, list[tuple[int, int]]] = {}
    for one in every:
        sorts.setdefault(sort(marks[one[0]][one[1]]), []).append(one)
    known: dict[tuple[tuple[int, int], tuple[int, int]], float] = {}

    def share(one: tuple[int, int], other: tuple[int, int]) -> float:
        if (one, other) not in known:
            known[one, other] = known[other, one] = alike(marks[one[0]][one[1]], marks[other[0]][other[1]])
        return known[one, other]

    groups: list[list[tuple[int, int]]] = [[one] for one in every]
    answers: list[set[int]] = [{one[0]} for one in every]
    group_of = {one: place for place, one in enumerate(every)}
    pairs = []
    for same in sorts.values():
        for first, second in _near(same, ends):
            one, other = same[first], same[second]
            if one[0] != other[0] and share(one, other) >= least:
                pairs.append((-share(one, other), ends[one], ends[other], one, other))
    for *_, one, other in sorted(pairs, key=lambda pair: pair[:3]):
        left, right = group_of[one], group_of[other]
        if left == right or not answers[left].isdisjoint(answers[right]):
            continue
        shares = [share(a, b) for a in groups[left][:MOST_LINKED] for b in groups[right][:MOST_LINKED]]
        if sum(shares) / len(shares) < least:
            continue
        for moved in groups[right]:
            group_of[moved] = left
        groups[left] += groups[right]
        answers[left] |= answers[right]
        groups[right] = []
    return [group for group in groups if group]


def _near(same: list[tuple[int, int]], ends: dict[tuple[int, int], tuple[float, ...]]) -> list[tuple[int, int]]:
    """Return the pairs of positions in `same` to compare, in order."""
    if len(same) <= NEAREST:
        return list(combinations(range(len(same)), 2))
    places = np.array([ends[one] for one in same], dtype=np.float64)
    # Marks at the same place are separated by a step too small to matter: the tree stays shallow, and marks with the same index
    # in their answers are nearest.
    steps = np.array([number for _, number in same], dtype=np.float64) * (1e-9 * max(1.0, float(np.abs(places).max())))
    places = np.column_stack([places, steps])
    from scipy.spatial import cKDTree  # loaded where it is needed: it takes 11 MB of every web process

    _, near = cKDTree(places).query(places, k=NEAREST)
    first, second = np.repeat(np.arange(len(same)), NEAREST), near.ravel()
    one, other = np.minimum(first, second), np.maximum(first, second)
    keys = np.unique(one[one < other] * len(same) + other[one < other])
    return list(zip((keys // len(same)).tolist(), (keys % len(same)).tolist(), strict=True))


def weighted_median(values: list[float], weights: list[float]) -> float:
    """Return the value at which half the weight is reached; halfway between two values if it is reached exactly there.

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


def people(result: Result) -> tuple[Array, tuple[Array, Array] | None]:
    """Return how often each worker is right about candidates, and the ends of its interval."""
    found = result.skill
    return (result.worker_accuracy, None) if found is None else (found.accuracy, (found.low, found.high))


def mean_certainty(result: Result, of_item: NDArray[np.int64], given: Given) -> Array:
    """Return for each item the mean probability of the decisions about its candidates, shape (n_items,).

    If nobody marked anything in an item, it has no candidate. Its probability is then that not everybody overlooked something:
    1 − λ · Π_w (1 − d_w). λ is the usual number of things in an item (with one pseudo-item that has one thing), and d_w is how
    often worker w marks what is there. If nobody marked anything anywhere, n answers of "nothing" give (n + 1) ÷ (n + 2).
    """
    answered = np.bincount(given.items, minlength=given.n_items)
    if not len(of_item) or result.confusion is None:
        return np.asarray((answered + 1) / (answered + 2))
    sure, count = np.zeros(len(answered)), np.zeros(len(answered))
    np.add.at(sure, of_item, result.confidence)
    np.add.at(count, of_item, 1)
    usual = (float(result.probabilities[:, 1].sum()) + 1) / (float((answered > 0).sum()) + 1)
    overlooks = np.log(np.maximum(1 - result.confusion[given.workers, 1, 1], 1e-6))
    missed = usual * np.exp(np.bincount(given.items, weights=overlooks, minlength=given.n_items))
    nothing = np.clip(1 - missed, 0.5, 1 - result.misled)
    return np.where(count > 0, sure / np.maximum(count, 1), nothing)
