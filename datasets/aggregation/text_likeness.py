"""How similar texts are, in a time that has a limit."""

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int64]
LONGEST = 3_000  # characters that are compared; only the beginning of longer texts
SHORTEST = 100  # characters that are compared if there are very many pairs
MOST_COMPARED = 50_000_000  # characters compared in all pairs together, unless that leaves fewer than SHORTEST for each
PANEL = 60  # answers of an item that each of its answers is compared with, if there are more


def edit_distance(one: str | list[str], other: str | list[str]) -> int:
    """Return the least number of insertions, deletions and substitutions that turn one into the other (Levenshtein).

    A column of the table is the bits of two integers, so the time is O(len(one) · len(other) ÷ 64) and the memory O(len(one)).

    Example:
        >>> edit_distance("kitten", "sitting"), edit_distance(["a", "b"], ["b"])
        (3, 1)

    Source: G. Myers, "A fast bit-vector algorithm for approximate string matching based on dynamic programming", JACM 1999, in
    the form of H. Hyyrö, "Explaining and extending the bit-parallel approximate string matching algorithm of Myers", 2001.
    """
    if not one or not other:
        return max(len(one), len(other))
    places: dict[str, int] = {}
    for place, sign in enumerate(one):
        places[sign] = places.get(sign, 0) | (1 << place)
    every, last = (1 << len(one)) - 1, 1 << (len(one) - 1)
    up, down, distance = every, 0, len(one)
    for sign in other:
        same = places.get(sign, 0)
        level = (((same & up) + up) ^ up) | same | down
        more, less = down | (every & ~(level | up)), up & level
        distance += bool(more & last) - bool(less & last)
        more, less = ((more << 1) | 1) & every, (less << 1) & every
        up, down = less | (every & ~(level | more)), more & level
    return distance


def likeness(one: str, other: str, longest: int = LONGEST) -> float:
    """Return 1 − edit distance ÷ the longer length, from 0 to 1; blanks between words do not count."""
    one, other = " ".join(one.split())[:longest], " ".join(other.split())[:longest]
    if one == other:
        return 1.0
    return 1 - edit_distance(one, other) / max(len(one), len(other), 1)


def longest_compared(of_items: list[list[int]]) -> int:
    """Return how many characters of each text are compared, so that all comparisons together have a limit."""
    pairs = sum(len(places) * min(len(places) - 1, 2 * PANEL) // 2 for places in of_items)
    return int(min(LONGEST, max(SHORTEST, MOST_COMPARED // max(pairs, 1))))


def panel_of(answers: int) -> Codes:
    """Return the positions of the answers of an item that all of them are compared with."""
    if answers <= PANEL:
        return np.arange(answers)
    return np.sort(np.random.default_rng(0).choice(answers, size=PANEL, replace=False))


def table_of(texts: list[str], panel: Codes, longest: int) -> NDArray[np.float64]:
    """Return how similar each text is to each of the panel, shape (n_texts, n_panel)."""
    table = np.ones((len(texts), len(panel)))
    seen: dict[tuple[str, str], float] = {}
    for first in range(len(texts)):
        for column, second in enumerate(panel.tolist()):
            if first == second:
                continue
            pair = texts[max(first, second)], texts[min(first, second)]
            if pair not in seen:
                seen[pair] = likeness(*pair, longest)
            table[first, column] = seen[pair]
    return table
