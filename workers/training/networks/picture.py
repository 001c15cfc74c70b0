"""A small convolutional network for pictures of any size, brought to 32 × 32."""

import io
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

SIDE = 32


def read(contents: list[bytes]) -> NDArray[np.float32]:
    """Return pictures as an array of shape (n, 3, 32, 32) with values from −1 to 1; transparent parts become white.

    Raises OSError where a picture cannot be opened.
    """
    return np.stack([_read_one(content) for content in contents])


def _read_one(content: bytes) -> NDArray[np.float32]:
    picture = Image.open(io.BytesIO(content)).convert("RGBA")
    paper = Image.new("RGBA", picture.size, "white")
    paper.alpha_composite(picture)
    small = paper.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX, reducing_gap=2.0)
    return (np.asarray(small, dtype=np.float32) / 127.5 - 1.0).transpose(2, 0, 1)


def build(n_classes: int) -> nn.Module:
    """Return an untrained network: three steps of convolution, the mean over the picture, one linear layer."""

    def step(inputs: int, outputs: int) -> list[nn.Module]:
        return [
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.MaxPool2d(2),
        ]

    return nn.Sequential(
        *step(3, 16),
        *step(16, 32),
        *step(32, 64),
        nn.Conv2d(64, 64, 3, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(64 * 4 * 4, n_classes),
    )


def describe(model: nn.Module, n_classes: int) -> dict[str, Any]:
    """Return what the run page shows of the architecture."""
    return {
        "layers": [
            "32 × 32 picture",
            "3 × (convolution, normalisation, halving): 16, 32, 64 channels",
            "convolution: 64",
            f"linear: {n_classes} classes",
        ],
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
    }


def augment(batch: Tensor, generator: torch.Generator) -> Tensor:
    """Shift each picture by up to two pixels: a picture moved a little shows the same thing."""
    n, _, height, width = batch.shape
    padded = nn.functional.pad(batch, (2, 2, 2, 2), mode="replicate")
    moved = torch.empty_like(batch)
    shifts = torch.randint(0, 5, (n, 2), generator=generator).tolist()
    for index, (down, right) in enumerate(shifts):
        moved[index] = padded[index, :, down : down + height, right : right + width]
    return moved
