"""How much people agree: Krippendorff's α, Fleiss' κ, pairwise agreement; for any answers with a measure of similarity."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets.aggregation.answers import Answers

Array = NDArray[np.float64]
LEVELS = ("nominal", "ordinal", "interval")
PAIRS_OF_AN_ITEM = 60 * 59 // 2  # that are drawn at most, if not all pairs can be compared


@dataclass(frozen=True)
class Agreement:
    """A coefficient with its bootstrap interval; all NaN if there is nothing to compare.

    1 is full agreement, 0 is what chance would give, less is worse than chance.
    """

    value: float
    low: float
    high: float


def krippendorff(
    answers: Answers, level: str = "nominal", *, samples: int = 1000, coverage: float = 0.95, seed: int = 0
) -> Agreement:
    """Return Krippendorff's α.

    With o_ck the coincidences (each item's pairs of answers, weighted by 1 ÷ (its answers − 1)), n_c = Σ_k o_ck, n = Σ n_c and
    δ² the difference of two classes,

        α = 1 − (n − 1) · Σ_ck o_ck δ²_ck ÷ Σ_ck n_c n_k δ²_ck

    - nominal: δ² = [c ≠ k];
    - interval: δ² = (c − k)²;
    - ordinal: δ² = (Σ_(g from c to k) n_g − (n_c + n_k) ÷ 2)².

    The interval comes from items drawn with replacement (percentiles); each draw has its own class frequencies.

    Args:
        answers: classes in their order for ordinal and interval, equally spaced for interval.
        level: nominal, ordinal or interval.
        samples: bootstrap samples; 0 for none (the interval is then NaN).
        coverage: of the interval, between 0 and 1.
        seed: of the bootstrap.

    Returns:
        An Agreement. 1 if all answers that can be compared are the same class.

    Raises:
        ValueError: another level or coverage.

    Example:
        >>> a = Answers(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1]), 2, 2, 2)
        >>> krippendorff(a, samples=0).value
        1.0

    Source: K. Krippendorff, "Content Analysis", chapter 11, 2004; A. F. Hayes and K. Krippendorff, "Answering the call for a
    standard reliability measure for coding data", Communication Methods and Measures 1, 2007.
    """
    if level not in LEVELS or not 0 < coverage < 1:
        raise ValueError(f"level is one of {', '.join(LEVELS)}, coverage between 0 and 1")
    counts = _compared(answers)
    if not len(counts):
        return Agreement(np.nan, np.nan, np.nan)
    value = _alpha(counts.sum(axis=0), _coincidences(counts), level)
    if not samples:
        return Agreement(value, np.nan, np.nan)
    luck, each = np.random.default_rng(seed), _each(counts)
    found = np.empty(samples)
    for number in range(samples):
        drawn = np.bincount(luck.integers(len(counts), size=len(counts)), minlength=len(counts)).astype(np.float64)
        together = (drawn @ each).reshape(counts.shape[1], -1)
        found[number] = _alpha(drawn @ counts, together, level)
    low, high = np.nanquantile(found, [(1 - coverage) / 2, (1 + coverage) / 2])
    return Agreement(value, float(low), float(high))


def _compared(answers: Answers) -> Array:
    """Return the class counts of items with two or more answers, for classes that were used (others change nothing)."""
    used, classes = np.unique(answers.classes, return_inverse=True)
    cells = answers.items.astype(np.int64) * max(len(used), 1) + classes
    counts = np.bincount(cells, minlength=answers.n_items * len(used)).reshape(answers.n_items, len(used))
    return counts[answers.per_item > 1].astype(np.float64)


def _each(counts: Array) -> Array:
    """Return each item's coincidences, shape (n_items, n_classes²)."""
    many = counts.sum(axis=1)
    pairs = counts[:, :, None] * counts[:, None, :]
    pairs[:, np.arange(counts.shape[1]), np.arange(counts.shape[1])] -= counts
    return np.asarray((pairs / (many - 1)[:, None, None]).reshape(len(counts), -1))


def _coincidences(counts: Array) -> Array:
    weighed = counts / (counts.sum(axis=1) - 1)[:, None]
    return np.asarray(weighed.T @ counts - np.diag(weighed.sum(axis=0)))


def _alpha(frequency: Array, together: Array, level: str) -> float:
    apart = _apart(frequency, level)
    total = frequency.sum()
    expected = float((np.outer(frequency, frequency) * apart).sum())
    if expected == 0:
        return 1.0
    return float(1 - (total - 1) * (together * apart).sum() / expected)


def _apart(frequency: Array, level: str) -> Array:
    places = np.arange(len(frequency))
    if level == "nominal":
        return np.asarray((places[:, None] != places).astype(np.float64))
    if level == "ordinal":
        middle = np.cumsum(frequency) - frequency / 2
        return np.asarray((middle[:, None] - middle) ** 2)
    return np.asarray((places[:, None] - places).astype(np.float64) ** 2)


def fleiss(answers: Answers) -> float:
    """Return Fleiss' κ: (P − P_e) ÷ (1 − P_e).

    P is the mean over items of the share of agreeing pairs. P_e = Σ_k p_k² with p_k the share of class k over all answers.
    Items may have different numbers of answers; those with one are left out. NaN without a pair, 1 if all answers are the same
    class.

    Example:
        >>> a = Answers(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([0, 0, 1, 0]), 2, 2, 2)
        >>> round(fleiss(a), 3)
        -0.333

    Source: J. L. Fleiss, "Measuring nominal scale agreement among many raters", Psychological Bulletin 76, 1971.
    """
    counts = _compared(answers)
    if not len(counts):
        return float("nan")
    many = counts.sum(axis=1)
    agreed = float(((counts * (counts - 1)).sum(axis=1) / (many * (many - 1))).mean())
    chance = float(((counts.sum(axis=0) / many.sum()) ** 2).sum())
    return 1.0 if chance == 1 else (agreed - chance) / (1 - chance)


def pairwise(answers: Answers) -> Array:
    """Return how often each worker agrees with the others who answered the same items, shape (n_workers,).

    Each of a worker's answers counts the share of the item's other answers that are the same; NaN if there are none.

    Example:
        >>> a = Answers(np.array([0, 0, 0]), np.array([0, 1, 2]), np.array([1, 1, 0]), 1, 3, 2)
        >>> pairwise(a)
        array([0.5, 0.5, 0. ])
    """
    keys = answers.items.astype(np.int64) * answers.n_classes + answers.classes
    _, places, times = np.unique(keys, return_inverse=True, return_counts=True)
    others = answers.per_item[answers.items] - 1
    there = others > 0
    share = (times[places][there] - 1) / others[there]
    total = np.bincount(answers.workers[there], weights=share, minlength=answers.n_workers)
    count = np.bincount(answers.workers[there], minlength=answers.n_workers)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def of_likeness(
    items: NDArray[np.int64],
    workers: NDArray[np.int64],
    values: list[Any],
    likeness: Callable[[Any, Any], float],
    *,
    samples: int = 1000,
    coverage: float = 0.95,
    strangers: int = 2000,
    seed: int = 0,
    size: Callable[[Any], int] = lambda value: 1,
    most: int = 2_000_000,
) -> Agreement:
    """Return α for answers of any shape: 1 − (difference within items) ÷ (difference between items).

    Difference is 1 − likeness: intersection over union for boxes, F1 of characters for spans, edit distance for texts. Within:
    the mean over items of the mean over pairs of their answers. Between: the mean over pairs of answers to different items,
    drawn at random. That is the difference expected by chance.

    Args:
        items, workers, values: one entry per answer.
        likeness: of two values, from 0 to 1.
        samples, coverage, seed: of the bootstrap over items.
        strangers: how many pairs of different items are drawn.
        size: how much there is to compare in a value.
        most: how much is compared in all: half of it within items, half between them. If that is not enough for all pairs,
            pairs are drawn at random until it is used up, at most as many of one item as 60 answers have.

    Returns:
        An Agreement; NaN if no item has two answers, or there is only one item.

    Source: the distance-based form of Krippendorff's α, as in A. Braylan, O. Alonso and M. Lease, "Measuring annotator
    agreement generally across complex structured, multi-object, and free-text annotation tasks", WWW 2022.
    """
    by_item: dict[int, list[int]] = {}
    for place in np.lexsort((workers, items)).tolist():
        by_item.setdefault(int(items[place]), []).append(place)
    sizes = [size(value) for value in values]
    codes: dict[str, int] = {}
    same = [codes.setdefault(repr(value), len(codes)) for value in values]
    known: dict[tuple[int, int], float] = {}  # equal answers are compared once

    def unlike(one: int, other: int) -> float:
        pair = same[one], same[other]
        if pair not in known:
            known[pair] = 1 - likeness(values[one], values[other])
        return known[pair]

    within = _within(by_item, unlike, sizes, most // 2, seed)
    luck, between, left = np.random.default_rng(seed), [], most // 2
    if len(by_item) > 1 and len(within):
        for one, other in luck.integers(len(values), size=(strangers * 2, 2)).tolist():
            if items[one] != items[other]:
                between.append(1 - likeness(values[one], values[other]))
                left -= sizes[one] + sizes[other]
            if len(between) == strangers or left <= 0:
                break
    if not between:
        return Agreement(np.nan, np.nan, np.nan)
    chance = float(np.mean(between))
    if chance == 0:
        return Agreement(1.0, 1.0, 1.0)
    value = 1 - float(within.mean()) / chance
    if not samples:
        return Agreement(value, np.nan, np.nan)
    means = within[luck.integers(len(within), size=(samples, len(within)))].mean(axis=1)
    low, high = np.quantile(1 - means / chance, [(1 - coverage) / 2, (1 + coverage) / 2])
    return Agreement(value, float(low), float(high))


def _within(
    by_item: dict[int, list[int]], unlike: Callable[[int, int], float], sizes: list[int], most: int, seed: int
) -> NDArray[np.float64]:
    """Return the mean difference between pairs of answers of each item with several; of all pairs if `most` allows that."""
    several = [places for places in by_item.values() if len(places) > 1]
    if sum((len(places) - 1) * sum(sizes[place] for place in places) for places in several) <= most:
        return np.array([np.mean([unlike(one, other) for one, other in combinations(places, 2)]) for places in several])
    # One pair of each item, then a second of each, and so on, to include as many items as possible.
    luck = np.random.default_rng(seed)
    order = [_drawn_pairs(places, luck) for places in several]
    order = [order[place] for place in luck.permutation(len(order)).tolist()]
    heard: list[list[float]] = [[] for _ in order]
    for turn in range(max((len(found) for found in order), default=0)):
        for found, differences in zip(order, heard, strict=True):
            if turn >= len(found):
                continue
            one, other = found[turn]
            differences.append(unlike(one, other))
            most -= sizes[one] + sizes[other]
            if most <= 0:
                return np.array([np.mean(one) for one in heard if one])
    return np.array([np.mean(one) for one in heard if one])


def _drawn_pairs(places: list[int], luck: np.random.Generator) -> list[tuple[int, int]]:
    """Return pairs of an item's answers in random order: all of them, or PAIRS_OF_AN_ITEM if there are more."""
    count = len(places)
    pairs = count * (count - 1) // 2
    if pairs <= PAIRS_OF_AN_ITEM:
        found = list(combinations(places, 2))
        return [found[place] for place in luck.permutation(pairs).tolist()]
    one = luck.integers(count, size=PAIRS_OF_AN_ITEM)
    other = (one + luck.integers(1, count, size=PAIRS_OF_AN_ITEM)) % count
    return [(places[first], places[second]) for first, second in zip(one.tolist(), other.tolist(), strict=True)]
