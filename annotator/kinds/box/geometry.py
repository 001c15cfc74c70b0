"""Plane geometry: whether a polygon crosses itself, its area, and how similar two sets of shapes are."""

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

Point = list[float]
Frame = tuple[float, float, float, float]
Array = NDArray[np.float64]
NEAREST = 64  # shapes of the same type and label that each shape is compared with
REACH = 0.05  # the distance from which two points do not overlap, as a share of the largest coordinate


def crosses_itself(points: list[Point]) -> bool:
    """Check whether two sides of a closed polygon meet anywhere except at the corner they share.

    Sides are compared as arrays, with all pairs whose bounding boxes meet at once. A polygon has at most a few hundred sides.
    """
    start = np.array(points, dtype=np.float64)
    end = np.roll(start, -1, axis=0)
    if (start == end).all(axis=1).any():
        return True
    after = np.roll(end, -1, axis=0)
    ahead = ((start - end) * (after - end)).sum(axis=1) > 0
    if (ahead & (_turns(start, end, after) == 0)).any():
        return True  # a side folds back over the one before it
    low, high = np.minimum(start, end), np.maximum(start, end)
    meet = ((low[:, None] <= high[None]) & (low[None] <= high[:, None])).all(axis=2)
    first, second = np.nonzero(np.triu(meet, 2))
    apart = (first != 0) | (second != len(points) - 1)  # the first and the last side share a corner
    first, second = first[apart], second[apart]
    a, b, c, d = start[first], end[first], start[second], end[second]
    turns = _turns(a, b, c), _turns(a, b, d), _turns(c, d, a), _turns(c, d, b)
    through = (turns[0] * turns[1] < 0) & (turns[2] * turns[3] < 0)
    touch = np.zeros(len(first), dtype=bool)
    for turn, (one, other, point) in zip(turns, ((a, b, c), (a, b, d), (c, d, a), (c, d, b)), strict=True):
        within = ((np.minimum(one, other) <= point) & (point <= np.maximum(one, other))).all(axis=1)
        touch |= (turn == 0) & within
    return bool((through | touch).any())


def _turns(a: Array, b: Array, c: Array) -> Array:
    """Return, for each row, whether the path from a over b to c turns left (1), right (-1) or not at all (0)."""
    return np.sign((b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0]))


def area(points: list[Point]) -> float:
    """Return the area that a polygon encloses (the shoelace formula)."""
    pairs = zip(points, points[1:] + points[:1], strict=True)
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs)) / 2


def frame(shape: dict[str, Any]) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a shape."""
    if shape["type"] == "box":
        return shape["x"], shape["y"], shape["x"] + shape["width"], shape["y"] + shape["height"]
    points = shape["points"] if shape["type"] == "polygon" else [[shape["x"], shape["y"]]]
    across, down = [point[0] for point in points], [point[1] for point in points]
    return min(across), min(down), max(across), max(down)


def similarity(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> float:
    """Return the mean overlap of matching shapes, found greedily. A shape without a match counts 0. Two empty sets give 1.

    Only shapes of the same type and label can match. If there are more than NEAREST of them, those with equal bounding boxes
    match first, and each other shape is compared only with the NEAREST nearest ones. So the time grows with the number of
    shapes and not with its square.
    """
    if not one and not other:
        return 1.0
    frames = [frame(shape) for shape in one + other]
    reach = REACH * max(max(f[2] for f in frames), max(f[3] for f in frames))
    groups: dict[tuple[str, str], tuple[list[int], list[int]]] = {}
    for place, shape in enumerate(one + other):
        sides = groups.setdefault((shape["type"], shape["label"]), ([], []))
        sides[place >= len(one)].append(place)
    total = 0.0
    for (kind, _), (left, right) in sorted(groups.items()):
        if left and right:
            total += _partners(kind, [frames[n] for n in left], [frames[n] for n in right], reach)
    return total / max(len(one), len(other))


def _partners(kind: str, left: list[Frame], right: list[Frame], reach: float) -> float:
    """Return the sum of the overlaps of matching shapes."""
    total = 0.0
    if max(len(left), len(right)) > NEAREST and (kind != "point" or reach):
        same = Counter(left) & Counter(right)
        full = sum(count for one, count in same.items() if kind == "point" or (one[2] > one[0] and one[3] > one[1]))
        total = float(full)
        left, right = list((Counter(left) - same).elements()), list((Counter(right) - same).elements())
        if not left or not right:
            return total
    first, second = np.array(left, dtype=np.float64), np.array(right, dtype=np.float64)
    rows, columns = _candidates(first, second)
    shares = _overlaps(kind, first[rows], second[columns], reach)
    order = np.lexsort((-columns, -rows, -shares))
    free, open_ = [True] * len(first), [True] * len(second)
    for share, row, column in zip(shares[order].tolist(), rows[order].tolist(), columns[order].tolist(), strict=True):
        if free[row] and open_[column]:
            total += share
            free[row] = open_[column] = False
    return total


def _candidates(first: Array, second: Array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the index pairs to compare."""
    if max(len(first), len(second)) <= NEAREST:
        rows, columns = np.indices((len(first), len(second)))
        return rows.ravel(), columns.ravel()
    from scipy.spatial import cKDTree  # loaded where it is needed: it takes 11 MB of every web process

    _, near = cKDTree(second).query(first, k=min(NEAREST, len(second)))
    _, back = cKDTree(first).query(second, k=min(NEAREST, len(first)))
    near, back = near.reshape(len(first), -1), back.reshape(len(second), -1)  # with k=1 the result is one-dimensional
    rows = np.concatenate([np.repeat(np.arange(len(first)), near.shape[1]), back.ravel()])
    columns = np.concatenate([near.ravel(), np.repeat(np.arange(len(second)), back.shape[1])])
    pairs = np.unique(rows * len(second) + columns)  # remove pairs found from both sides: similarity is symmetric
    return pairs // len(second), pairs % len(second)


def _overlaps(kind: str, a: Array, b: Array, reach: float) -> Array:
    if kind == "point":
        distance = np.hypot(a[:, 0] - b[:, 0], a[:, 1] - b[:, 1])
        return np.maximum(0.0, 1 - distance / reach) if reach else (distance == 0).astype(np.float64)
    sides = np.maximum(0.0, np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2]))
    shared = sides.prod(axis=1)
    both = (a[:, 2:] - a[:, :2]).prod(axis=1) + (b[:, 2:] - b[:, :2]).prod(axis=1) - shared
    return np.divide(shared, both, out=np.zeros(len(a)), where=both > 0)
