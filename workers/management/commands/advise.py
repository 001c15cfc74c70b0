"""`manage.py advise CURVE.csv --goal-error 0.05 --price 0.08 --training-cost 2`: the next purchase of labels towards a goal.

CURVE.csv has one row per training run with the columns training_size and test_error; for another goal, the column precision,
recall or f1. A size may occur several times. A budget, or a date with the number of labels per day, limits the purchase.
Prints JSON: whether to buy, how many labels, what they cost with the training, the probability that this purchase meets the goal,
the probability with all labels that can be bought, and the reason.
"""

import datetime
import json
import math
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from workers.training.curve import advice, files, fit, limits

MEASURES = {"goal_error": files.ERROR, "goal_precision": "precision", "goal_recall": "recall", "goal_f1": "f1"}


def _date(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a date like 2027-03-31") from None


class Command(BaseCommand):
    """Advise on the next purchase of labels."""

    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the arguments: the file, the goal and the prices."""
        parser.add_argument("curve", type=Path, help="CSV with the columns training_size and test_error")
        goal = parser.add_mutually_exclusive_group(required=True)
        goal.add_argument("--goal-error", type=float, help="the target error, between 0 and 1")
        for name in ("precision", "recall", "f1"):
            goal.add_argument(f"--goal-{name}", type=float, help=f"the wanted {name}, between 0 and 1")
        parser.add_argument("--price", type=float, required=True, help="the price of one label; 0 if it is free")
        parser.add_argument("--training-cost", type=float, default=0.0, help="the cost of one training")
        parser.add_argument("--budget", type=float, help="the most that may be spent")
        parser.add_argument("--until", type=_date, help="the day by which the goal should be met; needs --labels-a-day")
        parser.add_argument("--labels-a-day", type=float, help="how many labels are made per day")
        parser.add_argument("--test-count", type=int, help="the number of test items, if the test set is small")
        parser.add_argument("--guess-error", type=float, help="the error of always naming the most frequent class")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, fit, advise."""
        name = next(one for one in MEASURES if options[one] is not None)
        goal = options[name] if name == "goal_error" else 1 - options[name]
        try:
            sizes, measured = files.read(options["curve"], MEASURES[name])
        except ValueError as problem:
            raise CommandError(str(problem)) from None
        errors = measured if name == "goal_error" else 1 - measured
        guess = options["guess_error"] if name == "goal_error" else None
        try:
            law = fit.fit(sizes, errors, options["test_count"], guess)
            said = advice.advise(
                law, goal, options["price"], options["training_cost"], options["budget"], _until(options)
            )
        except ValueError as problem:
            raise CommandError(f"{options['curve']}: {problem}") from None
        self.stdout.write(json.dumps(_told(said, law, sizes, errors), indent=2))


def _until(options: dict[str, Any]) -> float | None:
    """Return how many labels can be had until the given day; None if no day was given."""
    if options["until"] is None:
        return None
    if options["labels_a_day"] is None:
        raise CommandError("--until needs --labels-a-day, to know how many labels you can get by then.")
    days = (options["until"] - timezone.localdate()).days
    if days < 0:
        raise CommandError(f"{options['until']} is over.")
    return float(days * options["labels_a_day"])


def _told(said: advice.Advice, law: fit.Law, sizes: np.ndarray, errors: np.ndarray) -> dict[str, Any]:
    found: dict[str, Any] = {
        "action": said.action,
        "labels_now": round(law.largest),
        "buy_labels": said.labels,
        "money": round(said.money, 2),
        "chance_then": round(said.chance, 4),
        "most_labels": math.floor(said.most),
        "chance_with_most": round(said.ever, 4),
        "needed": {"low": _finite(said.low), "median": _finite(said.middle), "high": _finite(said.high)},
        "why": said.why,
    }
    mean = [
        {"size": float(size), "error": float(errors[sizes == size].mean()), "test_count": 10_000}
        for size in np.unique(sizes)
    ]
    if (rise := limits.rises(mean)) is not None:
        found["warning"] = (
            f"At the largest size the error is {100 * rise:.1f} points higher than at a smaller one. Look whether the later "
            "labels or items are of another kind before buying more."
        )
    return found


def _finite(value: float) -> float | None:
    return math.ceil(value) if math.isfinite(value) else None
