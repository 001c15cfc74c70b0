"""Active learning on the digits: how many labels reach 95%, asked in the model's order against a random one.

Both begin with the same 20 items and take 10 more at a time; the mean of two seeds' probabilities is judged on 500 test
items until it is right in 95 of 100 cases.
"""

import numpy as np
from numpy.typing import NDArray

from benchmarks.figure import figure
from workers.training.curve import active
from workers.training.learning import networks, trainer
from workers.training.learning.networks.base import Inputs, Network
from workers.training.learning.steps import features

SEEDS, BEGIN, STEP, MODELS = 5, 20, 10, 2
TEST, GOAL, MOST = 500, 0.95, 700


def run() -> None:
    """Print the figure."""
    from workers.sample import digits

    contents = [digits.picture(index) for index in range(1797)]
    labels = [str(digit) for digit in digits._scans()[1]]
    kind = networks.load("picture")
    network = kind({}, digits.CLASSES, kind.fit_shape(contents, {}))
    inputs = network.read(contents)
    needed = {
        chosen: [_needed(network, inputs, labels, seed, chosen) for seed in range(SEEDS)] for chosen in (False, True)
    }
    share = 100 * float(np.mean(needed[True]) / np.mean(needed[False]))
    figure("active.labels_share", share, "%", {"in the model's order": needed[True], "at random": needed[False]})


def _needed(network: Network, inputs: Inputs, labels: list[str], seed: int, chosen: bool) -> int:
    """Return how many labels it took to be right often enough."""
    order = np.random.default_rng(seed).permutation(len(labels)).tolist()
    test, known, rest = order[:TEST], order[TEST : TEST + BEGIN], order[TEST + BEGIN :]
    while True:
        models = [_model(network, inputs, labels, known, seed * MODELS + number) for number in range(MODELS)]
        said = _mean(network, models, inputs, test)
        right = np.mean(
            [network.classes[code] == labels[place] for code, place in zip(said.argmax(axis=1), test, strict=True)]
        )
        if right >= GOAL or len(known) >= MOST:
            return len(known)
        taken = list(range(STEP))
        if chosen:
            mine = tuple(one[rest] for one in inputs)
            seen = np.concatenate([features(network, model, mine, "cpu").numpy() for model in models], axis=1)
            unsure = active.unsureness(_mean(network, models, inputs, rest))
            taken = active.choose(unsure, seen.astype(np.float64), STEP).tolist()
        known = known + [rest[place] for place in taken]
        rest = [place for number, place in enumerate(rest) if number not in set(taken)]


def _model(network: Network, inputs: Inputs, labels: list[str], known: list[int], seed: int) -> trainer.nn.Module:
    mine = tuple(one[known] for one in inputs)
    targets = network.targets([labels[place] for place in known], [1.0] * len(known), mine)
    return trainer.train(trainer.TrainingPlan(network, seed, mine, targets, "cpu")).model


def _mean(network: Network, models: list[trainer.nn.Module], inputs: Inputs, places: list[int]) -> NDArray[np.float64]:
    mine = tuple(one[places] for one in inputs)
    each = [trainer.predict(network, model, mine, "cpu").probabilities for model in models]
    return np.mean([one for one in each if one is not None], axis=0)
