"""Words, pairs of words and parts of words, hashed into a table of embeddings, averaged, and one linear layer over the mean.

Source: A. Joulin et al., "Bag of tricks for efficient text classification", EACL 2017.
"""

import itertools
import re
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from workers.training.learning.networks.base import Classifier, Inputs

BUCKETS = 2**15
DIMENSIONS = 32
MOST = 400  # words, pairs and parts of words that are read from a text
WORD = re.compile(r"\w+|[^\w\s]", re.UNICODE)
TAG = re.compile(r"<[^>]*>")


class TextNetwork(Classifier):
    """The classifier of texts over hashed words."""

    batch = 128
    rate = 1e-2
    decay = 3e-2
    passes = (6, 40)
    seen = 60_000

    @classmethod
    def fit_shape(cls, contents: Sequence[bytes], config: dict[str, Any]) -> dict[str, Any]:
        """Return how many pieces of a text are read: enough for nearly all texts."""
        step = max(1, len(contents) // 500)
        lengths = [len(pieces(as_text(content))) for content in contents[::step]]
        return {"length": int(min(MOST, max(8, np.quantile(lengths, 0.98))))}

    def read_one(self, content: bytes) -> tuple[NDArray[np.int32]]:
        """Return the buckets of a text's pieces, shape (length,), filled up with 0."""
        found = np.zeros(self.shape["length"], dtype=np.int32)
        buckets = [bucket(piece, BUCKETS) for piece in pieces(as_text(content))[: self.shape["length"]]]
        found[: len(buckets)] = buckets
        return (found,)

    def build(self) -> nn.Module:
        """Return the network."""
        return Bag(len(self.classes))

    def layers(self) -> list[str]:
        """Return the names of the layers."""
        return [
            f"words, pairs and parts of words, up to {self.shape['length']} a text",
            f"embedding: {BUCKETS:,} buckets, {DIMENSIONS} numbers each, their mean",
            f"linear: {len(self.classes)} classes",
        ]

    def features(self, model: nn.Module, inputs: Inputs) -> Tensor:
        """Return the mean embedding."""
        return model.mean(*inputs)  # type: ignore[operator]


class Bag(nn.Module):
    """The mean of embeddings, and a linear layer."""

    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.table = nn.EmbeddingBag(BUCKETS, DIMENSIONS, mode="mean", padding_idx=0)
        nn.init.normal_(self.table.weight, std=0.1)
        self.drop, self.last = nn.Dropout(0.3), nn.Linear(DIMENSIONS, n_classes)

    def mean(self, buckets: Tensor) -> Tensor:
        """Return the mean embedding of each row of buckets."""
        return self.table(buckets)

    def forward(self, buckets: Tensor) -> Tensor:
        """Return logits, shape (n, n_classes)."""
        return self.last(self.drop(self.mean(buckets)))


def as_text(content: bytes) -> str:
    """Return a text's characters; if it is formatted, without its tags."""
    text = content.decode("utf-8", errors="replace")
    return TAG.sub(" ", text) if text.lstrip().startswith("<") else text


def pieces(text: str) -> list[str]:
    """Return a text's words, then its pairs of neighbours, then the beginnings and ends of longer words."""
    words = [word.lower() for word in WORD.findall(text[:20_000])][: MOST // 2]
    pairs = [f"{one} {other}" for one, other in itertools.pairwise(words)]
    parts = [part for word in words if len(word) > 5 for part in (f"^{word[:4]}", f"{word[-4:]}$")]
    return words + pairs + parts


def bucket(piece: str, count: int) -> int:
    """Return the bucket of a piece, from 1; it is the same on every machine."""
    return 1 + zlib.crc32(piece.encode()) % (count - 1)
