"""The accuracy of marks: spans that must be exactly right, and boxes that must overlap a true one by half.

The error is 1 − F1 over all marks of the test set, so that it falls with data like a classifier's error. Source of the figures
for boxes: M. Everingham et al., "The PASCAL visual object classes challenge", IJCV 2010.
"""

from typing import Any

import numpy as np

ENOUGH = 0.5  # of intersection over union


def of_spans(truth: list[dict[str, Any]], said: list[dict[str, Any]], labels: list[str]) -> dict[str, Any]:
    """Return the figures of spans: a span is right if its label, start and end equal those of a true span.

    `truth` and `said` are answers to a span question, one per text. Each predicted span has a `score`.
    """
    found = {label: ([], 0) for label in labels}  # type: dict[str, tuple[list[tuple[float, bool]], int]]
    for real, marks in zip(truth, said, strict=True):
        for label in labels:
            known = {(one["start"], one["end"]) for one in real["spans"] if one["label"] == label}
            scored = [
                (one.get("score", 1.0), (one["start"], one["end"]) in known)
                for one in marks["spans"]
                if one["label"] == label
            ]
            found[label] = (found[label][0] + scored, found[label][1] + len(known))
    return _figures(found)


def of_boxes(truth: list[list[dict[str, Any]]], said: list[list[dict[str, Any]]], labels: list[str]) -> dict[str, Any]:
    """Return the figures of boxes, one list per picture: the most confident first takes the true box it overlaps most, once."""
    found = {label: ([], 0) for label in labels}  # type: dict[str, tuple[list[tuple[float, bool]], int]]
    for real, boxes in zip(truth, said, strict=True):
        for label in labels:
            free = [one for one in real if one["label"] == label]
            scored, count = [], len(free)
            for box in sorted((one for one in boxes if one["label"] == label), key=lambda one: -one["score"]):
                best = max(free, key=lambda one: overlap(one, box), default=None)
                right = best is not None and overlap(best, box) >= ENOUGH
                if best is not None and right:
                    free.remove(best)
                scored.append((box["score"], right))
            found[label] = (found[label][0] + scored, found[label][1] + count)
    return _figures(found)


def overlap(one: dict[str, Any], other: dict[str, Any]) -> float:
    """Return the intersection over union of two boxes, from 0 to 1."""
    width = min(one["x"] + one["width"], other["x"] + other["width"]) - max(one["x"], other["x"])
    height = min(one["y"] + one["height"], other["y"] + other["height"]) - max(one["y"], other["y"])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return float(both / (one["width"] * one["height"] + other["width"] * other["height"] - both))


def _figures(found: dict[str, tuple[list[tuple[float, bool]], int]]) -> dict[str, Any]:
    right = sum(hit for marks, _ in found.values() for _, hit in marks)
    said, real = sum(len(marks) for marks, _ in found.values()), sum(count for _, count in found.values())
    classes: list[dict[str, Any]] = []
    for label, (marks, count) in found.items():
        hits = sum(hit for _, hit in marks)
        p, r = _share(hits, len(marks)), _share(hits, count)
        classes.append(
            {
                "class": label,
                "precision": round(p, 4),
                "recall": round(r, 4),
                "f1": round(_share(2 * hits, len(marks) + count), 4),
                "average_precision": round(_average_precision(marks, count), 4),
                "count": count,
            }
        )
    present = [one["average_precision"] for one in classes if one["count"]]
    f1 = _share(2 * right, said + real) if said + real else 1.0
    return {
        "error": 1.0 - f1,
        "guess_error": 1.0,
        "precision": _share(right, said) if said or real else 1.0,
        "recall": _share(right, real) if real else 1.0,
        "f1": f1,
        "average_precision": float(np.mean(present)) if present else 0.0,
        "classes": classes,
    }


def _average_precision(marks: list[tuple[float, bool]], count: int) -> float:
    """Return the average precision: the sum of the precision at each right mark, divided by the number of true marks.

    The marks are sorted by score, the most confident first.
    """
    if not count:
        return 0.0
    hits = np.array([hit for _, hit in sorted(marks, key=lambda one: -one[0])], dtype=np.float64)
    if not len(hits):
        return 0.0
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float((precision * hits).sum() / count)


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0
