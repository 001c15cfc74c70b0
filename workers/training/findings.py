"""What the runs of a training together say about its items: labels that are probably wrong, and how noisy the labels are."""

import json
from collections import defaultdict
from dataclasses import asdict
from typing import Any

import numpy as np

from annotator import kinds, storage
from datasets.versions import versions
from workers.training.curve import truth
from workers.training.models import Training, TrainingRun

MOST = 300  # suspects that are stored
DOUBTFUL = 0.5  # a label less likely right than this is a suspect
UNLIKE = 0.35  # a label is suspect if its mark is less similar to the model's than this


def find(training: Training, runs: list[TrainingRun]) -> dict[str, Any]:
    """Return the findings in a training's version.

    `judged`: the number of items that models predicted without having learned from them. `suspects`: labels that are
    more likely wrong than right, `{"sha256", "label", "said", "given", "other"}`, the least likely first; `given` and
    `other` are the probabilities of the label and of the likeliest other class. `suspect_count`: how many suspects
    there are in all.

    If answers are classes, there are also: `noise` and `test_noise`, the shares of labels that are wrong; `errors`, by
    run, the share of test items it gets wrong; each `{"value", "low", "high"}` with an 80% interval. `gold`: the number
    of gold items these rest on. `misled`: the estimated share of items about which everybody is wrong. Otherwise
    `noise` is null and `errors` is empty.

    `runs`: those evaluated on this version's test items.
    """
    manifest = versions.manifest(training.version)
    train, test = versions.sides(manifest)
    heard = predictions(training)
    found: dict[str, Any] = {
        "judged": len(heard),
        "noise": None,
        "test_noise": None,
        "errors": {},
        "gold": 0,
        "misled": 0.0,
        "suspects": [],
        "suspect_count": 0,
    }
    labels = {one["sha256"]: one["label"] for one in train}
    if not heard or not all("probabilities" in one for each in heard.values() for one in each):
        return found | _of_marks(heard, labels, manifest["question"])
    judged = [run for run in runs if run.version.test_sha256 == training.version.test_sha256]
    weighed = _weighed(heard, train, test, manifest.get("gold", []), _of_test(judged))
    return found | weighed if weighed else found


def _of_test(runs: list[TrainingRun]) -> dict[int, dict[str, Any]]:
    """Return the predictions of the test items by run, for runs that predicted classes."""
    found = {}
    for run in runs:
        content = _kept(run, "test")
        if content and "probabilities" in content:
            found[run.pk] = content | {"whole": run.whole, "version": run.version.number}
    return found


def _kept(run: TrainingRun, name: str) -> dict[str, Any] | None:
    """Return what a run predicted for some items (see `training_run.judged`), or None if it predicted none of them."""
    try:
        content: dict[str, Any] = json.loads(storage.get(f"runs/{run.pk}/{name}.json"))
    except storage.Missing:
        return None
    return content


def predictions(training: Training) -> dict[str, list[dict[str, Any]]]:
    """Return what models predicted for each item they had not learned from, by the item's hash."""
    found = defaultdict(list)
    for run in training.runs.filter(error__isnull=False, chosen=False).order_by("pk"):
        content = _kept(run, "rest")
        if content is None:
            continue
        for place, sha256 in enumerate(content["items"]):
            one = {"value": content["values"][place], "confidence": content["confidence"][place]}
            if "probabilities" in content:
                one |= {"probabilities": content["probabilities"][place], "classes": content["classes"]}
            found[sha256].append(one)
    return dict(found)


def value_of(each: list[dict[str, Any]]) -> Any:
    """Return the combined prediction of several models: the likeliest class, or the most confident model's marks."""
    if "probabilities" in each[0]:
        return each[0]["classes"][int(np.mean([one["probabilities"] for one in each], axis=0).argmax())]
    marks = max(each, key=lambda one: one["confidence"])["value"]
    # A mark's score is the model's own; an answer has no score.
    return {name: [{k: v for k, v in mark.items() if k != "score"} for mark in found] for name, found in marks.items()}


def _weighed(
    heard: dict[str, list[dict[str, Any]]],
    train: list[dict[str, Any]],
    test: list[dict[str, Any]],
    gold: list[list[Any]],
    runs: dict[int, dict[str, Any]],
) -> dict[str, Any]:
    """Return what people's answers and models' predictions say together; empty if no model predicted the test items."""
    newest = max((one["version"] for one in runs.values()), default=0)
    best = [one for one in runs.values() if one["version"] == newest and one["whole"]]
    if not best:
        return {}
    classes = best[0]["classes"]
    entries = {one["sha256"]: one for one in train}
    hashes = sorted(heard)
    of_train = truth.Side(
        crowd_chances([entries[sha256] for sha256 in hashes], classes),
        np.array([np.mean([one["probabilities"] for one in heard[sha256]], axis=0) for sha256 in hashes]),
    )
    of_test = truth.Side(crowd_chances(test, classes), np.mean([_ordered(one, test) for one in best], axis=0))
    known = [pair for pair in gold if pair[0] in classes]
    measured = (
        (
            crowd_chances([{"crowd": crowd, "label": value, "probability": 0.0} for value, crowd in known], classes),
            np.array([classes.index(value) for value, _ in known], dtype=np.int64),
        )
        if known
        else None
    )
    found = truth.find(
        of_train, of_test, {pk: _ordered(one, test).argmax(axis=1) for pk, one in runs.items()}, measured
    )
    return {
        "noise": _plain(found.noise),
        "test_noise": _plain(found.test_noise),
        "errors": {str(pk): _plain(share) for pk, share in found.errors.items()},
        "gold": found.gold,
        "misled": round(found.misled, 5),
    } | _suspects(hashes, entries, classes, found.chances)


def _suspects(
    hashes: list[str], entries: dict[str, dict[str, Any]], classes: list[Any], chances: truth.Array
) -> dict[str, Any]:
    """Return the labels that are more likely wrong than right, and their number."""
    labels = np.array([classes.index(entries[sha256]["label"]) for sha256 in hashes], dtype=np.int64)
    rows = np.arange(len(hashes))
    given = chances[rows, labels]
    others = chances.copy()
    others[rows, labels] = -1.0
    other = others.argmax(axis=1)
    places = [place for place in np.argsort(given, kind="stable").tolist() if given[place] < DOUBTFUL]
    return {
        "suspect_count": len(places),
        "suspects": [
            {
                "sha256": hashes[place],
                "label": entries[hashes[place]]["label"],
                "said": classes[other[place]],
                "given": round(float(given[place]), 4),
                "other": round(float(chances[place, other[place]]), 4),
            }
            for place in places[:MOST]
        ],
    }


def _ordered(content: dict[str, Any], test: list[dict[str, Any]]) -> truth.Array:
    """Return a run's predictions of the test items in the manifest's order, shape (n_test, k)."""
    place = {sha256: number for number, sha256 in enumerate(content["items"])}
    return np.array([content["probabilities"][place[one["sha256"]]] for one in test], dtype=np.float64)


def crowd_chances(entries: list[dict[str, Any]], classes: list[Any]) -> truth.Array:
    """Return the class probabilities that follow from answers alone, shape (n, k).

    The manifest names the likeliest classes; the remaining probability is spread evenly over the others. A version that
    was frozen before answers were stored with it has the label's probability instead.
    """
    codes = {value: code for code, value in enumerate(classes)}
    chances = np.zeros((len(entries), len(classes)))
    for row, one in enumerate(entries):
        for value, chance in one.get("crowd") or [[one["label"], one["probability"]]]:
            if value in codes:
                chances[row, codes[value]] = chance
    rest = np.maximum(1 - chances.sum(axis=1, keepdims=True), 0.0)
    unnamed = (chances == 0).sum(axis=1, keepdims=True)
    chances = chances + np.where(chances == 0, rest / np.maximum(unnamed, 1), 0.0)
    return np.asarray(chances / chances.sum(axis=1, keepdims=True))


def _plain(share: truth.Share) -> dict[str, float]:
    return {name: round(value, 5) for name, value in asdict(share).items()}


def _of_marks(
    said: dict[str, list[dict[str, Any]]], labels: dict[str, Any], question: dict[str, Any]
) -> dict[str, Any]:
    kind, config = kinds.get(question["kind"]), question["config"]
    unlike = []
    for sha256 in sorted(said):
        one = max(said[sha256], key=lambda one: one["confidence"])
        alike = kind.similarity(config, labels[sha256], one["value"])
        if alike < UNLIKE:
            unlike.append({"sha256": sha256, "label": labels[sha256], "said": one["value"], "given": round(alike, 4)})
    unlike.sort(key=lambda one: one["given"])
    return {"suspects": unlike[:MOST], "suspect_count": len(unlike)}
