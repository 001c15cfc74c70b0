"""A version's items as tensors: read once per process for all runs of a training."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from annotator import contents, jobs, kinds, storage
from datasets.models import Version
from datasets.versions import versions
from workers.training.curve.sizes import SMALLEST
from workers.training.learning import networks
from workers.training.learning.networks.base import Inputs, Network, UnreadableItems

KEPT = 2  # versions whose tensors stay in memory
_kept: "OrderedDict[tuple[str, str], Material]" = OrderedDict()


@dataclass(frozen=True)
class Material:
    """The data a training learns from and is evaluated on.

    `train` and `test`: the manifest's entries, in the tensors' order.
    """

    network: Network
    train: list[dict[str, Any]]
    test: list[dict[str, Any]]
    train_inputs: Inputs
    test_inputs: Inputs

    def labels(self, places: list[int]) -> list[Any]:
        """Return the labels of training items."""
        return [self.train[place]["label"] for place in places]

    def confidence(self, places: list[int]) -> list[float]:
        """Return the probability that the labels of training items are right, from 0 to 1."""
        return [self.train[place]["probability"] for place in places]


def load_material(version: Version, network: str) -> Material:
    """Return a version's material for a network. Raises JobProblem with the reason if nothing can be learned from it."""
    key = (version.sha256, network)
    if key in _kept:
        _kept.move_to_end(key)
        return _kept[key]
    _kept[key] = _read(version, network)
    while len(_kept) > KEPT:
        _kept.popitem(last=False)
    return _kept[key]


def forget() -> None:
    """Drop all tensors from memory."""
    _kept.clear()


def _read(version: Version, name: str) -> Material:
    manifest = versions.manifest(version)
    _check_erased(manifest["erased"])
    question = manifest["question"]
    train, test = versions.sides(manifest)
    classes = classes_of(question["kind"], question["config"])
    _check(train, test, question["kind"], classes)
    kind = networks.load(name)
    train_contents = _contents(version, train)
    try:
        network = kind(question["config"], classes, kind.fit_shape(train_contents, question["config"]))
        train_inputs = network.read(train_contents)
    except UnreadableItems as problem:
        raise _unreadable(train, problem) from None
    try:
        test_inputs = network.read(_contents(version, test))
    except UnreadableItems as problem:
        raise _unreadable(test, problem) from None
    return Material(network, train, test, train_inputs, test_inputs)


def _contents(version: Version, entries: list[dict[str, Any]]) -> list[bytes]:
    """Return the contents of a version's items. Raises JobProblem when one was erased or its file is gone."""
    hashes = [one["sha256"] for one in entries]
    try:
        return contents.read(version.project_id, hashes)
    except contents.Erased:  # at this moment
        _check_erased(1)
        raise
    except (storage.Missing, contents.Changed) as problem:
        name = next((one["name"] for one in entries if one["sha256"] in str(problem)), "An item")
        changed = isinstance(problem, contents.Changed)
        what = "has changed in its bucket since it was imported" if changed else "is not in the storage any more"
        raise jobs.JobProblem(f"“{name}” of this version {what}.") from None


def _check_erased(gone: int) -> None:
    if gone:
        items = "1 item of this version was" if gone == 1 else f"{gone:,} items of this version were"
        raise jobs.JobProblem(
            f"{items} erased, so it cannot be trained on any more. Freeze a new version and train on that."
        )


def classes_of(kind: str, config: dict[str, Any]) -> list[Any]:
    """Return the classes a network distinguishes: those of the question, or the labels of its marks."""
    if kind in ("span", "box"):
        return [entry["value"] for entry in config["labels"]]
    return kinds.get(kind).classes(config)


def _check(train: list[dict[str, Any]], test: list[dict[str, Any]], kind: str, classes: list[Any]) -> None:
    if not test:
        raise jobs.JobProblem("This version has no test items; without them no model can be judged.")
    if len(train) < SMALLEST:
        raise jobs.JobProblem(
            f"This version has {len(train)} training item{'s' if len(train) != 1 else ''}; "
            f"a model needs at least {SMALLEST} to learn anything from."
        )
    if kind not in ("span", "box") and len({repr(one["label"]) for one in train}) < 2:
        raise jobs.JobProblem("The training set of this version holds one class only; there is nothing to tell apart.")
    known = set(map(repr, classes))
    if kind not in ("span", "box") and any(repr(one["label"]) not in known for one in [*train, *test]):
        raise jobs.JobProblem("A label of this version is none of the question's classes.")


def _unreadable(entries: list[dict[str, Any]], problem: UnreadableItems) -> jobs.JobProblem:
    return jobs.JobProblem(f"“{entries[problem.place]['name']}” of this version cannot be opened: {problem}.")
