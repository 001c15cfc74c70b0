"""Forecasts of the error, estimates of batches, and the way to the goal, each beside its outcome."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from annotator.models import Question
from workers.budget import estimates
from workers.budget.models import BatchEstimate
from workers.training import backtest
from workers.training.backtest import Outcome, Record
from workers.training.models import Curve

STATED = 0.8  # the share that should be inside


@dataclass(frozen=True)
class Reached:
    """The goal that was met: the labels and money when a version met it, and how many labels would have been enough.

    `least` is where the curve through all points meets the goal, so it has the curve's own uncertainty.
    """

    goal: float
    version: int
    labels: int
    money: Decimal
    least: float

    @property
    def ratio(self) -> float:
        """The labels that were bought, as a multiple of those that were needed; at least 1."""
        return max(1.0, self.labels / self.least)


def of_question(question: Question) -> list[Record]:
    """Return a record of each kind of forecast or estimate that has an outcome."""
    return [one for one in (backtest.record(question), *_of_batches(question)) if one.outcomes]


def _of_batches(question: Question) -> list[Record]:
    """Return what finished batches took, beside their estimates. Batches that were closed early are left out."""
    records = {
        "answers": Record("Answers of a batch", "count"),
        "money": Record("Money of a batch", question.project.currency),
        "hours": Record("People's time for a batch", "hours"),
        "days": Record("Time until a batch was done", "days"),
    }
    kept = BatchEstimate.objects.filter(
        batch__question=question, batch__first_finished_at__isnull=False
    ).select_related("batch")
    for row in kept.order_by("-batch__number"):
        came = estimates.actual(row.batch, row.batch.first_finished_at)
        for what, record in records.items():
            stated, value = row.content[what], getattr(came, what)
            if value is not None:
                record.outcomes.append(
                    Outcome(row.batch.name, stated["middle"], stated["low"], stated["high"], float(value))
                )
    return list(records.values())


def goal_of(question: Question) -> Reached | None:
    """Return how the goal was met; None if it is not met, or if the curve cannot say how many labels were enough."""
    curve = Curve.objects.filter(question=question).first()
    goal: dict[str, Any] = curve.forecast.get("goal") or {} if curve else {}
    if curve is None or not goal.get("enough"):
        return None
    met = [point for point in curve.points if point["whole"] and point["error"] <= goal["error"]]
    if not met:
        return None
    first = min(met, key=lambda point: point["version"])
    return Reached(goal["error"], first["version"], first["size"], Decimal(first["cost"]), goal["enough"])
