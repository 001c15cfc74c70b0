"""Checkpoints: a model, its optimizer, its best weights and its progress, as safetensors.

They hold tensors and text, so reading them runs no code.
"""

import json
from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor, nn


def written(
    about: dict[str, Any], model: nn.Module, optimizer: torch.optim.Optimizer, best: dict[str, Tensor]
) -> bytes:
    """Return a checkpoint."""
    tensors = {f"model.{name}": _plain(tensor) for name, tensor in model.state_dict().items()}
    tensors |= {f"best.{name}": _plain(tensor).clone() for name, tensor in best.items()}
    for index, values in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": _plain(value) for name, value in values.items()}
    return save(tensors, {"state": json.dumps(about)})


def restore(
    checkpoint: bytes, model: nn.Module, optimizer: torch.optim.Optimizer, best: dict[str, Tensor]
) -> dict[str, Any]:
    """Restore model, optimizer and best weights from a checkpoint, and return the progress it holds."""
    tensors = load(checkpoint)
    model.load_state_dict(_part(tensors, "model."))
    for name, value in _part(tensors, "best.").items():
        best[name].copy_(value)
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in _part(tensors, "optimizer.").items():
        index, part = name.split(".", 1)
        state.setdefault(int(index), {})[part] = value
    parameters = [one for group in optimizer.param_groups for one in group["params"]]
    for number, parts in state.items():
        # Same memory layout as its parameter: a fused step walks both side by side.
        like = parameters[number]
        state[number] = {
            part: torch.empty_like(like).copy_(value) if value.shape == like.shape else value
            for part, value in parts.items()
        }
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
    return dict(json.loads(metadata(checkpoint)["state"]))


def metadata(content: bytes) -> dict[str, str]:
    """Return the text stored beside the tensors of a safetensors file."""
    length = int.from_bytes(content[:8], "little")
    return dict(json.loads(content[8 : 8 + length]).get("__metadata__", {}))


def _plain(tensor: Tensor) -> Tensor:
    return tensor.detach().cpu().contiguous()


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
