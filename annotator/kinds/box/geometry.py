"""Shapes in the plane: whether a polygon crosses itself, its area, and how alike two sets of shapes are."""

from typing import Any

Point = list[float]
REACH = 0.05  # of the larger extent: the distance from which two points have nothing in common


def crosses_itself(points: list[Point]) -> bool:
    """Say whether two sides of a closed polygon meet anywhere but at the corner they share."""
    sides = [(points[place], points[(place + 1) % len(points)]) for place in range(len(points))]
    last = len(sides) - 1
    for first, (a, b) in enumerate(sides):
        if a == b:
            return True
        for second in range(first + 1, len(sides)):
            c, d = sides[second]
            if second == first + 1 or (first == 0 and second == last):
                corner, before, after = (b, a, d) if second == first + 1 else (a, b, c)
                if _turn(before, corner, after) == 0 and _ahead(corner, before, after):
                    return True  # the next side goes back over this one
            elif _meet(a, b, c, d):
                return True
    return False


def _turn(a: Point, b: Point, c: Point) -> int:
    cross = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    return (cross > 0) - (cross < 0)


def _ahead(corner: Point, one: Point, other: Point) -> bool:
    return (one[0] - corner[0]) * (other[0] - corner[0]) + (one[1] - corner[1]) * (other[1] - corner[1]) > 0


def _on(a: Point, b: Point, c: Point) -> bool:
    return min(a[0], b[0]) <= c[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= c[1] <= max(a[1], b[1])


def _meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    turns = _turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b)
    if turns[0] * turns[1] < 0 and turns[2] * turns[3] < 0:
        return True
    ends = ((a, b, c), (a, b, d), (c, d, a), (c, d, b))
    return any(turn == 0 and _on(*end) for turn, end in zip(turns, ends, strict=True))


def area(points: list[Point]) -> float:
    """Return the area a polygon encloses (the shoelace formula)."""
    pairs = zip(points, points[1:] + points[:1], strict=True)
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs)) / 2


def frame(shape: dict[str, Any]) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a shape."""
    if shape["type"] == "box":
        return shape["x"], shape["y"], shape["x"] + shape["width"], shape["y"] + shape["height"]
    points = shape["points"] if shape["type"] == "polygon" else [[shape["x"], shape["y"]]]
    across, down = [point[0] for point in points], [point[1] for point in points]
    return min(across), min(down), max(across), max(down)


def overlap(one: dict[str, Any], other: dict[str, Any], reach: float) -> float:
    """Return how much two shapes of one type lie on each other, from 0 to 1."""
    a, b = frame(one), frame(other)
    if one["type"] == "point":
        distance = ((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5
        return max(0.0, 1 - distance / reach) if reach else float(distance == 0)
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    shared = max(0.0, width) * max(0.0, height)
    both = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared
    return shared / both if both else 0.0


def similarity(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> float:
    """Return the mean overlap of partners, found greedily; a shape without one counts 0. Two empty sets are alike."""
    if not one and not other:
        return 1.0
    frames = [frame(shape) for shape in one + other]
    reach = REACH * max(max(f[2] for f in frames), max(f[3] for f in frames))
    pairs = [
        (overlap(a, b, reach), first, second)
        for first, a in enumerate(one)
        for second, b in enumerate(other)
        if a["type"] == b["type"] and a["label"] == b["label"]
    ]
    total, left, right = 0.0, set(range(len(one))), set(range(len(other)))
    for share, first, second in sorted(pairs, reverse=True):
        if first in left and second in right:
            total += share
            left.discard(first)
            right.discard(second)
    return total / max(len(one), len(other))
