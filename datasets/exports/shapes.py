"""Boxes, outlines and points of labels, as formats for pictures write them. Pixels count from 0 at the upper left corner."""

from collections.abc import Iterator
from typing import Any

from annotator.kinds.box import geometry
from datasets.exports.source import Source

POINT = "Points cannot be expressed in this format."
AS_BOX = "An outline is written as the box around it."


def shapes(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the shapes of a row's label."""
    return list(row["label"]["shapes"])


def corners(shape: dict[str, Any]) -> list[list[float]]:
    """Return the corners of a box or an outline."""
    if shape["type"] == "polygon":
        return list(shape["points"])
    left, top, right, bottom = geometry.frame(shape)
    return [[left, top], [right, top], [right, bottom], [left, bottom]]


def without_points(source: Source, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the boxes and outlines of a row's label. Points are recorded as dropped."""
    for shape in shapes(row):
        if shape["type"] == "point":
            source.drop(row, POINT, shape)
        else:
            yield shape


def as_boxes(source: Source, row: dict[str, Any]) -> Iterator[tuple[str, tuple[float, float, float, float]]]:
    """Yield the label and left, top, right and bottom of each box.

    Outlines become the boxes around them, and points are dropped; both are recorded.
    """
    for shape in without_points(source, row):
        if shape["type"] == "polygon":
            source.drop(row, AS_BOX, shape)
        yield shape["label"], geometry.frame(shape)
