"""Texts: the answer nearest to all, put right word by word."""

from collections import deque
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from datasets.aggregation.consensus import Consensus, Given

LONGEST = 3_000  # characters that are compared; longer texts by their beginning
ROUNDS = 10


def edit_distance(one: str | list[str], other: str | list[str]) -> int:
    """Return the least number of insertions, deletions and substitutions that turn one into the other (Levenshtein).

    Rows of the table are arrays; insertions along a row are a running minimum. O(len(one) · len(other)).

    Example:
        >>> edit_distance("kitten", "sitting"), edit_distance(["a", "b"], ["b"])
        (3, 1)
    """
    [last] = deque(_costs(one, other), maxlen=1)
    return int(last[-1])


def _costs(one: str | list[str], other: str | list[str]) -> Iterator[NDArray[np.int64]]:
    """Give the rows of the table of costs: the edits from each beginning of `one` to every beginning of `other`."""
    codes: dict[str, int] = {}
    across = np.array([codes.setdefault(sign, len(codes)) for sign in other], dtype=np.int64)
    steps = np.arange(len(other) + 1)
    row = steps.copy()
    yield row
    for sign in one:
        best = np.empty_like(row)
        best[0] = row[0] + 1
        np.minimum(row[:-1] + (across != codes.get(sign, -1)), row[1:] + 1, out=best[1:])
        row = np.minimum.accumulate(best - steps) + steps
        yield row


def likeness(one: str, other: str) -> float:
    """Return 1 − edit distance ÷ the longer length, from 0 to 1; blanks and case at the ends of words do not count."""
    one, other = " ".join(one.split())[:LONGEST], " ".join(other.split())[:LONGEST]
    if one == other:
        return 1.0
    return 1 - edit_distance(one, other) / max(len(one), len(other), 1)


def text(given: Given) -> Consensus:
    """Take the medoid of each item's texts and let its words be voted on.

    1. Worker weights begin equal; likeness L of two answers is by edit distance.
    2. The medoid of an item is the answer with the greatest Σ weight · L to the others; a worker's quality is the mean likeness
       of their answers to the *others'* weighed texts, shrunk to the crowd's by two answers; repeated until the medoids stand.
    3. Every other answer is aligned word by word with the medoid (least edits); each place, and each gap between, takes the
       word with the greatest weight, the medoid's where it is a tie (ROVER).

    Args:
        given: values are texts.

    Returns:
        A Consensus. The probability is that of the weakest word: (weight for it + 1/2) ÷ (weight of all + 1), so one answer alone
        has 3/4 and words that half the crowd writes otherwise 1/2.

    Example:
        >>> given = Given(np.array([0, 0, 0]), np.array([0, 1, 2]), ["a blue cat", "a blue cap", "the blue cat"], 1, 3)
        >>> text(given).values
        ['a blue cat']

    Source: J. G. Fiscus, "A post-processing system to yield reduced word error rates: ROVER", ASRU 1997; weighting by likeness
    as in J. Li, "A dataset of crowdsourced word sequences", LREC 2020.
    """
    of_items = given.of_items()
    alike = [_table([given.values[place] for place in places]) for places in of_items]
    quality, medoids, rounds, settled = np.full(given.n_workers, 0.75), [-1] * given.n_items, 0, False
    while not settled and rounds < ROUNDS:
        rounds += 1
        earlier, total, count = medoids, np.zeros(given.n_workers), np.zeros(given.n_workers)
        medoids = []
        for places, table in zip(of_items, alike, strict=True):
            who = given.workers[places]
            weights = quality[who]
            supported = table @ weights - weights
            # Of equals the text that comes first in the alphabet, so that names and order of workers do not matter.
            ranked = sorted(range(len(places)), key=lambda n: (-round(supported[n], 9), given.values[places[n]]))
            medoids.append(ranked[0] if ranked else -1)
            if len(places) > 1:
                np.add.at(total, who, supported / np.maximum(weights.sum() - weights, 1e-9))
                np.add.at(count, who, 1)
        crowd = total.sum() / count.sum() if count.sum() else 0.75
        quality = (total + 2 * crowd) / (count + 2)
        settled = medoids == earlier
    values: list[object] = []
    probabilities = np.zeros(given.n_items)
    for item, places in enumerate(of_items):
        if not places:
            values.append(None)
            continue
        texts = [str(given.values[place]) for place in places]
        value, probabilities[item] = _vote(texts, medoids[item], quality[given.workers[places]])
        values.append(value)
    return Consensus(values, probabilities, quality, None, rounds, settled)


def _table(texts: list[str]) -> NDArray[np.float64]:
    table = np.ones((len(texts), len(texts)))
    seen: dict[tuple[str, str], float] = {}
    for first, one in enumerate(texts):
        for second in range(first):
            pair = (one, texts[second])
            if pair not in seen:
                seen[pair] = likeness(*pair)
            table[first, second] = table[second, first] = seen[pair]
    return table


def _vote(texts: list[str], medoid: int, weights: NDArray[np.float64]) -> tuple[str, float]:
    """Return the text with its words voted on, and the probability of its weakest word."""
    frame = texts[medoid].split()
    places: list[dict[str, float]] = [{} for _ in range(2 * len(frame) + 1)]  # gap, word, gap, word, … gap
    for said, weight in zip(texts, weights.tolist(), strict=True):
        for place, word in enumerate(_aligned(frame, said.split())):
            places[place][word] = places[place].get(word, 0.0) + weight
    words, whole, weakest = [], float(weights.sum()), 1.0
    untouched = True
    for place, votes in enumerate(places):
        own = frame[place // 2] if place % 2 else ""
        best = max(votes, key=lambda word: (votes[word], word == own, word))
        if votes[best] <= votes.get(own, 0.0) + 1e-9:
            best = own
        untouched &= best == own
        weakest = min(weakest, (votes[best] + 0.5) / (whole + 1))
        if best:
            words.append(best)
    mean = whole / len(texts)
    weakest = min(weakest, (len(texts) * mean + 0.5 * mean) / (len(texts) * mean + mean)) if mean else weakest
    return (texts[medoid] if untouched else " ".join(words)), weakest


def _aligned(frame: list[str], said: list[str]) -> list[str]:
    """Return what `said` has at each gap and word of `frame`, by least edits; several words in a gap as one string."""
    n, m = len(frame), len(said)
    cost = np.stack(list(_costs(frame, said)))
    found: list[list[str]] = [[] for _ in range(2 * n + 1)]
    i, j = n, m
    while i or j:
        if i and j and cost[i, j] == cost[i - 1, j - 1] + (frame[i - 1] != said[j - 1]):
            found[2 * i - 1].insert(0, said[j - 1])
            i, j = i - 1, j - 1
        elif i and cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
        else:
            found[2 * i].insert(0, said[j - 1])
            j -= 1
    return [" ".join(words) for words in found]
