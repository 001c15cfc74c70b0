"""What came of what was said: forecasts of the error, estimates of batches, and the way to the goal, each beside its outcome."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from annotator.models import Question
from workers.budget import estimates
from workers.budget.models import Estimate
from workers.training import hindsight
from workers.training.models import Curve

STATED = 0.8  # the share that should be inside


@dataclass(frozen=True)
class Outcome:
    """One figure: what was expected of it, with its 80 % interval, and what came. Less is better for all of them.

    `about`: the versions or the batch it is about.
    """

    about: str
    expected: float
    low: float
    high: float
    came: float

    @property
    def verdict(self) -> str:
        """Say where the outcome lies: "inside", "optimistic" where it is worse than the interval, or "pessimistic".

        "known" where one number was named and came: that shows nothing about intervals.
        """
        slack = 1e-9 * max(1.0, abs(self.came))
        if self.came > self.high + slack:
            return "optimistic"
        if self.came < self.low - slack:
            return "pessimistic"
        return "known" if self.low == self.high else "inside"


@dataclass(frozen=True)
class Record:
    """The outcomes of one kind of statement, the newest first. `unit`: share, count, hours, days, or a currency."""

    name: str
    unit: str
    outcomes: list[Outcome] = field(default_factory=list)

    def _share(self, verdict: str) -> int:
        return sum(one.verdict == verdict for one in self.outcomes)

    @property
    def count(self) -> int:
        """How many there are that were not known beforehand."""
        return len(self.outcomes) - self._share("known")

    @property
    def inside(self) -> int:
        """How many came as expected."""
        return self._share("inside")

    @property
    def optimistic(self) -> int:
        """How many came worse than the interval said."""
        return self._share("optimistic")

    @property
    def pessimistic(self) -> int:
        """How many came better than the interval said."""
        return self._share("pessimistic")


@dataclass(frozen=True)
class Reached:
    """The goal that was met: the labels and the money that were there when a version met it, and how many would have been enough.

    `least` is where the curve through all points meets the goal, so it has the curve's own doubt.
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
    """Return a record of each kind of statement that has an outcome."""
    found = hindsight.record(question)["outcomes"]
    errors = [
        Outcome(
            f"version {one['from']}, shown by version {one['version']}",
            one["expected"],
            one["low"],
            one["high"],
            one["error"],
        )
        for one in found
    ]
    return [
        one for one in (Record("Error of the next version", "share", errors), *_of_batches(question)) if one.outcomes
    ]


def _of_batches(question: Question) -> list[Record]:
    """Return what finished batches took, beside their estimates. One that was closed early is left out: it was not what was
    estimated.
    """
    records = {
        "answers": Record("Answers of a batch", "count"),
        "money": Record("Money of a batch", question.project.currency),
        "hours": Record("People's time for a batch", "hours"),
        "days": Record("Time until a batch was done", "days"),
    }
    kept = Estimate.objects.filter(batch__question=question, batch__finished_at__isnull=False).select_related("batch")
    for row in kept.order_by("-batch__number"):
        came = estimates.actual(row.batch)
        for what, record in records.items():
            stated, value = row.content[what], getattr(came, what)
            if value is not None:
                record.outcomes.append(
                    Outcome(row.batch.name, stated["middle"], stated["low"], stated["high"], float(value))
                )
    return list(records.values())


def goal_of(question: Question) -> Reached | None:
    """Return how the goal was met; None while it is not, or where the curve cannot say how many labels were enough."""
    curve = Curve.objects.filter(question=question).first()
    goal: dict[str, Any] = curve.forecast.get("goal") or {} if curve else {}
    if curve is None or not goal.get("enough"):
        return None
    met = [point for point in curve.points if point["whole"] and point["error"] <= goal["error"]]
    if not met:
        return None
    first = min(met, key=lambda point: point["version"])
    return Reached(goal["error"], first["version"], first["size"], Decimal(first["cost"]), goal["enough"])
