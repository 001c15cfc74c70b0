"""The sizes at which a version is trained, how often, and on which of its items: nested sets, the same on every machine."""

import hashlib
from dataclasses import dataclass

SMALLEST = 8
MOST_SIZES = 9
ALWAYS_SEEDS, SMALL_SEEDS = 2, 3
TRIAL = 64  # training items from which a trial measures the value of a model's own choice of items


@dataclass(frozen=True)
class Planned:
    """One planned run: its number of items and its seed. `chosen`: a model chooses the second half of the items."""

    size: int
    seed: int
    chosen: bool = False


def nested(count: int, n_classes: int = 2) -> list[int]:
    """Return the sizes at which a version with `count` training items is trained, ascending: all of them, half, a quarter, …

    The smallest is at least SMALLEST and at least one item per class.

    Example:
        >>> nested(1200, 10)
        [19, 38, 75, 150, 300, 600, 1200]
    """
    least = max(SMALLEST, n_classes)
    found = [count]
    while len(found) < MOST_SIZES and round(count / 2 ** len(found)) >= least:
        found.append(round(count / 2 ** len(found)))
    return sorted(set(found))


def least_for_a_curve(n_classes: int = 2) -> int:
    """Return the fewest training items with which a version is trained at three sizes, the minimum for a forecast.

    Example:
        >>> least_for_a_curve(10), len(nested(40, 10)), len(nested(37, 10))
        (40, 3, 2)
    """
    return 4 * max(SMALLEST, n_classes)


def planned(count: int, n_classes: int = 2) -> list[Planned]:
    """Return the runs of a version, the small ones first.

    There are two seeds at all items and at half of them. Their halves complement each other, so each item is predicted by a
    model that has not seen it. There are three seeds at smaller sizes, where luck weighs more. Together they compute about five
    times as long as one run on all items.
    """
    sizes = nested(count, n_classes)
    runs = []
    for size in sizes:
        seeds = ALWAYS_SEEDS if size >= count / 2 - 1 else SMALL_SEEDS
        runs += [Planned(size, seed) for seed in range(seeds)]
        if len(sizes) >= 3 and count >= TRIAL and size == sizes[-2]:
            runs += [Planned(size, seed, True) for seed in range(ALWAYS_SEEDS)]
    return runs


def order(hashes: list[str], seed: int) -> list[int]:
    """Return the order in which a seed takes items, as list positions: the first n of it are the nested set of size n.

    It follows from each item's own hash, so an item keeps its turn in later versions. Odd seeds take the even seed's order from
    its end: the first halves of the two together contain every item.
    """
    keys = [hashlib.sha256(f"{seed // 2}:{one}".encode()).digest() for one in hashes]
    found = sorted(range(len(hashes)), key=keys.__getitem__)
    return found[::-1] if seed % 2 else found
