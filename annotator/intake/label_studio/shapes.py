"""Regions on pictures, in percent of the picture as Label Studio has them; scaled to pixels once the picture is known."""

import math
from typing import Any

ELLIPSE_CORNERS = 32
# The type of a result, and the field that holds its labels.
TYPES = {
    "rectanglelabels": "box",
    "polygonlabels": "polygon",
    "keypointlabels": "point",
    "ellipselabels": "ellipse",
}
MOST_CORNERS = 300


class BadShape(ValueError):
    """A region cannot be expressed. The message says why, without naming the region, so that equal ones are counted."""


def number(value: dict[str, Any], name: str) -> float:
    """Return a finite number of a region. Raises BadShape."""
    found = value.get(name)
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        raise BadShape(f"a region has no “{name}”")
    try:
        found = float(found)
    except OverflowError:
        raise BadShape(f"the “{name}” of a region is too large") from None
    if not math.isfinite(found) or abs(found) > 1e6:
        raise BadShape(f"the “{name}” of a region is too large")
    return found


def region(kind: str, value: dict[str, Any], ratio: float) -> dict[str, Any]:
    """Return a region as `{"type", ...}` in percent. A rotated box and an ellipse become polygons.

    `ratio` is the picture's width divided by its height: a rotation is by pixels, not by percent. Raises BadShape.
    """
    if kind == "polygon":
        points = value.get("points")
        if not isinstance(points, list) or not 3 <= len(points) <= MOST_CORNERS:
            raise BadShape(f"an outline has not 3 to {MOST_CORNERS} corners")
        return {"type": "polygon", "points": [_point(point) for point in points]}
    x, y = number(value, "x"), number(value, "y")
    if kind == "point":
        return {"type": "point", "x": x, "y": y}
    turned = number(value, "rotation") if "rotation" in value else 0.0
    if kind == "ellipse":
        across, down = number(value, "radiusX"), number(value, "radiusY")
        if across <= 0 or down <= 0:
            raise BadShape("an ellipse is empty")
        angles = [2 * math.pi * place / ELLIPSE_CORNERS for place in range(ELLIPSE_CORNERS)]
        corners = [(across * math.cos(angle), down * math.sin(angle)) for angle in angles]
        return _turned(x, y, corners, turned, ratio)
    width, height = number(value, "width"), number(value, "height")
    if width <= 0 or height <= 0:
        raise BadShape("a box is empty")
    if turned % 360 == 0:
        return {"type": "box", "x": x, "y": y, "width": width, "height": height}
    return _turned(x, y, [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)], turned, ratio)


def _point(point: Any) -> list[float]:
    if not isinstance(point, list) or len(point) != 2:
        raise BadShape("a corner of an outline is not a list of x and y")
    named = {"x": point[0], "y": point[1]}
    return [number(named, "x"), number(named, "y")]


def _turned(x: float, y: float, corners: list[tuple[float, float]], degrees: float, ratio: float) -> dict[str, Any]:
    """Return corners, given relative to x and y, turned clockwise about that place."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    points = [
        [x + across * cos - down * sin / ratio, y + across * ratio * sin + down * cos] for across, down in corners
    ]
    return {"type": "polygon", "points": points}


def in_pixels(shapes: list[dict[str, Any]], width: int, height: int) -> list[dict[str, Any]]:
    """Return shapes in pixels of a picture. What leaves the picture by a hair, as rounding does, ends at its edge."""
    found = []
    for shape in shapes:
        one: dict[str, Any] = {"type": shape["type"], "label": shape["label"]}
        if shape["type"] == "polygon":
            one["points"] = [[_at(x, width), _at(y, height)] for x, y in shape["points"]]
        else:
            one |= {"x": _at(shape["x"], width), "y": _at(shape["y"], height)}
        if shape["type"] == "box":
            right, bottom = _at(shape["x"] + shape["width"], width), _at(shape["y"] + shape["height"], height)
            one |= {"width": round(right - one["x"], 4), "height": round(bottom - one["y"], 4)}
            one["width"] = min(one["width"], width - one["x"])
            one["height"] = min(one["height"], height - one["y"])
        found.append(one)
    return found


def _at(percent: float, side: int) -> float:
    pixels = round(percent * side / 100, 4)
    return min(max(pixels, 0.0), float(side)) if -0.5 < pixels < side + 0.5 else pixels
