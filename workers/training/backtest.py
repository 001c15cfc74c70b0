"""Backtest of recommendations: the outcome next to what was expected."""

from dataclasses import dataclass, field

from annotator.models import Question
from workers.training.curve.forecast import read_line
from workers.training.models import Curve, Recommendation


@dataclass(frozen=True)
class Outcome:
    """One figure: its expected value with an 80% interval, and its outcome. Smaller is better for all figures.

    `about`: the versions or the batch that the figure belongs to.
    """

    about: str
    expected: float
    low: float
    high: float
    came: float

    @property
    def verdict(self) -> str:
        """Return where the outcome lies: "inside", "optimistic" or "pessimistic".

        "optimistic": the outcome is worse than the interval. "pessimistic": it is better. "known": a single number was
        expected and came true, which shows nothing about intervals.
        """
        slack = 1e-9 * max(1.0, abs(self.came))
        if self.came > self.high + slack:
            return "optimistic"
        if self.came < self.low - slack:
            return "pessimistic"
        return "known" if self.low == self.high else "inside"


@dataclass(frozen=True)
class Record:
    """The outcomes of one kind of forecast, newest first. `unit`: share, count, hours, days, or a currency."""

    name: str
    unit: str
    outcomes: list[Outcome] = field(default_factory=list)

    def _share(self, verdict: str) -> int:
        return sum(one.verdict == verdict for one in self.outcomes)

    @property
    def count(self) -> int:
        """The number of outcomes that were not known beforehand."""
        return len(self.outcomes) - self._share("known")

    @property
    def inside(self) -> int:
        """The number of outcomes inside their interval."""
        return self._share("inside")

    @property
    def optimistic(self) -> int:
        """The number of outcomes worse than their interval."""
        return self._share("optimistic")

    @property
    def pessimistic(self) -> int:
        """The number of outcomes better than their interval."""
        return self._share("pessimistic")


def score_past_forecasts(question: Question, found: Curve) -> int:
    """Write the outcome of earlier recommendations where a later and larger version shows it; return how many."""
    points = [point for point in found.points if point.get("whole")]
    count = 0
    for made in Recommendation.objects.filter(version__question=question, outcome__isnull=True).select_related(
        "version"
    ):
        later = [p for p in points if p["version"] > made.version.number and p["size"] > made.content["size"]]
        if not later:
            continue
        point = min(later, key=lambda one: one["version"])
        expected = read_line(made.content["line"], point["size"])
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


def record(question: Question) -> Record:
    """Return the backtest of the past recommendations: each outcome, newest first."""
    made = Recommendation.objects.filter(version__question=question).exclude(outcome__isnull=True)
    outcomes = [
        Outcome(
            f"version {one.version.number}, shown by version {came['version']}",
            came["expected"],
            came["low"],
            came["high"],
            came["error"],
        )
        for one in made.select_related("version")
        if (came := one.outcome)
    ]
    return Record("Error of the next version", "share", outcomes)
