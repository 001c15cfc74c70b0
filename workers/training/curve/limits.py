"""What limits a model: wrong labels, if correcting them helps more than many more like them, or a curve that rises."""

import math
from typing import Any

import numpy as np

from workers.training.curve import fit, worth

TIMES = 4  # correct labels are compared with this many times today's labels
# How much a few hundred noisy labels lose against correct ones, as a power: more than the square that theory asks at least. Set
# by the simulated projects of `benchmarks/honest`.
LOSS = 5.0
NO_FLOOR = 0.002  # less than this is no floor
KNOWN_FLOOR = 0.5  # share of the error; a floor whose interval is wider than this is not known


def label_noise_limit(found: dict[str, Any], law: fit.Law, size: int, n_classes: int) -> dict[str, Any]:
    """Return what correct labels would bring, compared with TIMES as many labels like today's.

    Empty if the share of wrong labels is not known.

    `rate`, `low`, `high`: the share of the training labels that are wrong, with its 80% interval. `right`, `more`: the error to
    expect with correct labels, and with more labels of the present kind. `labels`: whether correct labels are likely to help
    more.

    Args:
        found: the findings of the newest training, see `workers.training.findings`.
        law: the curve.
        size: the present number of labels.
        n_classes: the question's number of classes.
    """
    noise = found.get("noise")
    if not noise:
        return {}
    each = worth.of_label(noise["value"], n_classes, LOSS)
    sizes = np.array([size / max(each, 1e-3), size * TIMES], dtype=np.float64)
    right, more = law.error(sizes).T
    return {
        "rate": noise["value"],
        "low": noise["low"],
        "high": noise["high"],
        "right": law.median(right),
        "more": law.median(more),
        "times": TIMES,
        "labels": each < 1 / TIMES,
    }


def floor(outlook: dict[str, Any]) -> str:
    """Return what the points show about the irreducible error: "none", "known" or "unknown".

    Args:
        outlook: with `error`, and `c_low` and `c_high`, the 80% interval of the floor.
    """
    if outlook["c_high"] < NO_FLOOR:
        return "none"
    return "unknown" if outlook["c_high"] - outlook["c_low"] > KNOWN_FLOOR * outlook["error"] else "known"


def rises(points: list[dict[str, Any]]) -> float | None:
    """Return by how much the error rises from the best smaller size to the largest, if that is more than luck; else None."""
    last = points[-1]
    best = min(points, key=lambda point: point["error"])
    count = max(1, last["test_count"])
    luck = 2.0 * math.sqrt(max(last["error"] * (1 - last["error"]), 1e-6) * 2 / count)
    rise = last["error"] - best["error"]
    return rise if rise > max(luck, 0.01) else None
