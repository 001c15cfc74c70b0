"""How right past recommendations were: what came, beside what was expected."""

from dataclasses import dataclass, field

from annotator.models import Question
from workers.training.curve.forecast import read_line
from workers.training.models import Curve, Recommendation


@dataclass(frozen=True)
class Outcome:
    """One figure: what was expected of it, with its 80% interval, and what came. Less is better for all of them.

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


def score_past_forecasts(question: Question, found: Curve) -> int:
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
    """Return how right the past recommendations were: each outcome, the newest first."""
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
