"""What answers of any kind add up to: rows in, labels and what was learned about people out. No database.

Each kind has one method: choice and pair use communities of workers; several choices are decided option by option; scales use
an ordinal model; texts use the medoid and a vote on words; spans and shapes use clusters; sets are decided part by part.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from annotator import kinds
from datasets.aggregation import Answers, Result, communities, many_classes
from datasets.aggregation.answers import code
from datasets.aggregation.box import box
from datasets.aggregation.communities import expected
from datasets.aggregation.consensus import Consensus, Given
from datasets.aggregation.redundancy import crowd_matrix, gain_of, gain_of_certainty
from datasets.aggregation.scale import scale
from datasets.aggregation.several import several
from datasets.aggregation.span import span
from datasets.aggregation.text import text

MOST_SHOWN = 12  # classes: larger confusion matrices are not stored, as nobody reads them
MOST_KEPT = 200_000  # cells of all workers' matrices that are stored for labels between full computations
MOST_CROWD, LEAST_CROWD = 6, 0.001  # classes of an item that are stored, and their least probability
MODEL = 0  # the id of a model among the workers: people's ids start at 1


class AnswerRow(NamedTuple):
    """One answer as it enters the aggregation."""

    item: int
    worker: int
    value: Any
    simulated: bool
    imported: bool = False


class Labelled(NamedTuple):
    """An item's label, its probability, and how much likelier a right label becomes with the next answer.

    `crowd`: if answers are classes, the likeliest first, each with its probability from the answers. It leaves out that some
    items mislead everyone; `probability` includes that.
    """

    item: int
    value: Any
    probability: float
    gain: float
    crowd: tuple[tuple[Any, float], ...] = ()


class Tested(NamedTuple):
    """A gold item that people answered: its value, and the class probabilities from answers alone, as in `Labelled.crowd`."""

    item: int
    value: Any
    crowd: tuple[tuple[Any, float], ...]


@dataclass(frozen=True)
class Aggregated:
    """Labels, and what was learned about the people who answered: `quality` by worker, `confusion` if the kind allows it.

    `between`: by worker the 95% interval of `quality`, if the kind computes it. `tested`: what people say about the items whose
    value is known, if answers are classes.
    """

    labels: list[Labelled]
    method: str
    quality: dict[int, float]
    confusion: dict[int, list[list[float]]] = field(default_factory=dict)
    classes: list[Any] = field(default_factory=list)
    iterations: int = 1
    converged: bool = True
    state: dict[str, Any] = field(default_factory=dict)
    tested: list[Tested] = field(default_factory=list)
    between: dict[int, tuple[float, float]] = field(default_factory=dict)


Way = Callable[[dict[str, Any], list[AnswerRow], dict[int, Any]], Aggregated]


def aggregate(kind: str, config: dict[str, Any], rows: list[AnswerRow], known: dict[int, Any]) -> Aggregated:
    """Return the labels from the answers to a question.

    Args:
        kind, config: of the question.
        rows: the answers that count, at most one per worker and item; a model's predictions are those of worker MODEL.
        known: the known values of items, from gold or a decision; they show how often people are right.
    """
    return _WAYS[kind](config, rows, known)


def _choice(config: dict[str, Any], rows: list[AnswerRow], known: dict[int, Any]) -> Aggregated:
    if config.get("several"):
        least, most = config["least"], config["most"]
        return _shapes("per option", rows, lambda given: several(given, least, most))
    classes = kinds.get("choice").classes(config)
    return _classes("communities", classes, rows, known, communities)


def _pair(config: dict[str, Any], rows: list[AnswerRow], known: dict[int, Any]) -> Aggregated:
    return _classes("communities", kinds.get("pair").classes(config), rows, known, communities)


def _scale(config: dict[str, Any], rows: list[AnswerRow], known: dict[int, Any]) -> Aggregated:
    return _classes("scale", kinds.get("scale").classes(config), rows, known, scale)


def _classes(
    method: str, classes: list[Any], rows: list[AnswerRow], known: dict[int, Any], model: Callable[[Answers], Result]
) -> Aggregated:
    if len(classes) > many_classes.MOST:
        named = {row.value for row in rows} | set(known.values())
        classes = [one for one in classes if one in named] or classes[:1]
    answers, items, workers = coded(classes, rows, known)
    result = model(answers)
    labels = _labelled(items, classes, answers, result)
    many = many_classes.is_so(answers)
    quality, between = _people(workers, result)
    confusion, state = {}, {}
    if result.confusion is not None and len(classes) <= MOST_SHOWN:
        confusion = dict(zip(workers, np.round(result.confusion, 4).tolist(), strict=True))
        if model is communities and result.confusion.size <= MOST_KEPT:
            crowd = np.round(crowd_matrix(answers, result), 4).tolist()
            state = {"prior": result.prior.tolist(), "misled": result.misled, "crowd": crowd}
    name = "one coin" if many else method
    tested = _tested(items, classes, answers, result)
    rounds = result.iterations, result.converged
    return Aggregated(labels, name, quality, confusion, classes, *rounds, state, tested, between)


def _people(workers: list[int], result: Result) -> tuple[dict[int, float], dict[int, tuple[float, float]]]:
    """Return how often each worker is right, and the interval of that."""
    if result.skill is None:
        return dict(zip(workers, np.nan_to_num(result.worker_accuracy).tolist(), strict=True)), {}
    columns = (np.nan_to_num(one).tolist() for one in (result.skill.accuracy, result.skill.low, result.skill.high))
    found = list(zip(workers, *columns, strict=True))
    return {worker: middle for worker, middle, _, _ in found}, {worker: (low, high) for worker, _, low, high in found}


def _tested(items: list[int], classes: list[Any], answers: Answers, result: Result) -> list[Tested]:
    if result.heard is None or answers.known is None:
        return []
    said = _likeliest(classes, result.heard)
    pairs = zip(answers.tested.tolist(), said, strict=True)
    return [Tested(items[row], classes[answers.known[row]], one) for row, one in pairs]


def _labelled(items: list[int], classes: list[Any], answers: Answers, result: Result) -> list[Labelled]:
    gains = gain_of(answers, result)
    crowd = _crowd(classes, result)
    found = zip(items, result.labels.tolist(), result.confidence.tolist(), gains.tolist(), crowd, strict=True)
    return [Labelled(item, classes[label], min(1.0, sure), gain, said) for item, label, sure, gain, said in found]


def _crowd(classes: list[Any], result: Result) -> list[tuple[tuple[Any, float], ...]]:
    if not isinstance(result.table, np.ndarray):
        return [()] * result.table.shape[0]
    return _likeliest(classes, result.from_answers)


def _likeliest(classes: list[Any], chances: NDArray[np.float64]) -> list[tuple[tuple[Any, float], ...]]:
    order = np.argsort(-chances, axis=1, kind="stable")[:, :MOST_CROWD]
    rows = np.take_along_axis(chances, order, axis=1).round(4)
    return [
        tuple(
            (classes[place], float(chance)) for place, chance in zip(places, row, strict=True) if chance >= LEAST_CROWD
        )
        for places, row in zip(order.tolist(), rows, strict=True)
    ]


def coded(classes: list[Any], rows: list[AnswerRow], known: dict[int, Any]) -> tuple[Answers, list[int], list[int]]:
    """Return answers as arrays, and the ids of items and workers by their codes."""
    truth: dict[object, object] = {item: value for item, value in known.items() if value in classes}
    columns = [row.item for row in rows], [row.worker for row in rows], [row.value for row in rows]
    answers, items, workers, _ = Answers.coded(*columns, order=classes, known=truth)
    return answers, items, workers  # type: ignore[return-value]


def in_between(before: dict[str, Any], rows: list[AnswerRow]) -> list[Labelled]:
    """Return the labels of some items with what was last learned about people, without learning again.

    It is exact as far as people have not changed; a new person is treated as the mean of the crowd.

    Args:
        before: `state` of the last Aggregated, with its `classes` and its `confusion` by worker.
        rows: every answer to these items.
    """
    classes, crowd = before["classes"], np.asarray(before["crowd"])
    answers, items, workers = coded(classes, rows, {})
    matrices = np.stack([np.asarray(before["confusion"].get(str(worker), crowd)) for worker in workers])
    result = expected(answers, matrices, np.asarray(before["prior"]), before["misled"])
    return _labelled(items, classes, answers, result)


def _shapes(method: str, rows: list[AnswerRow], model: Callable[[Given], Consensus]) -> Aggregated:
    item_codes, item_names = code([row.item for row in rows])
    worker_codes, worker_names = code([row.worker for row in rows])
    items, workers = cast(list[int], item_names), cast(list[int], worker_names)
    found = model(Given(item_codes, worker_codes, [row.value for row in rows], len(items), len(workers)))
    gains = _gains(found.probabilities, found.worker_quality)
    labels = [
        Labelled(item, value, float(np.clip(sure, 0, 1)), float(gain))
        for item, value, sure, gain in zip(items, found.values, found.probabilities, gains, strict=True)
    ]
    quality = dict(zip(workers, np.nan_to_num(found.worker_quality, nan=0.5).tolist(), strict=True))
    between = {}
    if found.between is not None:
        low, high = (np.nan_to_num(end, nan=beyond).tolist() for end, beyond in zip(found.between, (0, 1), strict=True))
        between = dict(zip(workers, zip(low, high, strict=True), strict=True))
    return Aggregated(labels, method, quality, {}, [], found.iterations, found.converged, between=between)


def _gains(certainty: NDArray[np.float64], quality: NDArray[np.float64]) -> NDArray[np.float64]:
    usual = float(np.nanmean(quality)) if np.isfinite(quality).any() else 0.75
    return gain_of_certainty(np.clip(certainty, 0, 1), usual)


def _set(config: dict[str, Any], rows: list[AnswerRow], known: dict[int, Any]) -> Aggregated:
    """Aggregate part by part: a part that depends on an earlier one is included if that one's label says so."""
    values: dict[int, dict[str, Any]] = {row.item: {} for row in rows}
    sure = dict.fromkeys(values, 1.0)
    quality: dict[int, list[float]] = {}
    ends: dict[int, list[tuple[float, float]]] = {}
    rounds, converged = 1, True
    for part in config["parts"]:
        name = part["name"]
        said = [row._replace(value=row.value[name]) for row in rows if name in row.value]
        truth = {item: value[name] for item, value in known.items() if name in value}
        found = aggregate(part["kind"], part["config"], said, truth)
        rounds, converged = max(rounds, found.iterations), converged and found.converged
        for worker, accuracy in found.quality.items():
            quality.setdefault(worker, []).append(accuracy)
            ends.setdefault(worker, []).append(found.between.get(worker, (0.0, 1.0)))
        for label in found.labels:
            if label.item in values and cast(Any, kinds.get("set")).is_asked(part, values[label.item]):
                values[label.item][name] = label.value
                sure[label.item] *= label.probability
    means = {worker: sum(each) / len(each) for worker, each in quality.items()}
    gains = _gains(np.array(list(sure.values())), np.array(list(means.values()) or [0.75]))
    labels = [
        Labelled(item, value, sure[item], float(gain))
        for (item, value), gain in zip(values.items(), gains, strict=True)
    ]
    between = {
        worker: (sum(low for low, _ in each) / len(each), sum(high for _, high in each) / len(each))
        for worker, each in ends.items()
    }
    return Aggregated(labels, "part by part", means, {}, [], rounds, converged, between=between)


_WAYS: dict[str, Way] = {
    "choice": _choice,
    "pair": _pair,
    "scale": _scale,
    "text": lambda config, rows, known: _shapes("words", rows, text),
    "span": lambda config, rows, known: _shapes("clusters", rows, span),
    "box": lambda config, rows, known: _shapes("clusters", rows, box),
    "set": _set,
}
