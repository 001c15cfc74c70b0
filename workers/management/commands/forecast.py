"""`manage.py forecast CURVE.csv --at 20000 --goal-error 0.05 --price 0.08`: the forecast of a learning curve, without a project.

CURVE.csv has one row per training run, training_size,test_error; a size may occur several times. Prints JSON: the region, the
fitted parameters, the error at the size with its 80% interval, the probability that the goal is met, and the labels and money
that it needs. The goal is out of reach if that probability is below one in ten.
"""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError, CommandParser

from workers.training.curve import advice, files, fit, forecast


class Command(BaseCommand):
    """Forecast from a learning curve."""

    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the arguments: the file and what is asked about it."""
        parser.add_argument("curve", type=Path, help="CSV with the columns training_size and test_error")
        parser.add_argument("--at", type=float, required=True, help="the training size to forecast")
        parser.add_argument("--goal-error", type=float, help="the target error, between 0 and 1")
        parser.add_argument("--price", type=float, help="the price of one label")
        parser.add_argument("--test-count", type=int, help="the number of test items, if the test set is small")
        parser.add_argument("--guess-error", type=float, help="the error of always naming the most frequent class")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, fit, print."""
        if options["price"] is not None and options["price"] < 0:
            raise CommandError("--price must not be under zero")
        try:
            sizes, errors = files.read(options["curve"])
        except ValueError as problem:
            raise CommandError(str(problem)) from None
        try:
            law = fit.fit(sizes, errors, options["test_count"], options["guess_error"])
            found = _told(law, options["at"], options["goal_error"], options["price"])
        except ValueError as problem:
            raise CommandError(f"{options['curve']}: {problem}") from None
        self.stdout.write(json.dumps(found, indent=2))


def _told(law: fit.Law, at: float, goal: float | None, price: float | None) -> dict[str, Any]:
    expected = forecast.at(law, at)
    low, middle, high = fit.weighted_quantiles(law.floor, law.weight, np.array([0.1, 0.5, 0.9]))
    found: dict[str, Any] = {
        "region": law.region(law.largest),
        "region_at": law.region(at),
        "parameters": {
            "exponent": round(law.median(law.b), 4),
            "irreducible_error": round(float(middle), 5),
            "irreducible_error_low": round(float(low), 5),
            "irreducible_error_high": round(float(high), 5),
            "small_data_until": _finite(law.small_data_until()),
            "floor_from": _finite(law.floor_from()),
        },
        "known": {"points": law.points, "largest": law.largest},
        "at": at,
        "error": round(expected.error, 6),
        "low": round(expected.low, 6),
        "high": round(expected.high, 6),
    }
    return found | ({"goal": _goal(law, goal, price)} if goal is not None else {})


def _goal(law: fit.Law, goal: float, price: float | None) -> dict[str, Any]:
    reach = advice.reach(law, goal)
    found: dict[str, Any] = {
        "error": goal,
        "probability": round(reach.chance, 4),
        "out_of_reach": reach.out_of_reach,
        "labels": _labels(reach.middle),
        "labels_low": _labels(reach.low),
        "labels_high": _labels(reach.high),
        "more_labels": None,
        "money": None,
    }
    if found["labels"] is not None:
        more = math.ceil(max(0.0, reach.middle - law.largest))
        found |= {"more_labels": more, "money": round(more * price, 2) if price is not None else None}
    return found


def _labels(size: float) -> int | None:
    return math.ceil(size) if math.isfinite(size) else None


def _finite(value: float) -> float | None:
    return round(value, 1) if math.isfinite(value) else None
