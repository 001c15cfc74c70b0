"""A token tagger: each token begins, continues or is outside a span of a label; spans are read from the tags.

Tokens are hashed words with their shape and their parts. Two convolutions see the neighbours. There is one set of tags per
label, so that spans of different labels may overlap. Source of the tags: L. Ramshaw and M. Marcus, "Text chunking using
transformation-based learning", 1995; of the convolutions: E. Strubell et al., "Fast and accurate entity recognition with
iterated dilated convolutions", EMNLP 2017.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from workers.training.curve import metrics_marks
from workers.training.learning.networks.base import Inputs, Network, Predicted
from workers.training.learning.networks.text import WORD, bucket

MOST_TOKENS = 400  # tokens of a text that are read; the model predicts no mark after them
BUCKETS = 2**14
OUTSIDE, BEGIN, INSIDE = 0, 1, 2
PARTS = 5  # word, beginning, end, shape, first letters


class SpanNetwork(Network):
    """The tagger. Targets: tags, shape (n, tokens, labels), −1 beyond the text; how certain each label is, shape (n,)."""

    batch = 32
    rate = 4e-3
    passes = (8, 50)
    seen = 16_000

    @classmethod
    def fit_shape(cls, contents: Sequence[bytes], config: dict[str, Any]) -> dict[str, Any]:
        """Return the number of tokens that are read from a text."""
        lengths = [len(tokens(content.decode("utf-8", errors="replace"))) for content in contents[:2000]]
        return {"tokens": int(min(MOST_TOKENS, max([4, *lengths])))}

    def read_one(self, content: bytes) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return the buckets of each token's parts, shape (tokens, 5), and each token's start and end, shape (tokens, 2)."""
        parts = np.zeros((self.shape["tokens"], PARTS), dtype=np.int32)
        places = np.full((self.shape["tokens"], 2), -1, dtype=np.int32)
        for number, (word, start, end) in enumerate(tokens(content.decode("utf-8", errors="replace"))[: len(parts)]):
            parts[number] = [bucket(f"{kind}{part}", BUCKETS) for kind, part in enumerate(_parts(word))]
            places[number] = start, end
        return parts, places

    def targets(self, labels: Sequence[Any], confidence: Sequence[float], inputs: Inputs) -> Inputs:
        """Return the tags that encode the labels' spans, and how certain each label is."""
        places = inputs[1].numpy()
        tags = np.where(places[:, :, :1] < 0, -1, np.zeros((*places.shape[:2], len(self.classes)), dtype=np.int64))
        for number, label in enumerate(labels):
            for span in label["spans"]:
                touched = (
                    (places[number, :, 0] < span["end"])
                    & (places[number, :, 1] > span["start"])
                    & (places[number, :, 0] >= 0)
                )
                found = np.flatnonzero(touched)
                if len(found):
                    column = self.classes.index(span["label"])
                    tags[number, found, column] = INSIDE
                    tags[number, found[0], column] = BEGIN
        return torch.from_numpy(tags), torch.tensor(confidence, dtype=torch.float32)

    def weights(self, targets: Inputs) -> Tensor:
        """Return each text's weight by how certain its label is."""
        return targets[1] / targets[1].mean().clamp(min=1e-6)

    def build(self) -> nn.Module:
        """Return the tagger."""
        return Tagger(len(self.classes))

    def layers(self) -> list[str]:
        """Return the names of the layers."""
        return [
            f"tokens by word, beginning, end, shape and first letters, up to {self.shape['tokens']} a text",
            "embedding: 48 numbers",
            "2 convolutions over 5 neighbours: 96 channels",
            f"linear: begin, inside, outside of {len(self.classes)} labels",
        ]

    def losses(self, outputs: Tensor, targets: Inputs) -> Tensor:
        """Return the mean cross entropy of a text's tags. Tags of a mark count double, because most tokens have none."""
        tags = targets[0]
        each = nn.functional.cross_entropy(outputs.movedim(-1, 1), tags.clamp(min=0), reduction="none")
        counts = (tags >= 0).float() * (1 + (tags > 0).float())
        return (each * counts).sum(dim=(1, 2)) / counts.sum(dim=(1, 2)).clamp(min=1.0)

    def mistakes(self, outputs: Tensor, targets: Inputs) -> Tensor:
        """Return 1 − F1 of the tags that mark something, shape (n,)."""
        tags, found = targets[0], outputs.argmax(dim=-1)
        real, said = tags > 0, (found > 0) & (tags >= 0)
        both = (real & said & (found == tags)).sum(dim=(1, 2))
        total = real.sum(dim=(1, 2)) + said.sum(dim=(1, 2))
        return torch.where(total > 0, 1 - 2 * both / total.clamp(min=1), torch.zeros(len(tags)))

    def decode(self, outputs: Tensor, temperature: float) -> Predicted:
        """Return spans of token numbers; `placed` converts them to positions in the text."""
        chances = torch.softmax(outputs.double() / temperature, dim=-1)
        tags, sure = chances.argmax(dim=-1).numpy(), chances.max(dim=-1).values.numpy()
        values = [self._spans(tags[number], sure[number]) for number in range(len(tags))]
        # A text is as certain as its least certain token.
        return Predicted(values, sure.reshape(len(sure), -1).min(axis=1))

    def _spans(self, tags: NDArray[np.int64], sure: NDArray[np.float64]) -> dict[str, Any]:
        spans = []
        for column, label in enumerate(self.classes):
            start = None
            line = [*tags[:, column], OUTSIDE]
            for place, tag in enumerate(line):
                if start is not None and tag != INSIDE:
                    chance = float(sure[start:place, column].mean())
                    spans.append({"first": start, "last": place - 1, "label": label, "score": chance})
                    start = None
                if tag == BEGIN or (tag == INSIDE and start is None):
                    start = place
        return {"spans": spans}

    def placed(self, said: Predicted, inputs: Inputs) -> Predicted:
        """Return predictions with positions in the text instead of token numbers."""
        places = inputs[1].numpy()
        values = []
        for number, value in enumerate(said.values):
            spans = [
                {
                    "start": int(places[number, one["first"], 0]),
                    "end": int(places[number, one["last"], 1]),
                    "label": one["label"],
                    "score": one["score"],
                }
                for one in value["spans"]
                if places[number, one["last"], 1] > 0
            ]
            values.append({"spans": spans})
        return Predicted(values, said.confidence)

    def judge(self, truth: Sequence[Any], said: Predicted) -> dict[str, Any]:
        """Return the figures of spans that are exactly right."""
        return metrics_marks.of_spans(list(truth), said.values, self.classes)

    def features(self, model: nn.Module, inputs: Inputs) -> Tensor:
        """Return the mean over tokens of the convolutions' features."""
        return model.seen(inputs[0]).mean(dim=2)  # type: ignore[operator]


class Tagger(nn.Module):
    """Embeddings of a token's parts, two convolutions, and three logits per label."""

    def __init__(self, n_labels: int) -> None:
        super().__init__()
        self.table = nn.Embedding(BUCKETS, 48, padding_idx=0)
        self.near = nn.Sequential(
            nn.Dropout(0.2),
            nn.Conv1d(48, 96, 5, padding=2),
            nn.ReLU(),
            nn.Conv1d(96, 96, 5, padding=4, dilation=2),
            nn.ReLU(),
        )
        self.last, self.n_labels = nn.Linear(96, 3 * n_labels), n_labels

    def seen(self, parts: Tensor) -> Tensor:
        """Return the convolutions' features, shape (n, 96, tokens)."""
        return self.near(self.table(parts).sum(dim=2).transpose(1, 2))

    def forward(self, parts: Tensor, places: Tensor) -> Tensor:
        """Return logits, shape (n, tokens, labels, 3)."""
        found = self.last(self.seen(parts).transpose(1, 2))
        return found.view(*found.shape[:2], self.n_labels, 3)


def tokens(text: str) -> list[tuple[str, int, int]]:
    """Return a text's words and signs with their start and end, in Unicode code points."""
    return [(match.group(), match.start(), match.end()) for match in WORD.finditer(text[:100_000])]


def _parts(word: str) -> tuple[str, ...]:
    small = word.lower()
    shape = "".join(
        "X" if one.isupper() else "x" if one.isalpha() else "0" if one.isdigit() else one for one in word[:6]
    )
    return small, small[:3], small[-3:], shape, small[:1]
