"""What limits a model: wrong labels, where making them right would help more than many more like them, or a curve that rises."""

import math
from typing import Any

import numpy as np

from workers.training.curve import fit, worth

TIMES = 4  # right labels are held against so many times the labels there are
# What a few hundred noisy labels lose against right ones, as a power: more than the square that theory asks at least. Set by the
# simulated projects of `benchmarks/honest`.
LOSS = 5.0
NO_FLOOR = 0.002  # less than this is no floor
KNOWN_FLOOR = 0.5  # of the error: a floor whose interval is wider than this is not known


def label_noise_limit(found: dict[str, Any], law: fit.Law, size: int, n_classes: int) -> dict[str, Any]:
    """Return what right labels would bring, beside TIMES as many labels like these.

    Empty where it is not known how many are wrong.

    `rate`, `low`, `high`: the share of the training labels that are wrong, with its 80% interval. `right`, `more`: the error to
    expect with right labels, and with more of the present kind. `labels`: whether right ones are likely to help more.

    Args:
        found: what the newest training has found, see `workers.training.findings`.
        law: the curve.
        size: how many labels there are.
        n_classes: of the question.
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
    """Say what the points show of the error that no label takes away: "none", "known" or "unknown".

    Args:
        outlook: with `error`, and `c_low` and `c_high`, the 80% interval of the floor.
    """
    if outlook["c_high"] < NO_FLOOR:
        return "none"
    return "unknown" if outlook["c_high"] - outlook["c_low"] > KNOWN_FLOOR * outlook["error"] else "known"


def rises(points: list[dict[str, Any]]) -> float | None:
    """Return by how much the error rises from the best smaller size to the largest, where that is more than luck; else None."""
    last = points[-1]
    best = min(points, key=lambda point: point["error"])
    count = max(1, last["test_count"])
    luck = 2.0 * math.sqrt(max(last["error"] * (1 - last["error"]), 1e-6) * 2 / count)
    rise = last["error"] - best["error"]
    return rise if rise > max(luck, 0.01) else None
