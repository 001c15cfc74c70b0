"""`manage.py replay ANSWERS.csv --gold gold.csv`: the cost and accuracy that a redundancy policy would have had, as JSON."""

import json
import statistics
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError, CommandParser

from datasets.aggregation import answer_files
from datasets.aggregation.redundancy import Policy, Replay, replay

POLICIES = ("adaptive", "fixed")


class Command(BaseCommand):
    """Replay recorded answers under a redundancy policy."""

    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the arguments: the files and the policy."""
        parser.add_argument("answers", type=Path, help="CSV with the columns task, worker and label")
        parser.add_argument(
            "--gold", type=Path, help="CSV with the columns task and label: the truth, unseen by the policy"
        )
        parser.add_argument(
            "--policy", default="adaptive", choices=POLICIES, help="fixed: START answers per item and no more"
        )
        parser.add_argument("--start", type=int, default=2, help="the fewest answers per item")
        parser.add_argument("--max", type=int, default=10, help="the most answers per item")
        parser.add_argument("--worth", type=float, default=Policy.worth, help="what a right label is worth, in answers")
        parser.add_argument(
            "--price", type=float, default=0.0, help="the price of an answer; costs are printed if it is above 0"
        )
        parser.add_argument(
            "--orders", type=int, default=1, help="random orders of the answers to try; figures are means"
        )
        parser.add_argument(
            "--seed", type=int, help="the seed of the orders; without it and --orders, the recorded order"
        )
        parser.add_argument("--encoding", help="the encoding of the files, if it is not UTF-8")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replay and print."""
        try:
            gold = answer_files.read_gold(Path(options["gold"]), options["encoding"]) if options["gold"] else {}
            answers, tasks, labels = answer_files.read(Path(options["answers"]), None, options["encoding"])
            most = options["start"] if options["policy"] == "fixed" else options["max"]
            policy = Policy(options["start"], most, options["worth"])
            if options["orders"] < 1 or options["price"] < 0:
                raise ValueError("--orders must be at least 1, --price not negative")
        except ValueError as problem:
            raise CommandError(str(problem)) from None
        place = {label: number for number, label in enumerate(labels)}
        # A true label that nobody ever gave is known, but no answer can match it.
        truth = np.array([place.get(gold[task], len(labels)) if task in gold else -1 for task in tasks])
        seeds = [options["seed"]]
        if options["orders"] > 1 or options["seed"] is not None:
            seeds = [(options["seed"] or 0) + number for number in range(options["orders"])]
        runs = [replay(answers, policy, truth if gold else None, seed) for seed in seeds]
        self.stdout.write(json.dumps(_said(runs, options), indent=2))


def _said(runs: list[Replay], options: dict[str, Any]) -> dict[str, Any]:
    first = runs[0]
    asked = statistics.mean(one.stopped.asked for one in runs)
    said: dict[str, Any] = {
        "policy": options["policy"],
        "start": first.policy.start,
        "max": first.policy.most,
        "worth": first.policy.worth,
        "orders": len(runs),
        "answers_recorded": first.recorded,
        "answers_asked": round(asked, 1),
        "saved": _share(one.saved for one in runs),
        "mean_probability": _share(one.stopped.confidence for one in runs),
        "still_split": round(statistics.mean(one.split for one in runs), 1),
    }
    if options["price"]:
        said |= {"cost": round(asked * options["price"], 4), "cost_of_all": round(first.recorded * options["price"], 4)}
    if first.majority is not None:
        said |= {
            "accuracy": _share(one.stopped.accuracy or 0.0 for one in runs),
            "majority_accuracy": round(first.majority, 4),
            "all_answers_accuracy": round(first.full or 0.0, 4),
            "saved_at_majority_accuracy": _share(one.saved_at_majority or 0.0 for one in runs),
        }
    return said


def _share(values: Any) -> float:
    return round(statistics.mean(values), 4)
