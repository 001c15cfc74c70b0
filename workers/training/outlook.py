"""The outlook of a question: its runs as points, the law through them, what the next 100 buys, and the picture."""

import math
from decimal import Decimal
from typing import Any

import numpy as np

from annotator.models import Question
from workers.training import chart, curve, forecast
from workers.training.models import Curve, TrainingRun

SUM = 100


def update(question: Question) -> Curve:
    """Compute a question's curve from its finished runs and store it with its pictures."""
    points = collect(question)
    outlook = look_ahead(question, points)
    pictures = {"svg_wide": "", "svg_narrow": ""}
    if points:
        goal = question.project.goal_error
        pictures = {
            "svg_wide": chart.draw(points, outlook, goal, question.project.currency, narrow=False),
            "svg_narrow": chart.draw(points, outlook, goal, question.project.currency, narrow=True),
        }
    row, _ = Curve.objects.update_or_create(
        question=question, defaults={"points": points, "forecast": outlook, **pictures}
    )
    return row


def collect(question: Question) -> list[dict[str, Any]]:
    """Return the finished runs as points, by size. Only runs judged on the newest test set are comparable."""
    runs = TrainingRun.objects.filter(version__question=question, error__isnull=False).select_related("version")
    runs = runs.order_by("train_size", "version__number")
    newest = max(runs, key=lambda run: run.version.number, default=None)
    return [
        {
            "version": run.version.number,
            "run": run.pk,
            "size": run.train_size,
            "error": run.error,
            "cost": str(run.labels_cost),
            "test_count": run.version.test_count,
            "guess_error": run.result["guess_error"],
        }
        for run in runs
        if newest and run.version.test_sha256 == newest.version.test_sha256
    ]


def label_price(question: Question) -> Decimal:
    """Return what one more training label costs: its answers at the question's price."""
    return question.price * question.overlap


def look_ahead(question: Question, points: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the forecast as plain values; `{"problem": text}` where the points do not carry one."""
    price = label_price(question)
    about: dict[str, Any] = {"label_price": str(price), "answers_per_label": question.overlap, "sum": SUM}
    if not points:
        return about | {"problem": "No model has been trained yet."}
    last = points[-1]
    about |= {"size": last["size"], "error": last["error"], "test_count": last["test_count"]}
    try:
        law = curve.fit(
            np.array([point["size"] for point in points], dtype=np.float64),
            np.array([point["error"] for point in points], dtype=np.float64),
            last["test_count"],
            max(last["guess_error"], 0.01),
        )
    except curve.TooFewPoints as problem:
        return about | {"problem": f"No forecast yet: {problem}."}
    a, b, c = law.middle()
    about |= {
        "a": a,
        "b": b,
        "c": c,
        "guess": law.guess,
        "region": law.region(last["size"]),
        "small_data_until": _finite(law.small_data_until()),
        "floor_from": _finite(law.floor_from()),
        "line": _line(law, points, price),
    }
    if price > 0:
        labels = int(SUM / price)
        now, then = forecast.along(law, np.array([last["size"], last["size"] + labels], dtype=np.float64))
        about["next"] = {
            "labels": labels,
            "size": last["size"] + labels,
            "error": then.error,
            "low": then.low,
            "high": then.high,
            "now": now.error,
        }
    goal = question.project.goal_error
    if goal:
        reach = forecast.to_reach(law, goal, last["size"])
        more = max(0.0, reach.size - last["size"]) if reach.size else None
        about["goal"] = {
            "error": goal,
            "size": reach.size,
            "probability": reach.probability,
            "more_labels": more,
            "money": str(round(Decimal(more) * price, 2)) if more is not None else None,
        }
    return about


def _line(law: curve.Law, points: list[dict[str, Any]], price: Decimal) -> list[dict[str, float]]:
    smallest, largest = points[0]["size"], points[-1]["size"]
    ahead = largest + (float(SUM / price) if price > 0 else largest)
    sizes = np.geomspace(smallest, max(largest * 8, ahead * 2), 60)
    return [
        {"size": float(size), "error": one.error, "low": one.low, "high": one.high}
        for size, one in zip(sizes, forecast.along(law, sizes), strict=True)
    ]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
