"""A frozen sentence encoder with a linear head: an optional extra, for few labels on texts.

`encoder` loads a BERT-like model from the folder MARGINALIA_SENTENCE_ENCODER or from an installed package that contains its
weights; nothing is downloaded. Its outputs are computed once per text; only the head is trained. Source: N. Reimers and I.
Gurevych, "Sentence-BERT", EMNLP 2019.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from workers.training.learning.networks import encoder
from workers.training.learning.networks.base import Classifier, Inputs
from workers.training.learning.networks.text import as_text


class SentenceNetwork(Classifier):
    """The classifier of texts over encoded sentences."""

    batch = 32
    rate = 1e-2
    decay = 1e-2
    passes = (15, 100)
    seen = 80_000

    @classmethod
    def fit_shape(cls, contents: Sequence[bytes], config: dict[str, Any]) -> dict[str, Any]:
        """Return the length of the encoder's vectors."""
        return {"dimensions": int(encoder.encode(["a"]).shape[1])}

    def read(self, contents: Sequence[bytes]) -> Inputs:
        """Return the encoder's vectors, shape (n, dimensions)."""
        return (torch.from_numpy(encoder.encode([as_text(content) for content in contents])),)

    def read_one(self, content: bytes) -> tuple[Any, ...]:
        """Return the encoder's vector of one text."""
        return (encoder.encode([as_text(content)])[0],)

    def build(self) -> nn.Module:
        """Return the head."""
        return nn.Sequential(nn.Dropout(0.1), nn.Linear(self.shape["dimensions"], len(self.classes)))

    def layers(self) -> list[str]:
        """Return the names of the layers."""
        return [
            f"frozen sentence encoder: {self.shape['dimensions']} numbers a text",
            f"linear: {len(self.classes)} classes",
        ]

    def features(self, model: nn.Module, inputs: Inputs) -> Tensor:
        """Return the encoder's vectors themselves."""
        return inputs[0]
