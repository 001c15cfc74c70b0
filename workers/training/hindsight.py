"""How right past recommendations were: what came, beside what was expected."""

import math
from typing import Any

import numpy as np

from annotator.models import Question
from workers.training.models import Curve, Recommendation


def judge(question: Question, found: Curve) -> int:
    """Write what came of earlier recommendations, where a later and larger version shows it; return of how many."""
    points = [point for point in found.points if point.get("whole")]
    count = 0
    for made in Recommendation.objects.filter(version__question=question, outcome__isnull=True).select_related(
        "version"
    ):
        later = [p for p in points if p["version"] > made.version.number and p["size"] > made.content["size"]]
        if not later:
            continue
        point = min(later, key=lambda one: one["version"])
        expected = _along(made.content["line"], point["size"])
        if expected is None:
            continue
        made.outcome = {
            "version": point["version"],
            "size": point["size"],
            "error": point["error"],
            "expected": expected["error"],
            "low": expected["low"],
            "high": expected["high"],
            "inside": expected["low"] <= point["error"] <= expected["high"],
        }
        made.save(update_fields=["outcome"])
        count += 1
    return count


def _along(line: list[dict[str, float]], size: float) -> dict[str, float] | None:
    sizes = np.log([row["size"] for row in line])
    if not sizes[0] <= math.log(size) <= sizes[-1]:
        return None
    return {
        key: float(np.interp(math.log(size), sizes, [row[key] for row in line])) for key in ("error", "low", "high")
    }


def record(question: Question) -> dict[str, Any]:
    """Return how right the past recommendations were: `count`, `inside` the interval, and each outcome, the newest first."""
    made = (
        Recommendation.objects.filter(version__question=question)
        .exclude(outcome__isnull=True)
        .select_related("version")
    )
    outcomes = [one.outcome | {"from": one.version.number} for one in made if one.outcome]
    return {"count": len(outcomes), "inside": sum(one["inside"] for one in outcomes), "outcomes": outcomes}
