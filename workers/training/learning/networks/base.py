"""What every network offers the trainer: contents as numbers, what is learned, and the final prediction."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from workers.training.curve import metrics

READERS = 4  # threads that read contents; decoding pictures releases the GIL

Inputs = tuple[Tensor, ...]


class UnreadableItems(ValueError):
    """A content is not what its modality says; the message gives the reason. `place` is its index among the contents."""

    def __init__(self, place: int, why: str) -> None:
        super().__init__(why)
        self.place = place


@dataclass(frozen=True)
class Predicted:
    """A model's prediction: one value per item and its confidence; if there are classes, all their probabilities."""

    values: list[Any]
    confidence: NDArray[np.float64]
    probabilities: NDArray[np.float64] | None = None


class Network(ABC):
    """A network for one kind of question and one modality.

    `classes` are the question's, in its order. `shape` is what `look` found in the training items: plain values, stored with
    the weights, from which the same network is built again.
    """

    batch: ClassVar[int] = 32
    rate: ClassVar[float] = 3e-3
    decay: ClassVar[float] = 1e-2
    passes: ClassVar[tuple[int, int]] = (12, 60)  # epochs: the fewest for a large training set, the most for a small
    seen: ClassVar[int] = 20_000  # items shown in a whole training, as far as `passes` allows
    chooses: ClassVar[bool] = False  # whether it can say which items it would gain most from

    def __init__(self, config: dict[str, Any], classes: list[Any], shape: dict[str, Any]) -> None:
        self.config, self.classes, self.shape = config, classes, shape

    @classmethod
    @abstractmethod
    def fit_shape(cls, contents: Sequence[bytes], config: dict[str, Any]) -> dict[str, Any]:
        """Return the shape that fits training contents. Raises UnreadableItems."""

    @abstractmethod
    def read_one(self, content: bytes) -> tuple[Any, ...]:
        """Return the arrays of one content. Raises ValueError or OSError with the reason if it cannot be read."""

    @abstractmethod
    def build(self) -> nn.Module:
        """Return an untrained model."""

    @abstractmethod
    def layers(self) -> list[str]:
        """Return the architecture in words, from input to output."""

    @abstractmethod
    def targets(self, labels: Sequence[Any], confidence: Sequence[float], inputs: Inputs) -> Inputs:
        """Return what is to be learned, softened by how certain each label is."""

    @abstractmethod
    def losses(self, outputs: Tensor, targets: Inputs) -> Tensor:
        """Return the loss of each item of a batch, shape (n,)."""

    @abstractmethod
    def mistakes(self, outputs: Tensor, targets: Inputs) -> Tensor:
        """Return how wrong the outputs are for each item, from 0 to 1, shape (n,). Validation uses this."""

    @abstractmethod
    def decode(self, outputs: Tensor, temperature: float) -> Predicted:
        """Return the prediction that outputs mean at a temperature (1 leaves them as they are)."""

    @abstractmethod
    def judge(self, truth: Sequence[Any], said: Predicted) -> dict[str, Any]:
        """Return the figures of a test; see `workers.training.curve.metrics`."""

    def weights(self, targets: Inputs) -> Tensor:
        """Return the weight of each item, shape (n,), with a mean of 1."""
        return torch.ones(len(targets[0]))

    def augment(self, inputs: Inputs, generator: torch.Generator) -> Inputs:
        """Return a batch changed in ways that change no label."""
        return inputs

    def features(self, model: nn.Module, inputs: Inputs) -> Tensor:
        """Return the model's features of inputs, before its last layer, shape (n, d)."""
        raise NotImplementedError

    def prepare(self, inputs: Inputs) -> Inputs:
        """Return inputs as the model takes them: those stored in a smaller data type are converted."""
        return inputs

    def read(self, contents: Sequence[bytes]) -> Inputs:
        """Return contents as tensors, each of shape (n, …). Raises UnreadableItems."""
        with ThreadPoolExecutor(READERS) as pool:
            rows = list(pool.map(self._read_at, range(len(contents)), contents))
        return tuple(torch.from_numpy(np.stack(column)) for column in zip(*rows, strict=True))

    def _read_at(self, place: int, content: bytes) -> tuple[Any, ...]:
        try:
            return self.read_one(content)
        except (ValueError, OSError) as error:
            raise UnreadableItems(place, str(error)) from None

    def epochs(self, count: int) -> int:
        """Return the number of epochs planned for `count` items: many for few items, few for many."""
        fewest, most = self.passes
        return int(min(most, max(fewest, self.seen // max(count, 1))))


class Classifier(Network):
    """A network whose outputs are one logit per class, shape (n, n_classes)."""

    chooses = True

    def targets(self, labels: Sequence[Any], confidence: Sequence[float], inputs: Inputs) -> Inputs:
        """Return soft labels, shape (n, n_classes): the label's probability, and the rest spread over the other classes."""
        codes = torch.tensor([self.classes.index(label) for label in labels], dtype=torch.int64)
        k = len(self.classes)
        sure = torch.tensor(np.clip(confidence, 1 / k, 1.0), dtype=torch.float32)
        soft = ((1 - sure) / max(k - 1, 1))[:, None].repeat(1, k)
        soft[torch.arange(len(codes)), codes] = sure
        return (soft,)

    def weights(self, targets: Inputs) -> Tensor:
        """Return weights that are larger for rarer classes: the square root of what would make all classes weigh the same."""
        counts = targets[0].sum(dim=0).clamp(min=1.0)
        each = (counts.sum() / counts).sqrt().clamp(max=10.0 * float((counts.sum() / counts).sqrt().min()))
        found = targets[0] @ each
        return found / found.mean()

    def losses(self, outputs: Tensor, targets: Inputs) -> Tensor:
        """Return the cross entropy against soft labels."""
        return -(targets[0] * nn.functional.log_softmax(outputs, dim=1)).sum(dim=1)

    def mistakes(self, outputs: Tensor, targets: Inputs) -> Tensor:
        """Return 1 if the likeliest class is not the label, else 0, shape (n,)."""
        return (outputs.argmax(dim=1) != targets[0].argmax(dim=1)).float()

    def decode(self, outputs: Tensor, temperature: float) -> Predicted:
        """Return the likeliest class with the probabilities of all classes."""
        probabilities = torch.softmax(outputs.double() / temperature, dim=1).numpy()
        codes = probabilities.argmax(axis=1)
        return Predicted([self.classes[code] for code in codes], probabilities.max(axis=1), probabilities)

    def judge(self, truth: Sequence[Any], said: Predicted) -> dict[str, Any]:
        """Return error, figures per class, confusion matrix and calibration."""
        assert said.probabilities is not None
        codes = np.array([self.classes.index(value) for value in truth], dtype=np.int64)
        return metrics.of_classes(codes, said.probabilities, [str(name) for name in self.classes])
