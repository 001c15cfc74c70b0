"""The trainer: reproducible, resumed, stopped early, calibrated."""

import numpy as np
import pytest
import torch

from tests.workers.training.setting import shades
from workers.training.curve import temperature
from workers.training.learning import checkpoints, networks, steps, trainer

PICTURES = shades(60)


def plan(seed=0, count=60, **more) -> trainer.TrainingPlan:
    contents, labels = zip(*PICTURES[:count], strict=True)
    kind = networks.load("picture")
    network = kind({}, ["yes", "no"], kind.fit_shape(contents, {}))
    inputs = network.read(contents)
    return trainer.TrainingPlan(network, seed, inputs, network.targets(labels, [1.0] * count, inputs), **more)


@pytest.fixture(autouse=True)
def _short(monkeypatch):
    monkeypatch.setattr(networks.load("picture"), "passes", (6, 6))


def test_it_learns_to_tell_dark_from_light():
    made = plan()
    outcome = trainer.train(made)
    said = trainer.predict(made.network, outcome.model, made.inputs, "cpu", outcome.temperature)
    figures = made.network.judge([label for _, label in PICTURES], said)
    assert figures["error"] <= 0.05 and figures["guess_error"] == 0.5
    assert trainer.architecture(made.network, outcome.model)["parameters"] > 1000


def test_the_same_seed_gives_the_same_weights_and_another_seed_others():
    first, same, other = trainer.train(plan()), trainer.train(plan()), trainer.train(plan(seed=1))
    assert first.fingerprint == same.fingerprint != other.fingerprint


@pytest.mark.parametrize("validating", [False, True])
def test_a_run_taken_up_from_a_checkpoint_ends_with_the_same_weights(monkeypatch, validating):
    monkeypatch.setattr(trainer, "FEWEST", 20 if validating else 1000)
    monkeypatch.setattr(trainer, "PATIENCE", 0.1)
    kept = []

    class Killed(Exception):
        pass

    def after(state, checkpoint):
        kept.append(checkpoint())
        if state.epoch == 3:
            raise Killed

    with pytest.raises(Killed):
        trainer.train(plan(), after_epoch=after)
    resumed = trainer.train(plan(), checkpoint=kept[-1])
    whole = trainer.train(plan())
    assert resumed.fingerprint == whole.fingerprint and resumed.stopped == whole.stopped
    assert [entry["loss"] for entry in resumed.state.history] == [entry["loss"] for entry in whole.state.history]


def test_a_checkpoint_is_tensors_and_text():
    kept = []
    trainer.train(plan(count=12), after_epoch=lambda state, checkpoint: kept.append(checkpoint()))
    assert '"epoch": 6' in checkpoints.metadata(kept[-1])["state"]


@pytest.mark.parametrize("count", [8, 9, 33, 60])
def test_odd_counts_are_no_trouble(count):
    assert trainer.train(plan(count=count)).state.epoch >= 3


def test_it_ends_where_it_no_longer_improves(monkeypatch):
    monkeypatch.setattr(networks.load("picture"), "passes", (40, 40))
    monkeypatch.setattr(trainer, "FEWEST", 20)
    monkeypatch.setattr(trainer, "VALIDATION", 0.3)
    monkeypatch.setattr(trainer, "PATIENCE", 0.1)
    made = plan()
    luck = torch.Generator().manual_seed(0)
    made.targets = (torch.nn.functional.one_hot(torch.randint(0, 2, (60,), generator=luck), 2).float(),)
    outcome = trainer.train(made)
    assert outcome.stopped in ("flat", "good") and outcome.state.epoch < 40


def test_it_ends_when_its_time_is_used_up():
    outcome = trainer.train(plan(limit_seconds=0.0))
    assert outcome.stopped == "time" and outcome.state.epoch == 1


def test_the_rate_rises_then_falls_and_cools_to_nothing():
    rates = [steps.rate_at(1.0, progress) for progress in np.linspace(0, 1, 50)]
    assert rates[0] == pytest.approx(0.1) and max(rates) == pytest.approx(1.0, abs=0.01) and rates[-1] < 0.01
    made, state = plan(), trainer.TrainerState(cool_from=3)
    assert steps._rate(made, state, 3.0) > steps._rate(made, state, 4.0) > 0


def test_a_rare_class_counts_more_and_weights_have_a_mean_of_one():
    network = plan().network
    labels = ["yes"] * 90 + ["no"] * 10
    weights = network.weights(network.targets(labels, [1.0] * 100, ()))
    assert float(weights.mean()) == pytest.approx(1.0) and float(weights[-1]) == pytest.approx(
        3 * float(weights[0]), rel=0.01
    )


def test_a_doubtful_label_is_soft():
    (soft,) = plan().network.targets(["yes", "no"], [0.8, 0.1], ())
    assert soft.tolist()[0] == pytest.approx([0.8, 0.2]) and soft.tolist()[1] == pytest.approx([0.5, 0.5])


def test_the_temperature_makes_overconfident_logits_honest():
    luck = np.random.default_rng(0)
    truth = luck.integers(0, 3, 2000)
    logits = luck.normal(size=(2000, 3))
    logits[np.arange(2000), truth] += 1.0
    soft = np.eye(3)[truth]
    honest = temperature.best(logits, soft)
    assert temperature.best(logits * 3, soft) == pytest.approx(3 * honest, rel=0.05)


def test_doubtful_labels_do_not_make_a_good_model_look_overconfident():
    luck = np.random.default_rng(1)
    truth = luck.integers(0, 5, 3000)
    logits = 4.0 * np.eye(5)[truth] + luck.normal(size=(3000, 5))  # right nearly always, and sure of it
    wrong = luck.random(3000) < 0.1
    labels = np.where(wrong, (truth + luck.integers(1, 5, 3000)) % 5, truth)
    soft = np.full((3000, 5), 0.1 / 4)
    soft[np.arange(3000), labels] = 0.9
    through_doubt, as_if_sure = temperature.best(logits, soft), temperature.best(logits, np.eye(5)[labels])
    assert (
        through_doubt == pytest.approx(temperature.best(logits, np.eye(5)[truth]), rel=0.15)
        and as_if_sure > 1.5 * through_doubt
    )
