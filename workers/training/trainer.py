"""The trainer: one network, one seed, one fixed plan of epochs; it stops and goes on at any epoch with the same result.

Everything random comes from generators seeded by (seed, epoch), so a run taken up from a checkpoint ends with the weights
of a run that was never interrupted, on the same machine.
"""

import hashlib
import importlib
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load, save
from torch import Tensor, nn

from workers.training.networks import NETWORKS

BATCH = 32
PEAK_RATE = 3e-3
WEIGHT_DECAY = 1e-2


@dataclass
class Plan:
    """What is trained: `contents` and `targets` (class codes) of equal length, for training and for the test."""

    network: str
    seed: int
    n_classes: int
    train_contents: list[bytes]
    train_targets: NDArray[np.int64]
    test_contents: list[bytes]
    device: str = "cpu"

    @property
    def epochs(self) -> int:
        """Passes over the training set: many over a small one, at least 16."""
        return int(min(60, max(16, 32000 // max(len(self.train_contents), 1))))


@dataclass
class State:
    """Where a run stands: epochs done, the loss of each, seconds used."""

    epoch: int = 0
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)


@dataclass(frozen=True)
class Outcome:
    """A trained model: predicted classes of the test set, weights as safetensors, and how it came about."""

    predicted: NDArray[np.int64]
    weights: bytes
    fingerprint: str
    architecture: dict[str, Any]
    state: State


def device() -> str:
    """Return the device runs use here: a graphics card where there is one."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def train(
    plan: Plan,
    checkpoint: bytes | None = None,
    after_epoch: Callable[[State, Callable[[], bytes]], None] = lambda state, save: None,
) -> Outcome:
    """Train by a plan, from its beginning or from a checkpoint.

    Args:
        plan: what is trained.
        checkpoint: what `after_epoch` was offered at some epoch of the same plan.
        after_epoch: called with the state and a function that returns a checkpoint; may raise to stop the run.

    Raises:
        OSError: a picture cannot be opened.
    """
    began = time.perf_counter()
    network = importlib.import_module(NETWORKS[plan.network][0])
    inputs = torch.from_numpy(network.read(plan.train_contents))
    targets = torch.from_numpy(plan.train_targets)
    torch.manual_seed(plan.seed)
    model = network.build(plan.n_classes).to(plan.device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=PEAK_RATE, weight_decay=WEIGHT_DECAY)
    state = _restore(checkpoint, model, optimizer) if checkpoint else State()
    used_before = state.seconds
    while state.epoch < plan.epochs:
        loss = _epoch(plan, network, model, optimizer, inputs, targets, state.epoch)
        state.epoch += 1
        state.seconds = used_before + time.perf_counter() - began
        state.history.append({"epoch": state.epoch, "loss": round(loss, 5), "seconds": round(state.seconds, 2)})
        after_epoch(state, lambda: _checkpoint(state, model, optimizer))
    predicted = _predict(model, torch.from_numpy(network.read(plan.test_contents)), plan.device)
    state.seconds = used_before + time.perf_counter() - began
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    weights = save(tensors)
    return Outcome(
        predicted, weights, hashlib.sha256(weights).hexdigest(), network.describe(model, plan.n_classes), state
    )


def _epoch(
    plan: Plan,
    network: Any,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    inputs: Tensor,
    targets: Tensor,
    epoch: int,
) -> float:
    generator = torch.Generator().manual_seed(plan.seed * 100_003 + epoch)
    torch.manual_seed(plan.seed * 100_003 + epoch + 50_000)  # dropout
    order = torch.randperm(len(inputs), generator=generator)
    batches = list(order.split(BATCH))
    if len(batches) > 1 and len(batches[-1]) == 1:  # normalisation needs two
        batches[-2:] = [torch.cat(batches[-2:])]
    model.train()
    total = 0.0
    for index, batch in enumerate(batches):
        rate = _rate((epoch + index / len(batches)) / plan.epochs)
        for group in optimizer.param_groups:
            group["lr"] = rate
        pictures = network.augment(inputs[batch], generator).to(plan.device)
        loss = nn.functional.cross_entropy(model(pictures), targets[batch].to(plan.device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += float(loss.detach()) * len(batch)
    return total / len(inputs)


def _rate(progress: float) -> float:
    """Return the learning rate: up for the first tenth, then down along a cosine."""
    if progress < 0.1:
        return PEAK_RATE * (0.1 + 9 * progress)
    return PEAK_RATE * (0.001 + 0.999 * 0.5 * (1 + math.cos(math.pi * (progress - 0.1) / 0.9)))


@torch.no_grad()
def _predict(model: nn.Module, inputs: Tensor, device: str) -> NDArray[np.int64]:
    model.eval()
    return np.concatenate([model(batch.to(device)).argmax(dim=1).cpu().numpy() for batch in inputs.split(256)])


def _checkpoint(state: State, model: nn.Module, optimizer: torch.optim.Optimizer) -> bytes:
    """Return model, optimizer and state as safetensors: tensors and text, nothing that runs when it is read."""
    tensors = {f"model.{name}": tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    for index, values in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": value.detach().cpu().contiguous() for name, value in values.items()}
    about = {"epoch": state.epoch, "seconds": state.seconds, "history": state.history}
    return save(tensors, {"state": json.dumps(about)})


def _restore(checkpoint: bytes, model: nn.Module, optimizer: torch.optim.Optimizer) -> State:
    tensors = load(checkpoint)
    model.load_state_dict(
        {name.removeprefix("model."): value for name, value in tensors.items() if name.startswith("model.")}
    )
    optimizer_state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith("optimizer."):
            _, index, part = name.split(".", 2)
            optimizer_state.setdefault(int(index), {})[part] = value
    optimizer.load_state_dict({**optimizer.state_dict(), "state": optimizer_state})
    length = int.from_bytes(checkpoint[:8], "little")
    return State(**json.loads(json.loads(checkpoint[8 : 8 + length])["__metadata__"]["state"]))
