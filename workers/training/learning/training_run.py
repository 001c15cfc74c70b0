"""One run: its data, its training, its test, and its predictions of items it has not learned from."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np

from workers.training.curve import active, sizes
from workers.training.learning import dataset, probe, trainer
from workers.training.learning.dataset import Material
from workers.training.learning.steps import features
from workers.training.models import TrainingRun

Keeper = Callable[[trainer.TrainerState, Callable[[], bytes] | None, int], None]
HARDEST = 24


def prepared(run: TrainingRun) -> tuple[Material, list[int]]:
    """Return a run's material, and the positions of its training items in its order; for a chosen run, those of all items."""
    read = dataset.load_material(run.version, run.network)
    order = sizes.order([one["sha256"] for one in read.train], run.seed)
    return read, order if run.chosen else order[: run.train_size]


def trained(
    run: TrainingRun, read: Material, places: list[int], checkpoint: bytes | None, keeper: Keeper
) -> tuple[trainer.TrainingResult, trainer.TrainingPlan]:
    """Train a run. If a model chooses its items, it first trains on the first half, and the model chooses the second half."""
    device, before = trainer.device(), 0.0
    if run.chosen:
        places, before = _chosen(run, read, places, device, keeper)
    plan = probe.plan_of(read, places, run.seed, device, run.limit_seconds)

    def after(state: trainer.TrainerState, save: Callable[[], bytes]) -> None:
        keeper(state, save, plan.epochs)

    outcome = trainer.train(plan, checkpoint, after)
    outcome.state.seconds += before
    return outcome, plan


def _chosen(run: TrainingRun, read: Material, order: list[int], device: str, keeper: Keeper) -> tuple[list[int], float]:
    """Return the positions of the items and the seconds it took: half at random, half chosen by the model trained on those.

    This is repeated when the run continues after a crash: the same seed chooses the same items.
    """
    half = run.train_size // 2
    known, rest = order[:half], order[half:]
    first = probe.plan_of(read, known, run.seed, device, run.limit_seconds)
    outcome = trainer.train(first, after_epoch=lambda state, save: keeper(state, None, first.epochs))
    model = outcome.model
    inputs = tuple(one[rest] for one in read.train_inputs)
    said = trainer.predict(read.network, model, inputs, device)
    assert said.probabilities is not None
    seen = features(read.network, model, inputs, device).numpy().astype(np.float64)
    taken = active.choose(active.unsureness(said.probabilities), seen, run.train_size - half)
    return known + [rest[place] for place in taken.tolist()], outcome.state.seconds


def judged(
    run: TrainingRun, read: Material, outcome: trainer.TrainingResult, plan: trainer.TrainingPlan
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Evaluate a trained run on the test set, once; return its figures and its predictions, as files by name.

    `test`: of the test items. `rest`: of the training items it has not learned from, if the run took about half of them or
    more.
    """
    said = trainer.predict(read.network, outcome.model, read.test_inputs, plan.device, outcome.temperature)
    truth = [one["label"] for one in read.test]
    figures = read.network.judge(truth, said) | {"temperature": round(outcome.temperature, 4)}
    files = {"test": _document([one["sha256"] for one in read.test], said, read.network.classes)}
    if said.probabilities is not None:
        figures["hardest"] = _hardest(read, truth, said)
    if not run.chosen and run.train_size < len(read.train) <= 2 * run.train_size + 1:
        order = sizes.order([one["sha256"] for one in read.train], run.seed)[run.train_size :]
        inputs = tuple(one[order] for one in read.train_inputs)
        rest = trainer.predict(read.network, outcome.model, inputs, plan.device, outcome.temperature)
        files["rest"] = _document([read.train[place]["sha256"] for place in order], rest, read.network.classes)
    return figures, files


def _hardest(read: Material, truth: list[Any], said: Any) -> list[dict[str, Any]]:
    """Return the test items whose label the model found least likely, the worst first."""
    codes = np.array([read.network.classes.index(value) for value in truth])
    given = said.probabilities[np.arange(len(codes)), codes]
    return [
        {
            "sha256": read.test[place]["sha256"],
            "label": truth[place],
            "said": said.values[place],
            "probability": round(float(given[place]), 4),
        }
        for place in np.argsort(given, kind="stable")[:HARDEST].tolist()
    ]


def _document(hashes: list[str], said: Any, classes: list[Any]) -> bytes:
    content = {"items": hashes, "values": said.values, "confidence": [round(float(one), 4) for one in said.confidence]}
    if said.probabilities is not None:
        content |= {"classes": classes, "probabilities": np.round(said.probabilities, 4).tolist()}
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()


def loaded(run: TrainingRun, read: Material) -> Any:
    """Return a run's trained model."""
    from safetensors.torch import load

    from annotator import storage

    model = read.network.build()
    model.load_state_dict(load(storage.get(f"runs/{run.pk}/weights.safetensors")))
    return model.to(trainer.device())
