"""The steps of training: one epoch, and a model's outputs."""

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from workers.training.learning.networks.base import Inputs, Network

if TYPE_CHECKING:
    from workers.training.learning.trainer import TrainerState, TrainingPlan

LARGE = 512  # items per step when nothing is learned


def one_pass(
    plan: "TrainingPlan", model: nn.Module, optimizer: torch.optim.Optimizer, weights: Tensor, state: "TrainerState"
) -> float:
    """Train on every training item once, in a seeded random order, and return the mean loss."""
    network, device, epoch = plan.network, plan.device, state.epoch
    generator = torch.Generator().manual_seed(plan.seed * 100_003 + epoch)
    torch.manual_seed(plan.seed * 100_003 + epoch + 50_000)  # dropout
    count = plan.count - plan.validating
    batches = _batches(torch.randperm(count, generator=generator), plan.batch)
    model.train()
    total = 0.0
    for index, batch in enumerate(batches):
        rate = _rate(plan, state, epoch + index / len(batches))
        for group in optimizer.param_groups:
            group["lr"] = rate
        inputs = network.prepare(_to(tuple(one[batch] for one in plan.inputs), device))
        targets = _to(tuple(one[batch] for one in plan.targets), device)
        with torch.autocast(device, dtype=torch.bfloat16, enabled=device == "cuda"):
            found = model(*network.augment(inputs, generator))
        loss = (network.losses(found.float(), targets) * weights[batch].to(device)).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        total += float(loss.detach()) * len(batch)
    return total / count


def _batches(order: Tensor, size: int) -> list[Tensor]:
    batches: list[Tensor] = list(order.split(size))  # type: ignore[no-untyped-call]
    if len(batches) > 1 and len(batches[-1]) == 1:  # normalisation needs two
        batches[-2:] = [torch.cat(batches[-2:])]
    if len(batches) == 1 and len(batches[0]) == 1:
        batches = [batches[0].repeat(2)]
    return batches


def _rate(plan: "TrainingPlan", state: "TrainerState", place: float) -> float:
    """Return the learning rate at a position, in epochs. From `cool_from` on it falls linearly to almost nothing."""
    if state.cool_from is None:
        return rate_at(plan.network.rate, place / plan.epochs)
    left = 1 - (place - state.cool_from) / plan.cooling
    return rate_at(plan.network.rate, state.cool_from / plan.epochs) * max(left, 0.001)


def rate_at(peak: float, progress: float) -> float:
    """Return the learning rate: it rises for the first tenth, then falls along a cosine."""
    if progress < 0.1:
        return peak * (0.1 + 9 * progress)
    return peak * (0.001 + 0.999 * 0.5 * (1 + math.cos(math.pi * (progress - 0.1) / 0.9)))


@torch.no_grad()
def outputs(network: Network, model: nn.Module, inputs: Inputs, device: str) -> Tensor:
    """Return a model's outputs for inputs, on the CPU, shape (n, …)."""
    model.eval()
    found = []
    for start in range(0, len(inputs[0]), LARGE):
        part = network.prepare(_to(tuple(one[start : start + LARGE] for one in inputs), device))
        found.append(model(*part).float().cpu())
    return torch.cat(found) if found else torch.zeros(0)


@torch.no_grad()
def features(network: Network, model: nn.Module, inputs: Inputs, device: str) -> Tensor:
    """Return a model's features of inputs, before its last layer, shape (n, d)."""
    model.eval()
    found = []
    for start in range(0, len(inputs[0]), LARGE):
        part = network.prepare(_to(tuple(one[start : start + LARGE] for one in inputs), device))
        found.append(network.features(model, part).float().cpu())
    return torch.cat(found)


def _to(tensors: Inputs, device: str) -> Inputs:
    return tensors if device == "cpu" else tuple(one.to(device, non_blocking=True) for one in tensors)
