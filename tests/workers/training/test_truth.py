"""What is said of labels and models comes true as often as it is said, where the truth is known."""

import numpy as np
import pytest

from workers.training.curve import truth
from workers.training.curve.truth import Side

PROJECTS = 40
TRAIN, TEST = 160, 150


class World:
    """Items with a truth, people's answers about them and a model that is right now and then.

    Three people answer about each item, each right with chance `skill`. Of a share `misled` of the items everybody believes the
    same wrong class. The model's chances are honest, but for a factor on their logarithm that nobody knows.
    """

    def __init__(self, seed: int, k: int = 3, skill: float = 0.85, misled: float = 0.0, model: float = 2.0) -> None:
        self.rng, self.k, self.skill, self.misled = np.random.default_rng(seed), k, skill, misled
        self.model = model
        self.exaggerates = float(self.rng.uniform(0.5, 2.0))

    def crowd(self, of: np.ndarray) -> np.ndarray:
        """Return what answers alone say of items: their posterior where nobody is misled."""
        fooled = np.where(self.rng.random(len(of)) < self.misled, (of + 1) % self.k, of)
        logs = np.zeros((len(of), self.k))
        for _ in range(3):
            right = self.rng.random(len(of)) < self.skill
            said = np.where(right, fooled, (fooled + self.rng.integers(1, self.k, len(of))) % self.k)
            logs[np.arange(len(of)), said] += np.log(self.skill / ((1 - self.skill) / (self.k - 1)))
        return _softmax(logs)

    def side(self, count: int) -> tuple[Side, np.ndarray]:
        of = self.rng.integers(0, self.k, count)
        seen = self.model * np.eye(self.k)[of] + self.rng.normal(size=(count, self.k)) * np.sqrt(self.model)
        return Side(self.crowd(of), _softmax(seen * self.exaggerates)), of


def _softmax(logs: np.ndarray) -> np.ndarray:
    found = np.exp(logs - logs.max(axis=1, keepdims=True))
    return found / found.sum(axis=1, keepdims=True)


def audit(gold: int = 0, **world) -> dict[str, float]:
    """Return how often what is said of projects comes true, and how far it is off."""
    inside, off, named, wrong, true_inside, bias = [], [], 0, 0, [], []
    for seed in range(PROJECTS):
        made = World(seed, **world)
        train, of_train = made.side(TRAIN)
        test, _ = made.side(TEST)
        known = made.rng.integers(0, made.k, gold)
        measured = (made.crowd(known), known) if gold else None
        found = truth.find(train, test, {"run": test.predicted}, measured)
        rate = float(np.mean(train.label != of_train))
        inside.append(found.noise.low <= rate <= found.noise.high)
        off.append(found.noise.value - rate)
        doubtful = np.flatnonzero(found.chances[np.arange(TRAIN), train.label] < 0.5)
        named, wrong = named + len(doubtful), wrong + int(np.sum(train.label[doubtful] != of_train[doubtful]))
        again, of_again = made.side(20_000)
        error = float(np.mean(again.predicted != of_again))
        share = found.errors["run"]
        true_inside.append(share.low <= error <= share.high)
        bias.append(share.value - error)
    return {
        "noise inside": float(np.mean(inside)),
        "noise off": float(np.mean(np.abs(off))),
        "named right": wrong / max(1, named),
        "error inside": float(np.mean(true_inside)),
        "bias": float(np.mean(bias)),
    }


@pytest.mark.parametrize(
    ("world", "noise_off"),
    [
        ({"skill": 0.99}, 0.012),
        pytest.param({"skill": 0.85}, 0.03, marks=pytest.mark.slow),
        pytest.param({"skill": 0.7}, 0.05, marks=pytest.mark.slow),
        pytest.param({"skill": 0.85, "misled": 0.1, "gold": 20}, 0.06, marks=pytest.mark.slow),
        pytest.param({"skill": 0.85, "k": 10}, 0.03, marks=pytest.mark.slow),
    ],
    ids=["clean", "usual", "noisy", "misled with gold", "ten classes"],
)
def test_shares_are_inside_their_interval_about_four_times_in_five(world, noise_off):
    found = audit(**world)
    print(world, found)
    assert found["noise inside"] >= 0.65 and found["error inside"] >= 0.6
    assert found["noise off"] <= noise_off and abs(found["bias"]) <= 0.03
    if world["skill"] < 0.9:
        assert found["named right"] >= 0.55


@pytest.mark.slow
def test_without_gold_a_crowd_that_is_often_misled_is_not_taken_for_right():
    assert audit(skill=0.85, misled=0.1)["bias"] < 0.06


def test_of_a_clean_crowd_hardly_any_label_is_named():
    made = World(1, skill=0.995)
    (train, _), (test, _) = made.side(TRAIN), made.side(TEST)
    found = truth.find(train, test, {})
    assert found.noise.value < 0.02
    assert np.sum(found.chances[np.arange(TRAIN), train.label] < 0.5) <= 2


def test_gold_that_contradicts_everyone_says_that_everyone_is_misled():
    made = World(2, skill=0.95)
    (train, _), (test, _) = made.side(TRAIN), made.side(TEST)
    known = made.rng.integers(0, 3, 20)
    against = truth.find(train, test, {"run": test.predicted}, (made.crowd((known + 1) % 3), known))
    without = truth.find(train, test, {"run": test.predicted})
    assert against.misled > without.misled + 0.1 and against.noise.value > without.noise.value


def test_one_class_and_one_item_are_no_trouble():
    one = Side(np.ones((1, 1)), np.ones((1, 1)))
    found = truth.find(one, one, {"run": one.predicted})
    assert found.noise.value < 0.2 and found.errors["run"].low >= 0


def test_a_model_that_is_sure_and_knows_nothing_does_not_make_a_unanimous_crowd_wrong():
    """A small network on sixty hard rows agrees with people by chance, and is sure of all it says."""
    off = []
    for seed in range(12):
        made = World(seed, k=2, skill=0.99)
        of = made.rng.integers(0, 2, 60)
        guessed = made.rng.integers(0, 2, 60)
        side = Side(made.crowd(of), np.where(np.eye(2)[guessed] > 0, 0.93, 0.07))
        found = truth.find(side, side, {"run": side.predicted})
        off.append(found.noise.value - float(np.mean(side.label != of)))
    assert np.mean(off) < 0.08 and max(off) < 0.2


def test_a_rare_class_does_not_make_labels_look_wrong():
    """Seven in a hundred are of the rare class. People are right in 95 of 100, and a model tells the classes fairly well."""
    off = []
    for seed in range(12):
        made = World(seed, k=2, skill=0.95)

        def side(count, made=made):
            of = (made.rng.random(count) < 0.07).astype(np.int64)
            seen = 1.5 * np.eye(2)[of] + made.rng.normal(size=(count, 2)) * np.sqrt(1.5)
            model = _softmax(seen + np.log([0.93, 0.07]))
            crowd = made.crowd(of) * [0.93, 0.07]
            return Side(crowd / crowd.sum(axis=1, keepdims=True), model), of

        (train, of_train), (test, _) = side(TRAIN), side(TEST)
        found = truth.find(train, test, {"run": test.predicted})
        off.append(found.noise.value - float(np.mean(train.label != of_train)))
    assert abs(np.mean(off)) < 0.015
