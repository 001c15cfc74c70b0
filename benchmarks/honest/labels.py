"""How often a label with a probability is right: recorded crowds with few answers, and simulated ones of every kind.

A label's probability is judged by the expected calibration error over ten bins. Seeds are stated by number.
"""

import statistics
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import crowd
from benchmarks.aggregate import calibration_error
from benchmarks.figure import figure
from benchmarks.honest import simulated
from datasets.aggregation import Answers, dawid_skene
from datasets.aggregation.span import overlap
from datasets.labels.aggregate import AnswerRow, Labelled, aggregate, coded

SEEDS = 5
GOLD = 20
PER_ITEM = (2, 3, 5)
SAME = 0.5  # of their characters in common: a span is found


def run(quick: bool = False) -> None:
    """Print the figures."""
    _recorded(2 if quick else SEEDS)
    _choices(1 if quick else 2)
    _shapes(1 if quick else 2, 3 if quick else 8)
    _unbalanced(2 if quick else 20)


def _recorded(seeds: int) -> None:
    """Of recorded crowds: so many answers an item, without and with known items."""
    for gold in (0, GOLD):
        errors = {}
        for name in crowd.SETS:
            answers, truth = crowd.load(name)
            for count in PER_ITEM:
                found = [_of_recorded(answers, truth, count, gold, seed) for seed in range(seeds)]
                errors[name, count] = statistics.mean(one for one, _, _ in found)
                figure(
                    f"labels.calibration_{name}_{count}{f'_gold{gold}' if gold else ''}",
                    errors[name, count],
                    "probability",
                    f"stated {statistics.mean(s for _, s, _ in found):.3f}, right {statistics.mean(r for _, _, r in found):.3f}",
                )
        suffix = f"_gold{gold}" if gold else ""
        figure(f"labels.calibration_mean{suffix}", statistics.mean(errors.values()), "probability", "at most 0.04")
        worst = max(errors, key=lambda one: errors[one])
        bound = 0.05 if gold else 0.08
        figure(f"labels.calibration_worst{suffix}", errors[worst], "probability", f"at most {bound}; {worst}")


def _of_recorded(
    answers: Answers, truth: NDArray[np.int64], count: int, gold: int, seed: int
) -> tuple[float, float, float]:
    rng = np.random.default_rng([seed, count])
    order = rng.permutation(len(answers))
    order = order[np.argsort(answers.items[order], kind="stable")]
    starts = np.repeat(np.cumsum(answers.per_item) - answers.per_item, answers.per_item)
    kept = order[np.arange(len(order)) - starts < count]
    known = {}
    if gold:
        places = rng.choice(np.flatnonzero((truth >= 0) & (answers.per_item > 0)), gold, replace=False)
        known = {int(place): str(truth[place]) for place in places}
    columns = answers.items[kept].tolist(), answers.workers[kept].tolist(), answers.classes[kept].tolist()
    rows = [AnswerRow(item, worker + 1, str(code), False) for item, worker, code in zip(*columns, strict=True)]
    config = {"choices": [{"value": str(code)} for code in range(answers.n_classes)]}
    labels = aggregate("choice", config, rows, known).labels
    judged = [one for one in labels if truth[one.item] >= 0 and one.item not in known]
    return _judged(judged, lambda one: float(one.value == str(truth[one.item])))


def _judged(labels: list[Labelled], right: Callable[[Labelled], float]) -> tuple[float, float, float]:
    """Return the calibration error, the mean probability and the share that is right."""
    sure, true = np.array([one.probability for one in labels]), np.array([right(one) for one in labels])
    return calibration_error(sure, true), float(sure.mean()), float(true.mean())


def _choices(seeds: int) -> None:
    """Of simulated crowds at a choice: few and many items, few answers a person."""
    for name in simulated.KINDS:
        errors, stated, right = [], [], []
        for k, n, per_person, per_item in ((2, 300, 15, 3), (3, 100, 10, 2), (5, 200, 20, 3), (10, 300, 30, 5)):
            some = [
                _pooled([simulated.choice(name, k, n, per_person, per_item, 10 * seed + at) for at in range(8)])
                for seed in range(seeds)
            ]
            errors += [one[0] for one in some]
            stated += [one[1] for one in some]
            right += [one[2] for one in some]
        _tell(f"labels.calibration_choice_{name}", errors, stated, right)


def _tell(name: str, errors: list[float], stated: list[float], right: list[float]) -> None:
    reference = f"stated {statistics.mean(stated):.3f}, right {statistics.mean(right):.3f}"
    figure(name, statistics.mean(errors), "probability", f"at most 0.06; {reference}")


def _pooled(crowds: list[simulated.Crowd]) -> tuple[float, float, float]:
    sure, true = [], []
    for one in crowds:
        for label in aggregate(one.kind, one.config, one.rows, {}).labels:
            sure.append(label.probability)
            true.append(is_right(one, label))
    return calibration_error(np.array(sure), np.array(true)), float(np.mean(sure)), float(np.mean(true))


def is_right(one: simulated.Crowd, label: Labelled) -> float:
    """Return whether a label is right; of spans the share of true and stated ones that are in both."""
    truth = one.truth[label.item]
    if one.kind == "span":
        return spans_right(label.value["spans"], truth["spans"])
    if isinstance(truth, list):
        return float(set(label.value) == set(truth))
    return float(label.value == truth)


def spans_right(stated: list[dict[str, Any]], true: list[dict[str, Any]]) -> float:
    """Return the share of true and stated spans that are in both; an empty list that is right is 1."""
    found = sum(any(overlap(one, other) >= SAME for other in true) for one in stated)
    whole = len(stated) + len(true) - found
    return found / whole if whole else 1.0


def _shapes(seeds: int, pooled: int) -> None:
    """Of simulated crowds of the other kinds; so many are judged together, since few labels lie far from any rate by luck."""
    for kind, make in simulated.SHAPES.items():
        means = {}
        for name in [*simulated.KINDS, *(["moody"] if kind == "scale" else [])]:
            errors, stated, right = [], [], []
            for n, people, per_item in ((60, 10, 3), (150, 15, 3), (150, 12, 5), (100, 20, 2)):
                for seed in range(seeds):
                    found = _pooled([make(name, n, people, per_item, 10 * seed + at) for at in range(pooled)])
                    errors.append(found[0])
                    stated.append(found[1])
                    right.append(found[2])
            means[name] = statistics.mean(errors)
            _tell(f"labels.calibration_{kind}_{name}", errors, stated, right)
        figure(
            f"labels.calibration_{kind}", statistics.mean(means.values()), "probability", "at most 0.06; mean of crowds"
        )


def _unbalanced(seeds: int) -> None:
    """Of simulated crowds at two classes of which one is rare: right labels, the default against Dawid–Skene."""
    differences = {}
    for name in simulated.KINDS:
        for rare in (0.05, 0.1, 0.2):
            for n, per_person, per_item in ((300, 30, 5), (600, 60, 3), (1000, 50, 5)):
                ours, theirs = [], []
                for seed in range(seeds):
                    one = simulated.choice(name, 2, n, per_person, per_item, 100 + seed, rare)
                    classes = [choice["value"] for choice in one.config["choices"]]
                    answers, items, _ = coded(classes, one.rows, {})
                    other = dict(zip(items, dawid_skene(answers).labels.tolist(), strict=True))
                    ours.append(
                        np.mean(
                            [is_right(one, label) for label in aggregate("choice", one.config, one.rows, {}).labels]
                        )
                    )
                    theirs.append(np.mean([classes[code] == one.truth[item] for item, code in other.items()]))
                differences[name, rare, n] = 100 * float(np.mean(ours) - np.mean(theirs))
    worst = min(differences, key=lambda one: differences[one])
    figure("labels.unbalanced_against_dawid_skene_worst", differences[worst], "points", f"at least -0.1; {worst}")
    figure("labels.unbalanced_against_dawid_skene_mean", statistics.mean(differences.values()), "points")


if __name__ == "__main__":
    run()
