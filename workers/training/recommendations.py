"""What the next sum should buy: the best of the possible ways, or none if more labels do not help."""

from typing import Any

from django.shortcuts import get_object_or_404

from annotator.models import Project, Question
from datasets.models import Version
from workers.training import backtest, gains
from workers.training.models import Curve, Recommendation, Way

LITTLE = 0.05  # share of the error; a smaller gain is not worth recommending
CLEARLY = 1.05  # times the gain of plain new items


def weigh(version: Version, found: Curve) -> dict[str, Any] | None:
    """Return what to recommend for a version's curve, stored or not, or None if there is no forecast. Slow."""
    if "next" not in found.forecast or "line" not in found.forecast:
        return None
    ways = {str(way): one for way, one in gains.estimate_gains(version, found).items()}
    best = _best(ways, LITTLE * found.forecast["next"]["now"])
    content = {
        "ways": ways,
        "line": found.forecast["line"],
        "size": found.forecast["size"],
        "sum": found.forecast["sum"],
    }
    return {"best": best, "content": content}


def make(version: Version, found: Curve, weighed: dict[str, Any] | None = None) -> Recommendation | None:
    """Write the recommendation for a version's curve, once, and the outcomes of earlier ones.

    Returns None without a forecast.
    """
    backtest.score_past_forecasts(version.question, found)
    weighed = weighed or weigh(version, found)
    if weighed is None:
        return None
    return Recommendation.objects.get_or_create(version=version, defaults=weighed)[0]


def _best(ways: dict[str, dict[str, Any]], least: float) -> str:
    """Return the way with the largest gain, or "" if all are small. A way other than new items must be clearly better."""
    worthwhile = {way: one["gain"] for way, one in ways.items() if one["gain"] >= least}
    plain = worthwhile.get(Way.NEW, 0.0)
    clearly = {way: gain for way, gain in worthwhile.items() if way == Way.NEW or gain >= CLEARLY * plain}
    return max(clearly, key=lambda way: clearly[way], default="")


def get_recommendation(project: Project, recommendation_id: int) -> Recommendation:
    """Return a recommendation of a project. Raises Http404 if the project has no such recommendation."""
    found = Recommendation.objects.filter(version__project=project).select_related("version__question__project")
    return get_object_or_404(found, pk=recommendation_id)


def newest(question: Question) -> Recommendation | None:
    """Return the recommendation for the newest version that has one, or None."""
    made = Recommendation.objects.filter(version__question=question)
    return made.select_related("version__question__project", "job", "batch").order_by("-version__number").first()
