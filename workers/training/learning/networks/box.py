"""A small detector of boxes on a grid of cells.

Each cell says whether the centre of an object lies in it, with which label, and how large the object is. Sources of the design:
J. Redmon et al., "You only look once", CVPR 2016; X. Zhou et al., "Objects as points", 2019 (centres). Polygons and points of a
label are not learned.
"""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from workers.training.curve import metrics_marks
from workers.training.learning.networks.base import Inputs, Network, Predicted
from workers.training.learning.networks.picture import convolution, opened

SIDE, CELLS, WIDTH = 96, 12, 64
OVERLAP = 0.4  # overlap of two boxes of one label above which the less confident one is dropped
SURE = 0.3
MOST = 50


class BoxNetwork(Network):
    """The detector.

    Targets: per cell the labels' centres (n, labels, 12, 12) and boxes (n, 4, 12, 12); label confidence (n,).
    """

    batch = 16
    rate = 4e-3
    passes = (20, 80)
    seen = 8_000

    @classmethod
    def fit_shape(cls, contents: Sequence[bytes], config: dict[str, Any]) -> dict[str, Any]:
        """Return the fixed side: every picture is resized to 96 × 96."""
        return {"side": SIDE}

    def read_one(self, content: bytes) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Return a picture, shape (3, 96, 96), and its original width and height."""
        size = np.array(Image.open(io.BytesIO(content)).size, dtype=np.float32)
        return opened(content, SIDE).transpose(2, 0, 1).copy(), size

    def prepare(self, inputs: Inputs) -> Inputs:
        """Return values from −1 to 1."""
        return inputs[0].float() / 127.5 - 1.0, inputs[1]

    def targets(self, labels: Sequence[Any], confidence: Sequence[float], inputs: Inputs) -> Inputs:
        """Return where the centres of objects are, how large the objects are, and how certain each label is."""
        sizes = inputs[1].numpy()
        middles = np.zeros((len(labels), len(self.classes), CELLS, CELLS), dtype=np.float32)
        boxes = np.zeros((len(labels), 4, CELLS, CELLS), dtype=np.float32)
        for number, label in enumerate(labels):
            for box in of_type(label):
                x, y, width, height = _relative(box, sizes[number])
                column, row = (min(CELLS - 1, max(0, int(one * CELLS))) for one in (x, y))
                middles[number, self.classes.index(box["label"]), row, column] = 1.0
                boxes[number, :, row, column] = x * CELLS - column, y * CELLS - row, width, height
        return torch.from_numpy(middles), torch.from_numpy(boxes), torch.tensor(confidence, dtype=torch.float32)

    def weights(self, targets: Inputs) -> Tensor:
        """Return each picture's weight by how certain its label is."""
        return targets[2] / targets[2].mean().clamp(min=1e-6)

    def build(self) -> nn.Module:
        """Return the detector."""
        return Detector(len(self.classes)).to(memory_format=torch.channels_last)

    def layers(self) -> list[str]:
        """Return the names of the layers."""
        return [
            f"picture, {SIDE} × {SIDE}",
            f"3 steps of convolution: 16, 32, {WIDTH} channels",
            f"2 convolutions over neighbours: {WIDTH} channels",
            f"{CELLS} × {CELLS} cells: {len(self.classes)} labels, place and size",
        ]

    def losses(self, outputs: Tensor, targets: Inputs) -> Tensor:
        """Return the focal loss of centres, plus the distance of boxes in cells that have one."""
        k = len(self.classes)
        logits, real = outputs[:, :k], targets[0]
        chance = torch.sigmoid(logits)
        away = torch.where(real > 0, 1 - chance, chance)
        each = nn.functional.binary_cross_entropy_with_logits(logits, real, reduction="none") * away**2
        there = real.amax(dim=1, keepdim=True)
        place = torch.cat([torch.sigmoid(outputs[:, k : k + 2]), torch.sigmoid(outputs[:, k + 2 :])], dim=1)
        distance = ((place - targets[1]).abs() * there).sum(dim=(1, 2, 3))
        count = real.sum(dim=(1, 2, 3)).clamp(min=1.0)
        return (each.sum(dim=(1, 2, 3)) + 2.0 * distance) / count

    def mistakes(self, outputs: Tensor, targets: Inputs) -> Tensor:
        """Return 1 − F1 of the cells that hold a centre, shape (n,)."""
        real, said = targets[0] > 0, torch.sigmoid(outputs[:, : len(self.classes)]) > SURE
        both = (real & said).sum(dim=(1, 2, 3))
        total = real.sum(dim=(1, 2, 3)) + said.sum(dim=(1, 2, 3))
        return torch.where(total > 0, 1 - 2 * both / total.clamp(min=1), torch.zeros(len(real)))

    def decode(self, outputs: Tensor, temperature: float) -> Predicted:
        """Return boxes relative to the picture; `placed` converts them to pixels."""
        k = len(self.classes)
        chances, rest = torch.sigmoid(outputs[:, :k] / temperature).numpy(), torch.sigmoid(outputs[:, k:]).numpy()
        values = [{"shapes": self._boxes(chances[number], rest[number])} for number in range(len(outputs))]
        unsure = 2 * np.abs(chances - 0.5)
        return Predicted(values, (0.5 + unsure.reshape(len(unsure), -1).min(axis=1) / 2).astype(np.float64))

    def _boxes(self, chances: NDArray[np.float32], rest: NDArray[np.float32]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for label, row, column in np.argwhere(chances > SURE):
            x, y = (column + rest[0, row, column]) / CELLS, (row + rest[1, row, column]) / CELLS
            width, height = rest[2, row, column], rest[3, row, column]
            box = {"x": x - width / 2, "y": y - height / 2, "width": width, "height": height}
            score = float(chances[label, row, column])
            found.append(
                {"type": "box", "label": self.classes[label], "score": score} | {k: float(v) for k, v in box.items()}
            )
        found.sort(key=lambda one: -one["score"])
        kept: list[dict[str, Any]] = []
        for one in found:
            if len(kept) < MOST and all(
                metrics_marks.overlap(one, other) < OVERLAP for other in kept if other["label"] == one["label"]
            ):
                kept.append(one)
        return kept

    def placed(self, said: Predicted, inputs: Inputs) -> Predicted:
        """Return predictions in pixels of the original picture."""
        values = []
        for value, (width, height) in zip(said.values, inputs[1].numpy().tolist(), strict=True):
            shapes = []
            for one in value["shapes"]:
                left, top = max(0.0, one["x"]) * width, max(0.0, one["y"]) * height
                right, bottom = min(1.0, one["x"] + one["width"]) * width, min(1.0, one["y"] + one["height"]) * height
                shapes.append(one | {"x": left, "y": top, "width": right - left, "height": bottom - top})
            values.append({"shapes": shapes})
        return Predicted(values, said.confidence)

    def judge(self, truth: Sequence[Any], said: Predicted) -> dict[str, Any]:
        """Return the figures of boxes that overlap a true one by half."""
        return metrics_marks.of_boxes(
            [of_type(value) for value in truth], [value["shapes"] for value in said.values], self.classes
        )

    def features(self, model: nn.Module, inputs: Inputs) -> Tensor:
        """Return the mean over cells of the convolutions' features."""
        return model.seen(inputs[0]).mean(dim=(2, 3))


class Detector(nn.Module):
    """Convolutions down to the grid of cells, and one logit per label plus position and size in each cell."""

    def __init__(self, n_labels: int) -> None:
        super().__init__()
        self.seen = nn.Sequential(
            convolution(3, 16, 2),
            convolution(16, 32, 2),
            convolution(32, WIDTH, 2),
            convolution(WIDTH, WIDTH),
            convolution(WIDTH, WIDTH),
        )
        self.last = nn.Conv2d(WIDTH, n_labels + 4, 1)
        nn.init.constant_(self.last.bias[:n_labels], -3.0)

    def forward(self, pictures: Tensor, sizes: Tensor) -> Tensor:
        """Return logits, shape (n, labels + 4, 12, 12)."""
        return self.last(self.seen(pictures))


def of_type(label: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a label's boxes."""
    return [shape for shape in label["shapes"] if shape["type"] == "box"]


def _relative(box: dict[str, Any], size: NDArray[np.float32]) -> tuple[float, float, float, float]:
    width, height = float(size[0]), float(size[1])
    return (
        (box["x"] + box["width"] / 2) / width,
        (box["y"] + box["height"] / 2) / height,
        box["width"] / width,
        box["height"] / height,
    )
