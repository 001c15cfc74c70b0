"""Answers that are no classes, written by hand: spans, shapes and whatever a model is given."""

from typing import Any

import numpy as np

from datasets.aggregation.consensus import Given


def given_(answers: list[tuple[int, int, Any]], n_items: int | None = None) -> Given:
    """Return answers written as (item, worker, value)."""
    items, workers = (np.array([one[place] for one in answers], dtype=np.int64) for place in (0, 1))
    return Given(items, workers, [one[2] for one in answers], n_items or items.max() + 1, workers.max() + 1)


def mark(*stretches: tuple[int, int, str], **more: Any) -> dict[str, Any]:
    return {"spans": [{"start": start, "end": end, "label": label} for start, end, label in stretches]} | more


def rectangle(x: float, y: float, width: float, height: float, label: str = "cup") -> dict[str, Any]:
    return {"type": "box", "label": label, "x": x, "y": y, "width": width, "height": height}


def outline(*points: tuple[float, float], label: str = "leaf") -> dict[str, Any]:
    return {"type": "polygon", "label": label, "points": [list(point) for point in points]}


def drawn(*shapes: dict[str, Any]) -> dict[str, Any]:
    return {"shapes": list(shapes)}
