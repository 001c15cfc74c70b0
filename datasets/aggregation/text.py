"""Texts: the answer nearest to all others, corrected word by word."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from datasets.aggregation.consensus import Consensus, Given
from datasets.aggregation.text_likeness import longest_compared, panel_of, table_of

Array = NDArray[np.float64]
Codes = NDArray[np.int64]
BLOCK = 500  # words that are aligned at a time
ROUNDS = 10
WORD_RIGHT = 0.95  # how often a person writes a word correctly, before anything is known
CROWD_WORDS = 10.0  # pseudo-words that hold the crowd at that rate
WORKER_WORDS = 6.0  # pseudo-words that hold a person at the crowd's rate
WORD_ROUNDS = 12
COLLISIONS = (1.0, 4.0)  # pairs of wrong words that are the same, and that differ, before anything is known
SHARED = 0.1  # of people's errors: those that everyone makes at that word


def _costs(one: str | list[str], other: str | list[str]) -> Iterator[NDArray[np.int64]]:
    """Yield the rows of the table of costs: the edits from each beginning of `one` to every beginning of `other`."""
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


def text(given: Given) -> Consensus:
    """Return the medoid of each item's texts, with a vote on each of its words.

    1. Worker weights start equal; the similarity L of two answers is by edit distance.
    2. The medoid of an item is the answer with the greatest Σ weight · L to the others, or to a random panel of them if they
       are many (`text_likeness.PANEL`). A worker's quality is the mean similarity of their answers to the *others'* weighted
       texts, shrunk to the crowd's by two answers; repeated until the medoids settle.
    3. Every other answer is aligned word by word with the medoid (least edits). Each position, and each gap between, takes the
       word with the greatest weight, the medoid's in case of a tie (ROVER).
    4. The probability is that every word is right. Worker w writes a word correctly with probability p_w, and one particular
       wrong word with (1 − p_w) · s; a word that nobody wrote is possible too. p_w is learned by expectation maximisation, shrunk
       to the crowd's. s comes from how often two people who differ from the label write the same, or leave the word out.

    Args:
        given: values are texts.

    Returns:
        A Consensus; the probability is that of exactly this text.

    Example:
        >>> given = Given(np.array([0, 0, 0]), np.array([0, 1, 2]), ["a blue cat", "a blue cap", "the blue cat"], 1, 3)
        >>> text(given).values
        ['a blue cat']

    Source: J. G. Fiscus, "A post-processing system to yield reduced word error rates: ROVER", ASRU 1997; weighting by likeness
    as in J. Li, "A dataset of crowdsourced word sequences", LREC 2020.
    """
    of_items = given.of_items()
    longest = longest_compared(of_items)
    panels = [panel_of(len(places)) for places in of_items]
    alike = [
        table_of([given.values[place] for place in places], panel, longest)
        for places, panel in zip(of_items, panels, strict=True)
    ]
    quality, medoids, rounds, settled = np.full(given.n_workers, 0.75), [-1] * given.n_items, 0, False
    while not settled and rounds < ROUNDS:
        rounds += 1
        earlier, (total, squares, count) = medoids, np.zeros((3, given.n_workers))
        medoids = []
        for places, panel, table in zip(of_items, panels, alike, strict=True):
            who = given.workers[places]
            weights = quality[who][panel]
            own = np.zeros(len(places))
            own[panel] = weights
            supported = table @ weights - own
            # Of equals, the text that comes first alphabetically, so that names and order of workers do not matter.
            ranked = sorted(range(len(places)), key=lambda n: (-round(supported[n], 9), given.values[places[n]]))
            medoids.append(ranked[0] if ranked else -1)
            if len(places) > 1:
                alikeness = supported / np.maximum(weights.sum() - own, 1e-9)
                np.add.at(total, who, alikeness)
                np.add.at(squares, who, alikeness**2)
                np.add.at(count, who, 1)
        crowd = total.sum() / count.sum() if count.sum() else 0.75
        quality = (total + 2 * crowd) / (count + 2)
        settled = medoids == earlier
    values: list[object] = []
    slots = _Slots()
    for item, places in enumerate(of_items):
        if not places:
            values.append(None)
            continue
        texts = [str(given.values[place]) for place in places]
        who = given.workers[places]
        values.append(_vote(texts, medoids[item], quality[who], slots.recorder(item, who.tolist())))
    probabilities = np.where(np.bincount(given.items, minlength=given.n_items) > 0, slots.certainty(given), 0.0)
    between = _between(quality, total, squares, count)
    return Consensus(values, probabilities, quality, None, rounds, settled, between)


def _between(quality: Array, total: Array, squares: Array, count: Array) -> tuple[Array, Array]:
    """Return the 95% interval of the mean similarity: from the worker's own spread, with two answers of the crowd's spread."""
    whole = max(float(count.sum()), 1.0)
    usual = max(float(squares.sum() / whole - (total.sum() / whole) ** 2), 1e-4)
    own = squares - 2 * quality * total + count * quality**2
    spread = np.sqrt((own + 2 * usual) / (count + 2) / (count + 2))
    far = stdtrit(count + 1, 0.975) * spread
    return np.clip(quality - far, 0, 1), np.clip(quality + far, 0, 1)


def _vote(texts: list[str], medoid: int, weights: Array, tell: Callable[[int, str, list[str]], None]) -> str:
    """Return the text with its words voted on; `tell` is called with each position, its word and what everyone wrote there."""
    frame = texts[medoid].split()
    aligned = {one: _aligned(frame, one.split()) for one in dict.fromkeys(texts)}  # most are equal
    said = [aligned[one] for one in texts]
    words, untouched = [], True
    for place in range(2 * len(frame) + 1):  # gap, word, gap, word, … gap
        here = [one[place] for one in said]
        votes: dict[str, float] = {}
        for word, weight in zip(here, weights.tolist(), strict=True):
            votes[word] = votes.get(word, 0.0) + weight
        own = frame[place // 2] if place % 2 else ""
        best = max(votes, key=lambda word: (votes[word], word == own, word))
        if votes[best] <= votes.get(own, 0.0) + 1e-9:
            best = own
        untouched &= best == own
        if any(here):
            tell(place, best, here)
        if best:
            words.append(best)
    return texts[medoid] if untouched else " ".join(words)


class _Slots:
    """The positions of all texts at which somebody wrote something, with what everyone wrote and what was taken."""

    def __init__(self) -> None:
        self.items: list[int] = []  # of each slot
        self.chosen: list[int] = []  # of each slot, its candidate
        self.worker: list[int] = []  # of each written word, like the next
        self.candidate: list[int] = []
        self.owner: list[int] = []  # of each candidate, its slot
        self.empty: list[bool] = []  # of each candidate, whether it is no word at all

    def recorder(self, item: int, workers: list[int]) -> Callable[[int, str, list[str]], None]:
        """Return the function that records a position of an item's text, for the worker of each text."""

        def record(place: int, best: str, here: list[str]) -> None:
            number = len(self.items)
            codes: dict[str, int] = {}
            for worker, word in zip(workers, here, strict=True):
                if word not in codes:
                    codes[word] = len(self.owner)
                    self.owner.append(number)
                    self.empty.append(not word)
                self.worker.append(worker)
                self.candidate.append(codes[word])
            self.items.append(item)
            self.chosen.append(codes[best])

        return record

    def certainty(self, given: Given) -> Array:
        """Return the probability that every word of an item's text is right, shape (n_items,)."""
        if not self.items:
            return np.ones(given.n_items)
        worker, candidate = np.array(self.worker), np.array(self.candidate)
        owner, chosen = np.array(self.owner), np.array(self.chosen)
        left_out, same = self._errors(candidate, owner, chosen)
        alike = np.where(np.array(self.empty), left_out, (1 - left_out) * same)
        rest = np.maximum(1 / same - np.bincount(owner), 1.0)  # words that nobody wrote there
        count = np.bincount(worker, minlength=given.n_workers)
        right, crowd = np.full(given.n_workers, WORD_RIGHT), WORD_RIGHT
        for _ in range(WORD_ROUNDS):
            gain = (np.log(right) - np.log(1 - right))[worker] - np.log(alike)[candidate]
            # Compared with the case that everyone is wrong, limited to what a double can hold.
            weight = np.exp(np.minimum(np.bincount(candidate, weights=gain, minlength=len(owner)), 300))
            whole = np.bincount(owner, weights=weight) + rest
            hit = (weight / whole[owner])[candidate]
            crowd = float((hit.sum() + CROWD_WORDS * WORD_RIGHT) / (len(hit) + CROWD_WORDS))
            hits = np.bincount(worker, weights=hit, minlength=given.n_workers)
            right = np.clip((hits + WORKER_WORDS * crowd) / (count + WORKER_WORDS), 0.02, 0.999)
        usual = float(np.median(right[worker]))  # of those who try, as long as they are the majority
        sure = weight[chosen] / whole * (1 - SHARED * (1 - usual))
        logs = np.bincount(np.array(self.items), weights=np.log(sure), minlength=given.n_items)
        return np.asarray(np.exp(logs), dtype=np.float64)

    def _errors(self, candidate: Codes, owner: Codes, chosen: Codes) -> tuple[float, float]:
        """Return how often people who err leave a word out, and how often two who wrote another word wrote the same."""
        votes, empty = np.bincount(candidate, minlength=len(owner)).astype(np.float64), np.array(self.empty)
        votes[chosen] = 0
        left_out = (float(votes[empty].sum()) + 1) / (float(votes.sum()) + 3)
        votes[empty] = 0
        off = np.bincount(owner, weights=votes)
        pairs, same = float((off * (off - 1)).sum()), float((votes * (votes - 1)).sum())
        return left_out, (same + COLLISIONS[0]) / (pairs + sum(COLLISIONS))


def _aligned(frame: list[str], said: list[str]) -> list[str]:
    """Return what `said` has at each gap and word of `frame`, by least edits; several words in a gap as one string.

    Long texts are aligned in blocks: the common beginning and end are split off, and the rest of each is cut into the same
    number of blocks. So the table has at most BLOCK words per side, whatever is sent.
    """
    found: list[list[str]] = [[] for _ in range(2 * len(frame) + 1)]
    if max(len(frame), len(said)) <= BLOCK:
        _align(frame, said, found, 0)
        return [" ".join(words) for words in found]
    shorter = min(len(frame), len(said))
    begin = next((n for n in range(shorter) if frame[n] != said[n]), shorter)
    end = next((n for n in range(shorter - begin) if frame[-1 - n] != said[-1 - n]), shorter - begin)
    n, m = len(frame) - begin - end, len(said) - begin - end
    for place in (*range(begin), *range(len(frame) - end, len(frame))):
        found[2 * place + 1].append(frame[place])
    count = -(-max(n, m) // BLOCK)
    for block in range(count):
        low, high = begin + n * block // count, begin + n * (block + 1) // count
        _align(frame[low:high], said[begin + m * block // count : begin + m * (block + 1) // count], found, low)
    return [" ".join(words) for words in found]


def _align(frame: list[str], said: list[str], found: list[list[str]], offset: int) -> None:
    """Add to `found` what `said` has at each gap and word of a frame that begins at `offset`."""
    cost = np.stack(list(_costs(frame, said)))
    here: list[tuple[int, str]] = []
    i, j = len(frame), len(said)
    while i or j:
        if i and j and cost[i, j] == cost[i - 1, j - 1] + (frame[i - 1] != said[j - 1]):
            here.append((2 * (offset + i) - 1, said[j - 1]))
            i, j = i - 1, j - 1
        elif i and cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
        else:
            here.append((2 * (offset + i), said[j - 1]))
            j -= 1
    for place, word in reversed(here):
        found[place].append(word)
