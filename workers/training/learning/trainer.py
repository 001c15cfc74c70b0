"""The trainer: one network, one seed, one plan. It can stop and continue after any epoch with the same result.

Everything random comes from generators seeded by (seed, epoch). So on the same machine a run that continues from a checkpoint
ends with the weights of a run that was never interrupted. Validation items are a part of the training items; test items are
never used here.
"""

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor, nn

from workers.training.curve import temperature
from workers.training.learning import checkpoints
from workers.training.learning.networks.base import Inputs, Network, Predicted
from workers.training.learning.steps import one_pass, outputs

# Half the cores: web and database need some, and threads that wait for a shared core are slower than one thread alone.
torch.set_num_threads(max(1, (os.cpu_count() or 2) // 2))

VALIDATION = 0.1  # of the training items, if there are at least FEWEST
FEWEST = 200
MOST_VALIDATION = 2000
PATIENCE = 0.4  # of the planned epochs without a better validation: then it no longer improves
COOLING = (
    0.2  # of the planned epochs: the rate falls to zero over this many, as weights at a high rate are not the best
)
PERFECT = 0.01  # loss on the training items that is good enough if it lasts for IN_A_ROW epochs
IN_A_ROW = 3


@dataclass
class TrainingPlan:
    """What is trained.

    `inputs` and `targets` are of all training items in the run's order; `limit_seconds` is how long it may compute.
    """

    network: Network
    seed: int
    inputs: Inputs
    targets: Inputs
    device: str = "cpu"
    limit_seconds: float | None = None

    @property
    def count(self) -> int:
        """The number of training items."""
        return len(self.inputs[0])

    @property
    def validating(self) -> int:
        """The number of them, the last ones, that are kept for validation; 0 if there are few items."""
        return min(MOST_VALIDATION, int(self.count * VALIDATION)) if self.count >= FEWEST else 0

    @property
    def epochs(self) -> int:
        """The number of planned epochs."""
        return self.network.epochs(self.count - self.validating)

    @property
    def cooling(self) -> int:
        """The number of epochs in which the rate falls to zero once there is no more improvement."""
        return max(2, round(COOLING * self.epochs))

    @property
    def batch(self) -> int:
        """The number of items per step; fewer for a small training set, so that there are enough steps."""
        return int(min(self.network.batch, max(8, (self.count - self.validating) // 10)))


@dataclass
class TrainerState:
    """The progress of a run: epochs done, figures of each, seconds used, the best validation and its epoch.

    `cool_from`: the epoch from which the rate falls because validation no longer improved.
    """

    epoch: int = 0
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)
    best: float = float("inf")
    best_epoch: int = 0
    cool_from: int | None = None


@dataclass(frozen=True)
class TrainingResult:
    """A trained model, its weights as safetensors, and its history. `stopped`: why it ended, see `workers.training.stops`."""

    model: nn.Module
    weights: bytes
    fingerprint: str
    state: TrainerState
    stopped: str
    temperature: float


def device() -> str:
    """Return the device that runs use here: "cuda" if there is a graphics card, otherwise "cpu"."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def train(
    plan: TrainingPlan,
    checkpoint: bytes | None = None,
    after_epoch: Callable[[TrainerState, Callable[[], bytes]], None] = lambda state, save: None,
) -> TrainingResult:
    """Train by a plan, from its beginning or from a checkpoint.

    Args:
        plan: what is trained.
        checkpoint: a checkpoint that `after_epoch` was offered for the same plan.
        after_epoch: called with the state and a function that returns a checkpoint; may raise to stop the run.
    """
    began = time.perf_counter()
    torch.manual_seed(plan.seed)
    model = plan.network.build().to(plan.device)
    network = plan.network
    optimizer = torch.optim.AdamW(model.parameters(), lr=network.rate, weight_decay=network.decay, fused=True)
    weights = network.weights(plan.targets)
    best = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    state = TrainerState()
    if checkpoint:
        state = TrainerState(**checkpoints.restore(checkpoint, model, optimizer, best))
    used_before = state.seconds
    stopped = _reason(plan, state)
    while not stopped:
        loss = one_pass(plan, model, optimizer, weights, state)
        state.epoch += 1
        entry = {"epoch": state.epoch, "loss": round(loss, 5)} | _validate(plan, model, weights)
        _remember(plan, state, entry, model, best)
        state.seconds = used_before + time.perf_counter() - began
        state.history.append(entry | {"seconds": round(state.seconds, 2)})
        after_epoch(state, lambda: checkpoints.written(vars(state), model, optimizer, best))
        stopped = _reason(plan, state)
    if plan.validating and _surely_better(plan, model, best):
        model.load_state_dict(best)
    found = _temperature(plan, model)
    state.seconds = used_before + time.perf_counter() - began
    saved = save({name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()})
    return TrainingResult(model, saved, hashlib.sha256(saved).hexdigest(), state, stopped, found)


def _reason(plan: TrainingPlan, state: TrainerState) -> str:
    """Return why training ends here, or "" if it continues."""
    if state.epoch >= plan.epochs:
        return "done"
    if plan.limit_seconds is not None and state.epoch and state.seconds >= plan.limit_seconds:
        return "time"
    last = state.history[-IN_A_ROW:]
    if len(last) == IN_A_ROW and all(one["loss"] < PERFECT and not one.get("validation_error") for one in last):
        return "good"
    if state.cool_from is not None and state.epoch >= state.cool_from + plan.cooling:
        return "flat"
    return ""


@torch.no_grad()
def _validate(plan: TrainingPlan, model: nn.Module, weights: Tensor) -> dict[str, float]:
    if not plan.validating:
        return {}
    kept = slice(plan.count - plan.validating, plan.count)
    found = outputs(plan.network, model, tuple(one[kept] for one in plan.inputs), plan.device)
    targets = tuple(one[kept] for one in plan.targets)
    loss = float((plan.network.losses(found, targets) * weights[kept]).mean())
    return {
        "validation_loss": round(loss, 5),
        "validation_error": round(float(plan.network.mistakes(found, targets).mean()), 5),
    }


def _remember(
    plan: TrainingPlan, state: TrainerState, entry: dict[str, float], model: nn.Module, best: dict[str, Tensor]
) -> None:
    watched = entry.get("validation_loss", entry["loss"])
    if watched >= state.best:
        late = state.epoch - state.best_epoch >= max(4, PATIENCE * plan.epochs)
        if plan.validating and late and state.cool_from is None and state.epoch + plan.cooling < plan.epochs:
            state.cool_from = state.epoch
    else:
        state.best, state.best_epoch = watched, state.epoch
        for name, tensor in model.state_dict().items():
            best[name].copy_(tensor)


@torch.no_grad()
def _surely_better(plan: TrainingPlan, model: nn.Module, best: dict[str, Tensor]) -> bool:
    """Check whether the best weights beat the last ones on the validation items by more than luck (two standard errors)."""
    kept = slice(plan.count - plan.validating, plan.count)
    inputs, targets = (tuple(one[kept] for one in part) for part in (plan.inputs, plan.targets))
    last = plan.network.losses(outputs(plan.network, model, inputs, plan.device), targets)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.load_state_dict(best)
    then = plan.network.losses(outputs(plan.network, model, inputs, plan.device), targets)
    model.load_state_dict(before)
    gain = last - then
    return bool(gain.mean() > 2 * gain.std() / len(gain) ** 0.5)


def _temperature(plan: TrainingPlan, model: nn.Module) -> float:
    """Return the temperature that calibrates the probabilities of the validation items; 1 if there are few, or for marks."""
    if plan.validating < temperature.FEWEST or len(plan.targets) > 1:
        return 1.0
    kept = slice(plan.count - plan.validating, plan.count)
    logits = outputs(plan.network, model, tuple(one[kept] for one in plan.inputs), plan.device)
    return temperature.best(logits.numpy().astype(np.float64), plan.targets[0][kept].numpy().astype(np.float64))


def predict(network: Network, model: nn.Module, inputs: Inputs, device: str, at: float = 1.0) -> Predicted:
    """Return a model's predictions for inputs at a temperature."""
    said = network.decode(outputs(network, model, inputs, device), at)
    placed = getattr(network, "placed", None)
    return placed(said, inputs) if placed else said


def architecture(network: Network, model: nn.Module) -> dict[str, Any]:
    """Return what the run page shows of a model: its layers in words, and its number of parameters."""
    return {"layers": network.layers(), "parameters": sum(parameter.numel() for parameter in model.parameters())}
