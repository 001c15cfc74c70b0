"""A small residual network for pictures of any size, channels and number of classes.

Pictures are resized to a square whose side follows from their detail: the smallest of 16, 32 and 64 pixels that loses little.
Source of the design: K. He et al., "Deep residual learning for image recognition", CVPR 2016.
"""

import io
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from workers.training.learning.networks.base import Classifier, Inputs, UnreadableItems

SIDES = (16, 32, 64)
LOST = 0.04  # share of the variance that a smaller side may lose
LOOKED_AT = 100
WIDTHS = {16: (16, 32, 64), 32: (16, 32, 64, 128), 64: (16, 32, 64, 128, 128)}


class PictureNetwork(Classifier):
    """The picture classifier."""

    batch = 64
    rate = 6e-3
    passes = (10, 40)
    seen = 16_000

    @classmethod
    def fit_shape(cls, contents: Sequence[bytes], config: dict[str, Any]) -> dict[str, Any]:
        """Return the side, and 1 channel if every picture is grey, else 3."""
        step = max(1, len(contents) // LOOKED_AT)
        pictures = []
        for place in range(0, len(contents), step):
            try:
                pictures.append(opened(contents[place], max(SIDES)))
            except (OSError, ValueError) as error:
                raise UnreadableItems(place, str(error)) from None
        grey = all((np.ptp(picture.astype(np.int16), axis=2) < 8).all() for picture in pictures)
        lost = {side: float(np.mean([_lost(picture, side) for picture in pictures])) for side in SIDES[:-1]}
        side = next((side for side in SIDES[:-1] if lost[side] < LOST), SIDES[-1])
        return {"side": side, "channels": 1 if grey else 3}

    def read_one(self, content: bytes) -> tuple[NDArray[np.uint8]]:
        """Return a picture, shape (channels, side, side), 0 to 255; transparent parts become white."""
        picture = opened(content, self.shape["side"]).transpose(2, 0, 1)
        return (picture[: self.shape["channels"]],)

    def prepare(self, inputs: Inputs) -> Inputs:
        """Return values from −1 to 1."""
        return (inputs[0].float() / 127.5 - 1.0,)

    def build(self) -> nn.Module:
        """Return the network: a convolution with pooling, residual blocks that each halve the side, and a linear layer."""
        widths = WIDTHS[self.shape["side"]]
        before = [convolution(self.shape["channels"], widths[0]), nn.MaxPool2d(2)]
        blocks = [Residual(inner, outer) for inner, outer in itertools.pairwise(widths)]
        last = [nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Dropout(0.1), nn.Linear(widths[-1] * 4, len(self.classes))]
        # Channels last: a third faster on CPUs and GPUs alike.
        return nn.Sequential(*before, *blocks, *last).to(memory_format=torch.channels_last)

    def layers(self) -> list[str]:
        """Return the names of the layers."""
        side, widths = self.shape["side"], WIDTHS[self.shape["side"]]
        colours = "grey" if self.shape["channels"] == 1 else "colour"
        return [
            f"{colours} picture, {side} × {side}",
            f"convolution: {widths[0]} channels",
            *(f"residual block: {width} channels" for width in widths[1:]),
            f"linear: {len(self.classes)} classes",
        ]

    def augment(self, inputs: Inputs, generator: torch.Generator) -> Inputs:
        """Shift each picture by up to a twelfth of its side, at least one pixel: it still shows the same thing."""
        (batch,) = inputs
        n, _, side, _ = batch.shape
        room = max(1, side // 12)
        padded = nn.functional.pad(batch, (room,) * 4, mode="replicate")
        down, right = torch.randint(0, 2 * room + 1, (2, n), generator=generator).to(batch.device)
        at = torch.arange(side, device=batch.device)
        rows, columns = (down[:, None] + at)[:, None, :, None], (right[:, None] + at)[:, None, None, :]
        which = torch.arange(n, device=batch.device)[:, None, None, None]
        channel = torch.arange(batch.shape[1], device=batch.device)[None, :, None, None]
        return (padded[which, channel, rows, columns],)

    def features(self, model: nn.Module, inputs: Inputs) -> Tensor:
        """Return the input of the last layer."""
        return model[:-2](*inputs)


class Residual(nn.Module):
    """Two convolutions beside a shortcut, the first at half the side."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = convolution(inputs, outputs, stride=2)
        self.second = nn.Sequential(nn.Conv2d(outputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs))
        self.shortcut = nn.Sequential(nn.AvgPool2d(2, ceil_mode=True), nn.Conv2d(inputs, outputs, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        """Return ReLU(F(x) + shortcut(x))."""
        return torch.relu(self.second(self.first(x)) + self.shortcut(x))


def convolution(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """Return a 3 × 3 convolution with batch normalisation and ReLU."""
    layer = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(outputs), nn.ReLU())


def opened(content: bytes, side: int) -> NDArray[np.uint8]:
    """Return a picture as an array of shape (side, side, 3), on white. Raises OSError if it cannot be opened."""
    try:
        picture = Image.open(io.BytesIO(content))
        picture.draft("RGB", (side * 2, side * 2))  # a JPEG is read at a fraction of its size, which is much faster
        if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
            paper = Image.new("RGBA", picture.size, "white")
            paper.alpha_composite(picture.convert("RGBA"))
            picture = paper
        return np.asarray(picture.convert("RGB").resize((side, side), Image.Resampling.BOX, reducing_gap=2.0))
    except (Image.DecompressionBombError, SyntaxError) as error:
        raise OSError(str(error)) from None


def _lost(picture: NDArray[np.uint8], side: int) -> float:
    """Return the share of a picture's variance that is lost when it is resized to a smaller side and back."""
    whole = Image.fromarray(picture)
    small = whole.resize((side, side), Image.Resampling.BOX).resize(whole.size, Image.Resampling.BICUBIC)
    values = picture.astype(np.float64)
    return float(((values - np.asarray(small)) ** 2).mean() / max(values.var(), 1.0))
