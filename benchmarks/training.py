"""Training: every run of one version's curve on the digits, and one training on 10,000 short texts.

The digits carry their true labels. The texts are made from the grammar below: SUBJECT VERDICT LINK SUBJECT ASIDE, the
class is the verdict's (let down, pleased, neither); in one text of ten the label is drawn anew from all three.
"""

import hashlib
import random
import time
from typing import Any

import numpy as np

from benchmarks.figure import figure
from workers.training.curve import sizes
from workers.training.learning import networks, trainer
from workers.training.learning.networks.base import Inputs, Network

TEST_SHARE = 0.2
TEXTS, TEST_TEXTS, NOISE = 10_000, 2_000, 0.1
SUBJECTS = [
    "the parcel",
    "my order",
    "this phone",
    "the hotel",
    "your service",
    "the ticket",
    "the book",
    "a refund",
    "the driver",
    "that meal",
]
VERDICTS = {
    "let down": "never arrived|broke at once|was a let-down|is not what I hoped for|came far too late|made me sad|was a waste",
    "pleased": "came in time|works well|was lovely|is just right|made my day|was worth it|pleased us all|arrived early",
    "neither": "is blue|has two parts|was sent on Monday|costs ten euros|is made of wood|comes from Lyon|weighs two kilos",
}
LINKS = ["and", "but", "so", "though", "while"]


def run() -> None:
    """Print the figures."""
    _digits()
    _texts()


def _digits() -> None:
    from workers.sample import digits

    contents = [digits.picture(index) for index in range(1797)]
    known = digits.truth()
    labels = [known[hashlib.sha256(content).hexdigest()] for content in contents]
    order = np.random.default_rng(0).permutation(len(contents))
    cut = int(len(order) * TEST_SHARE)
    test, train = order[:cut].tolist(), order[cut:].tolist()
    began = time.perf_counter()
    network, inputs, test_inputs = _read(
        "picture", digits.CLASSES, [contents[i] for i in train], [contents[i] for i in test]
    )
    whole, count = [], 0
    for planned in sizes.planned(len(train), len(digits.CLASSES)):
        if planned.chosen:
            continue
        places = sizes.order([str(one) for one in train], planned.seed)[: planned.size]
        error = _error(
            network,
            inputs,
            [labels[train[p]] for p in places],
            places,
            planned.seed,
            test_inputs,
            [labels[i] for i in test],
        )
        count += 1
        if planned.size == len(train):
            whole.append(1 - error)
    seconds = time.perf_counter() - began
    figure(
        "training.digits_curve_s",
        seconds,
        "s",
        f"<= 60, {count} runs at {len(sizes.nested(len(train), 10))} sizes, read and trained",
    )
    figure("training.digits_accuracy", 100 * float(np.mean(whole)), "%", "always naming the commonest digit: about 10")


def _texts() -> None:
    luck = random.Random(1)
    made = [_text(luck) for _ in range(TEXTS + TEST_TEXTS)]
    classes = list(VERDICTS)
    given = [luck.choice(classes) if luck.random() < NOISE else label for _, label in made[:TEXTS]]
    began = time.perf_counter()
    contents = [text.encode() for text, _ in made]
    network, inputs, test_inputs = _read("text", classes, contents[:TEXTS], contents[TEXTS:])
    error = _error(network, inputs, given, list(range(TEXTS)), 0, test_inputs, [label for _, label in made[TEXTS:]])
    figure("training.text_10k_s", time.perf_counter() - began, "s", "<= 20, read, trained and judged")
    figure(
        "training.text_10k_accuracy",
        100 * (1 - error),
        "%",
        f"against true labels; {100 * NOISE:.0f}% of the training labels drawn anew",
    )


def _text(luck: random.Random) -> tuple[str, str]:
    label = luck.choice(list(VERDICTS))
    verdict, aside = luck.choice(VERDICTS[label].split("|")), luck.choice(VERDICTS["neither"].split("|"))
    return f"{luck.choice(SUBJECTS)} {verdict} {luck.choice(LINKS)} {luck.choice(SUBJECTS)} {aside}", label


def _read(name: str, classes: list[str], train: list[bytes], test: list[bytes]) -> tuple[Network, Inputs, Inputs]:
    kind = networks.load(name)
    network = kind({}, classes, kind.fit_shape(train, {}))
    return network, network.read(train), network.read(test)


def _error(
    network: Network,
    inputs: Inputs,
    labels: list[Any],
    places: list[int],
    seed: int,
    test_inputs: Inputs,
    truth: list[Any],
) -> float:
    mine = tuple(one[places] for one in inputs)
    plan = trainer.TrainingPlan(
        network, seed, mine, network.targets(labels, [1.0] * len(labels), mine), trainer.device()
    )
    outcome = trainer.train(plan)
    said = trainer.predict(network, outcome.model, test_inputs, plan.device, outcome.temperature)
    return float(network.judge(truth, said)["error"])
