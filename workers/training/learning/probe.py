"""The probe on little data: can the network learn a few examples, is it better than guessing, and how fast is it?"""

import time
from typing import Any

import numpy as np

from workers.training.curve import sizes
from workers.training.learning import trainer
from workers.training.learning.dataset import Material
from workers.training.learning.steps import outputs

EXAMPLES = 50
ASIDE = 200  # training items kept aside, to see whether the network is better than guessing
OVERHEAD = 0.4  # seconds of a run besides its epochs: claiming, reading, writing


def measure(material: Material, device: str) -> dict[str, Any]:
    """Train on a few training items and return the outcome; test items are not used.

    Returns:
        `examples`, `mistakes` (share of the examples it still gets wrong: near 0 if the network can learn at all), `aside`,
        `error` and `guess_error` (on training items it did not learn from), `seconds_an_item` (one item in one epoch).
    """
    places = sizes.order([one["sha256"] for one in material.train], 0)
    # At most half of a small version, so that some items can be kept aside.
    count = min(EXAMPLES, max(sizes.SMALLEST, len(places) // 2))
    learned, aside = places[:count], places[count : count + ASIDE]
    plan = plan_of(material, learned, 0, device)
    outcome = trainer.train(plan)
    found = outputs(material.network, outcome.model, plan.inputs, device)
    mistakes = float(material.network.mistakes(found, plan.targets).mean())
    about: dict[str, Any] = {"examples": count, "mistakes": round(mistakes, 4), "aside": len(aside)}
    if aside:
        said = trainer.predict(
            material.network,
            outcome.model,
            tuple(one[aside] for one in material.train_inputs),
            device,
            outcome.temperature,
        )
        figures = material.network.judge(material.labels(aside), said)
        about |= {"error": round(figures["error"], 4), "guess_error": round(figures["guess_error"], 4)}
    return about | {"seconds_an_item": _pace(material, device)}


def plan_of(
    material: Material, places: list[int], seed: int, device: str, limit_seconds: float | None = None
) -> trainer.TrainingPlan:
    """Return the plan of a run on training items, in the given order."""
    inputs = tuple(one[places] for one in material.train_inputs)
    targets = material.network.targets(material.labels(places), material.confidence(places), inputs)
    return trainer.TrainingPlan(material.network, seed, inputs, targets, device, limit_seconds)


def _pace(material: Material, device: str) -> float:
    """Return the seconds per item and epoch: the median over a few epochs, without the first."""
    count = min(len(material.train), 8 * material.network.batch)
    plan = plan_of(material, list(range(count)), 0, device)
    times: list[float] = []

    class Enough(Exception):
        pass

    def note(state: trainer.TrainerState, save: Any) -> None:
        times.append(time.perf_counter())
        if len(times) > 4 or (len(times) > 1 and times[-1] - times[0] > 3):
            raise Enough

    try:
        trainer.train(plan, after_epoch=note)
    except Enough:
        pass
    steps = np.diff(times)
    return float(np.median(steps) / plan.count) if len(steps) else 1e-3


def seconds(material: Material, run: sizes.Planned, seconds_an_item: float) -> float:
    """Return the seconds that a run is expected to compute if it does not end early."""
    network = material.network
    whole = run.size * network.epochs(run.size) * seconds_an_item
    if run.chosen:  # it trains on the first half before it chooses
        whole += run.size // 2 * network.epochs(run.size // 2) * seconds_an_item
    return whole + len(material.test) * seconds_an_item / 2 + OVERHEAD
