"""Shapes: what several people drew on a picture, and where it is."""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets.aggregation.consensus import (
    Consensus,
    Given,
    clustered,
    mean_certainty,
    people,
    presence,
    weighted_median,
)

SAME = 0.4  # intersection over union above which two shapes of a label mean the same thing
GRID = 64  # cells per side on which outlines are compared
REACH = 0.05  # share of the larger extent of an item's shapes: points further apart have nothing in common


def overlap(one: dict[str, Any], other: dict[str, Any], reach: float) -> float:
    """Return the intersection over union of two shapes of one type and label, else 0.

    For points it is 1 − distance ÷ reach, at least 0.
    """
    if one["type"] != other["type"] or one["label"] != other["label"]:
        return 0.0
    if one["type"] == "point":
        distance = float(np.hypot(one["x"] - other["x"], one["y"] - other["y"]))
        return max(0.0, 1 - distance / reach) if reach > 0 else float(distance == 0)
    a, b = _frame(one), _frame(other)
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    if one["type"] == "polygon":
        return _of_outlines(one["points"], other["points"], a, b)
    shared = width * height
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def box(given: Given) -> Consensus:
    """Decide which things are there, and their shapes.

    1. Overlapping shapes of an item with the same type and label are joined to clusters, the most similar first, one per worker.
    2. Whether a cluster is there is a yes-or-no question to everyone who answered the item (see `consensus.presence`).
    3. A box's sides and a point's position are weighted medians over the cluster, with the workers' quality as weights. Of
       outlines, the one that overlaps most with the others is taken (their medoid): sides of different outlines cannot be mixed.

    Args:
        given: values are `{"shapes": [{"type": "box" | "polygon" | "point", "label", …}]}`, in pixels.

    Returns:
        A Consensus; the probability is the mean over clusters that taking it or leaving it out is right.

    Example:
        >>> draw = lambda x: {"shapes": [{"type": "box", "label": "cup", "x": x, "y": 0, "width": 10, "height": 10}]}
        >>> given = Given(np.array([0, 0, 0]), np.array([0, 1, 2]), [draw(0), draw(0), draw(2)], 1, 3)
        >>> box(given).values
        [{'shapes': [{'type': 'box', 'label': 'cup', 'x': 0.0, 'y': 0.0, 'width': 10.0, 'height': 10.0}]}]

    Source: clustering of boxes and consensus as in H. Su, J. Deng and L. Fei-Fei, "Crowdsourcing annotations for visual object
    detection", HCOMP 2012, and S. Branson, G. Van Horn and P. Perona, "Lean crowdsourcing", CVPR 2017.
    """
    marks = [value["shapes"] for value in given.values]
    groups: list[list[tuple[int, int]]] = []
    of_item: list[int] = []
    reaches: list[float] = []
    for item, places in enumerate(given.of_items()):
        frames = [_frame(shape) for place in places for shape in marks[place]]
        reach = REACH * max((max(frame[2], frame[3]) for frame in frames), default=0.0)
        found = clustered(
            places, marks, partial(overlap, reach=reach), lambda mark: (mark["type"], mark["label"]), _frame, SAME
        )
        groups += found
        of_item += [item] * len(found)
        reaches += [reach] * len(found)
    named: list[set[int]] = [set() for _ in given.values]
    for number, group in enumerate(groups):
        for place, _ in group:
            named[place].add(number)
    owners = np.array(of_item, dtype=np.int64)
    result = presence(given, owners, named)
    quality, answered = result.worker_accuracy, np.bincount(given.items, minlength=given.n_items)
    values: list[Any] = [{"shapes": []} if count else None for count in answered]
    for number, group in enumerate(groups):
        if result.probabilities[number, 1] > 0.5:
            shapes = [marks[place][mark] for place, mark in group]
            weights = [float(quality[given.workers[place]]) for place, _ in group]
            values[of_item[number]]["shapes"].append(_together(shapes, weights, reaches[number]))
    for value in values:
        if value:
            value["shapes"].sort(key=lambda shape: (shape["type"], shape["label"], *_frame(shape)))
    probabilities = mean_certainty(result, owners, given)
    accuracy, between = people(result)
    rounds = result.iterations, result.converged
    return Consensus(values, probabilities, accuracy, result.confusion, *rounds, between)


def _together(shapes: list[dict[str, Any]], weights: list[float], reach: float) -> dict[str, Any]:
    first = shapes[0]
    if first["type"] == "polygon":
        support = [
            sum(w * overlap(one, other, reach) for other, w in zip(shapes, weights, strict=True)) for one in shapes
        ]
        return dict(max(zip(support, shapes, strict=True), key=lambda pair: (round(pair[0], 9), str(pair[1])))[1])
    frames = [_frame(shape) for shape in shapes]
    left, top, right, bottom = (weighted_median([frame[side] for frame in frames], weights) for side in range(4))
    if first["type"] == "point":
        return {"type": "point", "label": first["label"], "x": left, "y": top}
    named = {"type": "box", "label": first["label"]}
    return named | {"x": left, "y": top, "width": right - left, "height": bottom - top}


def _frame(shape: dict[str, Any]) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom."""
    if shape["type"] == "box":
        return shape["x"], shape["y"], shape["x"] + shape["width"], shape["y"] + shape["height"]
    points = shape["points"] if shape["type"] == "polygon" else [[shape["x"], shape["y"]]]
    across, down = [point[0] for point in points], [point[1] for point in points]
    return min(across), min(down), max(across), max(down)


def _of_outlines(one: list[Any], other: list[Any], a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Return the intersection over union of two outlines, counted on a grid over both."""
    left, top, right, bottom = min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])
    across = left + (np.arange(GRID) + 0.5) * (right - left) / GRID
    down = top + (np.arange(GRID) + 0.5) * (bottom - top) / GRID
    first, second = _inside(one, across, down), _inside(other, across, down)
    either = int((first | second).sum())
    return float((first & second).sum() / either) if either else 0.0


def _inside(points: list[Any], across: NDArray[np.float64], down: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which points of a grid lie within an outline: a ray to the right crosses it an odd number of times.

    The crossings are found for each row of the grid, not for each point.
    """
    start = np.asarray(points, dtype=np.float64)
    end = np.roll(start, -1, axis=0)
    rows, sides = np.nonzero((start[:, 1] > down[:, None]) != (end[:, 1] > down[:, None]))
    (x1, y1), (x2, y2) = start[sides].T, end[sides].T
    crossed = (x2 - x1) * (down[rows] - y1) / (y2 - y1) + x1
    counts = np.zeros((len(down), len(across) + 1), dtype=np.int64)
    np.add.at(counts, (rows, np.searchsorted(across, crossed)), 1)  # points left of a crossing have it on their right
    return (counts[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:] % 2).astype(bool)
