"""The outlook of a question: its runs as points, the fitted law, the distance to the goal, and the picture."""

import math
from collections import defaultdict
from decimal import Decimal
from typing import Any

import numpy as np
from django.db.models import Sum

from annotator import kinds
from annotator.models import Question, WorkerStatus
from workers.training import chart, trainings
from workers.training.curve import advice, fit, forecast, limits
from workers.training.curve.sizes import least_for_a_curve
from workers.training.models import Curve, Training, TrainingRun

SUM = 100
CHECKED = 20  # items that a second person answers to show how often the first is right
DRAWN = 60  # points of the line
FAR = 8  # times today's labels; recorded curves say little about intervals beyond that
EARLIER = 0.25  # relative spread of errors measured on earlier versions: their labels were better or worse than today's


def update(question: Question) -> Curve:
    """Compute a question's curve from its finished runs and store it with its pictures."""
    return store(question, computed(question))


def computed(question: Question) -> dict[str, Any]:
    """Fit, forecast and draw a question's curve; return the values of its row.

    Takes seconds, so never call it in a transaction.
    """
    points = collect(question)
    outlook = look_ahead(question, points)
    pictures = {"svg_wide": "", "svg_narrow": ""}
    if points:
        goal = question.project.goal_error
        pictures = {
            "svg_wide": chart.draw(points, outlook, goal, question.project.currency, narrow=False),
            "svg_narrow": chart.draw(points, outlook, goal, question.project.currency, narrow=True),
        }
    return {"points": points, "forecast": outlook, **pictures}


def store(question: Question, values: dict[str, Any]) -> Curve:
    """Store the computed values; return the curve."""
    row, _ = Curve.objects.update_or_create(question=question, defaults=values)
    return row


def comparable(question: Question) -> list[TrainingRun]:
    """Return the finished runs that can be compared, by size.

    They use the question's newest network and the newest test set, and learned from items drawn at random.
    """
    newest = trainings.last_of(question)
    if newest is None:
        return []
    same = question.versions.filter(test_sha256=newest.version.test_sha256).order_by("number")
    # Of versions with the same items and labels only the newest counts: training on them again is no new evidence.
    different = {version.items_sha256 or version.sha256: version for version in same}
    found = trainings.finished(list(different.values()))
    return [run for run in found if not run.chosen and run.network == newest.network]


def collect(question: Question) -> list[dict[str, Any]]:
    """Return the finished runs as points, one per version and size, by size; see `Curve.points`."""
    groups = defaultdict(list)
    for run in comparable(question):
        groups[run.train_size, run.version.number].append(run)
    found = findings_of(question)
    return [_point(runs, found.get("errors", {})) for _, runs in sorted(groups.items())]


def findings_of(question: Question) -> dict[str, Any]:
    """Return the findings of the newest finished training of a question; empty if there is none."""
    done = Training.objects.filter(version__question=question).exclude(found={})
    training = done.order_by("-version__number", "-pk").first()
    return training.found if training else {}


def _point(found: list[TrainingRun], true_errors: dict[str, dict[str, float]]) -> dict[str, Any]:
    first, measured = found[0], [run.error for run in found if run.error is not None]
    weighed = [true_errors[str(run.pk)] for run in found if str(run.pk) in true_errors]
    true = len(weighed) == len(measured)
    errors = [one["value"] for one in weighed] if true else measured
    return {
        "version": first.version.number,
        "run": first.pk,
        "size": first.train_size,
        "error": float(np.mean(errors)),
        "low": float(np.mean([one["low"] for one in weighed])) if true else min(errors),
        "high": float(np.mean([one["high"] for one in weighed])) if true else max(errors),
        "true": true,
        "crowd_error": float(np.mean(measured)),
        "errors": errors,
        "runs": len(errors),
        "cost": str(first.labels_cost),
        "test_count": first.version.test_count,
        "guess_error": (first.result or {}).get("guess_error", 1.0),
        "precision": float(np.mean([run.precision for run in found])),
        "recall": float(np.mean([run.recall for run in found])),
        "whole": first.whole,
    }


def next_sum(price: Decimal) -> Decimal:
    """Return the sum of money that the pages consider: SUM, or the price of one label if that is more."""
    return max(Decimal(SUM), price)


def labels_for(price: Decimal) -> int:
    """Return how many labels the next sum buys at a price above zero."""
    return int(next_sum(price) / price)


def label_price(question: Question) -> Decimal:
    """Return what one more training label costs: its answers at the question's price."""
    return question.price * question.overlap


def law_of(points: list[dict[str, Any]], what: str = "error") -> fit.Law:
    """Return the law fitted to points; for "precision" or "recall" it is fitted to 1 − the figure. Raises TooFewPoints."""
    last = chart.present(points)
    sizes: list[float] = []
    errors: list[float] = []
    doubt: list[float] = []
    for point in points:
        each = point.get("errors") or [point["error"]]
        each = each if what == "error" else [1 - point[what]]
        sizes += [float(point["size"])] * len(each)
        errors += each
        doubt += [0.0 if point["version"] == last["version"] else EARLIER] * len(each)
    guess = max(last["guess_error"], 0.01) if what == "error" else None
    clipped = np.clip(np.array(errors), 0.0, 1.0)
    return fit.fit(np.array(sizes), clipped, last["test_count"], guess, doubt=np.array(doubt))


def look_ahead(question: Question, points: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the forecast as plain values, with `{"problem": text}` if the points are not enough for one."""
    price = label_price(question)
    about: dict[str, Any] = {
        "label_price": str(price),
        "answers_per_label": question.overlap,
        "sum": str(next_sum(price)),
    }
    if not points:
        return about | {"problem": "No model has been trained yet."}
    last, found = chart.present(points), findings_of(question)
    kept = ("size", "error", "low", "high", "true", "crowd_error", "test_count", "version", "runs")
    about |= {key: last[key] for key in kept if key in last}
    if WorkerStatus.objects.filter(question=question, answers__gt=0).count() == 1:
        about["one_person"] = {"items": CHECKED, "money": str(CHECKED * question.price)}
    about |= {"gold": found.get("gold", 0), "noise": found.get("noise"), "test_noise": found.get("test_noise")}
    if (rising := limits.rises(points)) is not None:
        about["rises"] = rising
    classes = len(kinds.get(question.kind).classes(question.config))
    try:
        law = law_of(points)
    except fit.TooFewPoints as problem:
        enough = least_for_a_curve(classes)
        more = f" A version of {enough} training labels makes them." if last["size"] < enough else ""
        return about | {"problem": f"No forecast yet: {problem}.{more}"}
    about["limit"] = limits.label_noise_limit(found, law, last["size"], classes)
    about |= _shape(law, last["size"]) | {"line": _line(law, points, last["size"], price)}
    if price > 0:
        labels = labels_for(price)
        now, then = forecast.along(law, np.array([last["size"], last["size"] + labels], dtype=np.float64))
        about["next"] = {
            "labels": labels,
            "size": last["size"] + labels,
            "error": min(then.error, now.error),
            "low": then.low,
            "high": then.high,
            "now": now.error,
        } | _precision_and_recall(points, last["size"] + labels)
    if goal := question.project.goal_error:
        about["goal"] = _goal(law, goal, last["size"], price, training_cost(question))
    return about


def at_size(points: list[dict[str, Any]], size: float) -> dict[str, Any]:
    """Return error, precision and recall to expect at a size, each `{"value", "low", "high"}`.

    Raises TooFewPoints, and ValueError for a size that is not positive or more than MOST_GROWTH times the largest.
    """
    if not points:
        raise fit.TooFewPoints("there is no point yet")
    law = law_of(points)
    if not 0 < size <= law.largest * forecast.MOST_GROWTH:
        raise ValueError(f"Ask about 1 to {law.largest * forecast.MOST_GROWTH:,.0f} labels.")
    expected = forecast.at(law, size)
    error = {"value": expected.error, "low": expected.low, "high": expected.high}
    far = size > FAR * law.largest
    return {"size": size, "error": error, "far": far} | _precision_and_recall(points, size)


def asked_about(curve_row: Curve | None, text: str) -> dict[str, Any]:
    """Return what to expect at a size that a person typed, or `{"problem": text}` if nothing can be said."""
    if not text.isdecimal() or len(text) > 12:
        return {"problem": "A size is a whole number of labels."}
    try:
        return at_size(curve_row.points if curve_row else [], float(text))
    except fit.TooFewPoints:
        return {"problem": "There is no curve yet that could say it."}
    except ValueError as problem:
        return {"problem": str(problem)}


def _shape(law: fit.Law, size: int) -> dict[str, Any]:
    """Return the shape of the curve: `b` the exponent, `c` the floor with its 80% interval, and the regions."""
    low, c, high = fit.weighted_quantiles(law.floor, law.weight, np.array([0.1, 0.5, 0.9]))
    near = np.array([size, size * 2.0])
    before, after = law.error(near).T
    return {
        "b": law.mean(law.b),
        "c": float(c),
        "c_low": float(low),
        "c_high": float(high),
        "halving": 1 - law.median(after / np.maximum(before, 1e-9)),
        "guess": law.guess,
        "region": law.region(size),
        "small_data_until": _finite(law.small_data_until()),
        "floor_from": _finite(law.floor_from()),
    }


def _precision_and_recall(points: list[dict[str, Any]], size: float) -> dict[str, Any]:
    found = {}
    for what in ("precision", "recall"):
        if all(what in point for point in points):
            one = forecast.at(law_of(points, what), size)
            found[what] = {"value": 1 - one.error, "low": 1 - one.high, "high": 1 - one.low}
    return found


def training_cost(question: Question) -> Decimal:
    """Return what the newest charged training of a question cost, all its runs together; 0 before there is one."""
    runs_of = TrainingRun.objects.filter(version__question=question, cost__gt=0)
    newest = runs_of.order_by("-training__pk").values_list("training", flat=True).first()
    return runs_of.filter(training=newest).aggregate(sum=Sum("cost"))["sum"] or Decimal(0)


def _goal(law: fit.Law, goal: float, size: int, price: Decimal, training: Decimal) -> dict[str, Any]:
    """Return the distance to the goal, and the next purchase towards it.

    `probability`: the probability of meeting it with up to HORIZON times today's labels. `size`, `more_labels`,
    `money`: the median, None if fewer than half of the curves meet it by then. `least_labels`, `most_labels`: the 80%
    interval. `enough`: the size, at most today's, at which the curve meets the goal; None if it has not met it yet.
    """
    said = advice.advise(law, goal, float(price), float(training))
    within = said.ever >= 0.5 and math.isfinite(said.middle)
    more = max(0.0, said.middle - size) if within else None
    enough = law.median(law.size_for(goal))
    return {
        "error": goal,
        "size": said.middle if within else None,
        "probability": said.ever,
        "more_labels": more,
        "least_labels": max(0.0, said.low - size) if within else None,
        "most_labels": max(0.0, said.high - size) if math.isfinite(said.high) else None,
        "money": str(round(Decimal(more) * price, 2)) if more is not None else None,
        "enough": enough if enough <= size else None,
        "action": said.action,
        "next_labels": said.labels,
        "next_money": str(round(Decimal(said.money), 2)),
        "next_chance": said.chance,
    }


def _line(law: fit.Law, points: list[dict[str, Any]], size: int, price: Decimal) -> list[dict[str, float]]:
    smallest, largest = points[0]["size"], max(points[-1]["size"], size)
    ahead = largest + (labels_for(price) if price > 0 else largest)
    sizes = np.geomspace(smallest, max(largest * 8, ahead * 2), DRAWN)
    found = forecast.along(law, sizes)
    # The displayed error is a cautious one. Along a line it must not rise just because less is known further on.
    errors = np.minimum.accumulate([one.error for one in found])
    return [
        {"size": float(at), "error": float(error), "low": min(one.low, float(error)), "high": one.high}
        for at, one, error in zip(sizes, found, errors, strict=True)
    ]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
