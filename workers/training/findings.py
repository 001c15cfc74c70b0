"""What the runs of a training say together of its items: labels that are probably wrong, and how noisy the labels are."""

import json
from collections import defaultdict
from dataclasses import asdict
from typing import Any

import numpy as np

from annotator import kinds, storage
from datasets import versions
from workers.training import cross
from workers.training.models import Training

MOST = 300  # suspects that are kept
UNLIKE = 0.35  # similarity of a mark to the model's, under which its label is suspect


def of(training: Training) -> dict[str, Any]:
    """Return the findings: `judged` (items), `suspects`, `suspect_count`, `noise` (or null), `noise_of_answers`, `noise_of_test`.

    `suspects`: `{"sha256", "label", "said", "given", "other"}`, the surest first; `given` and `other` are the
    probabilities of the label and of what the model says. `noise_of_answers` is what the answers alone leave open, the mean
    of 1 − probability over labels.
    """
    manifest = versions.manifest(training.version)
    train, test = versions.sides(manifest)
    heard = said(training)
    found: dict[str, Any] = {
        "judged": len(heard),
        "noise_of_answers": _doubt(train),
        "noise_of_test": _doubt(test),
        "noise": None,
        "suspects": [],
        "suspect_count": 0,
    }
    labels = {one["sha256"]: one["label"] for one in train}
    if heard and all("probabilities" in one for each in heard.values() for one in each):
        return found | _of_classes(heard, labels)
    return found | _of_marks(heard, labels, manifest["question"])


def _doubt(entries: list[dict[str, Any]]) -> float:
    return round(float(np.mean([1 - one["probability"] for one in entries])), 5) if entries else 0.0


def said(training: Training) -> dict[str, list[dict[str, Any]]]:
    """Return what models said of each item they had not learned from, by the item's hash."""
    found = defaultdict(list)
    for run in training.runs.filter(error__isnull=False, chosen=False).order_by("pk"):
        try:
            content = json.loads(storage.get(f"runs/{run.pk}/rest.json"))
        except storage.Missing:
            continue
        for place, sha256 in enumerate(content["items"]):
            one = {"value": content["values"][place], "confidence": content["confidence"][place]}
            if "probabilities" in content:
                one |= {"probabilities": content["probabilities"][place], "classes": content["classes"]}
            found[sha256].append(one)
    return dict(found)


def value_of(each: list[dict[str, Any]]) -> Any:
    """Return the one value of what several models said of an item: the likeliest class, or the surest one's marks."""
    if "probabilities" in each[0]:
        return each[0]["classes"][int(np.mean([one["probabilities"] for one in each], axis=0).argmax())]
    marks = max(each, key=lambda one: one["confidence"])["value"]
    # A mark's score is the model's own; an answer has none.
    return {name: [{k: v for k, v in mark.items() if k != "score"} for mark in found] for name, found in marks.items()}


def _of_classes(said: dict[str, list[dict[str, Any]]], labels: dict[str, Any]) -> dict[str, Any]:
    hashes = sorted(said)
    classes = next(iter(said.values()))[0]["classes"]
    probabilities = np.array([np.mean([one["probabilities"] for one in said[sha256]], axis=0) for sha256 in hashes])
    codes = np.array([classes.index(labels[sha256]) for sha256 in hashes], dtype=np.int64)
    places = cross.suspects(probabilities, codes)
    noise = cross.noise(probabilities, codes)
    chances = np.where(np.arange(len(classes))[None, :] == codes[:, None], -1.0, probabilities)
    other = chances.argmax(axis=1)
    return {
        "noise": asdict(noise) if noise else None,
        "suspect_count": len(places),
        "suspects": [
            {
                "sha256": hashes[place],
                "label": labels[hashes[place]],
                "said": classes[other[place]],
                "given": round(float(probabilities[place, codes[place]]), 4),
                "other": round(float(probabilities[place, other[place]]), 4),
            }
            for place in places[:MOST].tolist()
        ],
    }


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
