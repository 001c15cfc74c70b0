"""A perceptron over the fields of a row: numbers are scaled, fields with few values embedded, words hashed.

Source of the embeddings: C. Guo and F. Berkhahn, "Entity embeddings of categorical variables", 2016.
"""

import json
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from workers.training.learning.networks.base import Classifier, Inputs, UnreadableItems
from workers.training.learning.networks.text import bucket, pieces

MOST_VALUES = 200  # values of a field that are embedded one by one
WORDS = 40  # hashed words of a free-text field
BUCKETS = 2**13
HIDDEN = 96
FEW = 0.05  # share of the values that may be no number in a field of numbers


class RowNetwork(Classifier):
    """The classifier of rows."""

    batch = 64
    rate = 4e-3
    decay = 3e-2
    passes = (12, 80)
    seen = 60_000

    @classmethod
    def fit_shape(cls, contents: Sequence[bytes], config: dict[str, Any]) -> dict[str, Any]:
        """Return the fields: numbers with their mean and spread, fields with few values by name, and free text."""
        rows = []
        for place, content in enumerate(contents[:20_000]):
            try:
                rows.append(fields(content))
            except ValueError as error:
                raise UnreadableItems(place, str(error)) from None
        names = sorted({name for row in rows for name in row})
        return {"fields": [_field(name, [row.get(name) for row in rows]) for name in names]}

    def read_one(self, content: bytes) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
        """Return numbers (and whether each is known), codes of fields with few values, and buckets of words."""
        row = fields(content)
        numbers: list[float] = []
        codes, words = [], np.zeros(max(1, WORDS * len(self._of("text"))), dtype=np.int64)
        for field in self._of("number"):
            value = as_number(row.get(field["name"]))
            known = value is not None
            scaled = (value - field["mean"]) / field["spread"] if known else 0.0
            numbers += [float(np.clip(scaled, -8, 8)), float(known)]
        for field in self._of("few"):
            codes.append(
                field["values"].index(shown) + 1 if (shown := str(row.get(field["name"]))) in field["values"] else 0
            )
        for place, field in enumerate(self._of("text")):
            found = pieces(str(row.get(field["name"]) or ""))[:WORDS]
            words[place * WORDS : place * WORDS + len(found)] = [bucket(f"{place} {one}", BUCKETS) for one in found]
        return np.array(numbers, dtype=np.float32), np.array(codes, dtype=np.int64), words

    def _of(self, kind: str) -> list[dict[str, Any]]:
        return [field for field in self.shape["fields"] if field["kind"] == kind]

    def build(self) -> nn.Module:
        """Return the network."""
        sizes = [len(field["values"]) + 1 for field in self._of("few")]
        return Perceptron(2 * len(self._of("number")), sizes, bool(self._of("text")), len(self.classes))

    def layers(self) -> list[str]:
        """Return the names of the layers."""
        counts = [
            (len(self._of("number")), "of numbers"),
            (len(self._of("few")), "of a few values"),
            (len(self._of("text")), "of words"),
        ]
        said = ", ".join(f"{count} {what}" for count, what in counts if count) or "none"
        return [
            f"fields: {said}",
            f"hidden layer: {HIDDEN}",
            f"hidden layer: {HIDDEN}",
            f"linear: {len(self.classes)} classes",
        ]

    def features(self, model: nn.Module, inputs: Inputs) -> Tensor:
        """Return the input of the last layer."""
        return model.hidden(*inputs)  # type: ignore[operator]


class Perceptron(nn.Module):
    """Two hidden layers over numbers, embeddings and the mean of hashed words."""

    def __init__(self, numbers: int, sizes: list[int], words: bool, n_classes: int) -> None:
        super().__init__()
        widths = [min(24, 2 + int(size**0.5) * 2) for size in sizes]
        self.tables = nn.ModuleList(nn.Embedding(size, width) for size, width in zip(sizes, widths, strict=True))
        self.words = nn.EmbeddingBag(BUCKETS, 32, mode="mean", padding_idx=0) if words else None
        total = max(1, numbers + sum(widths) + (32 if words else 0))
        self.body = nn.Sequential(
            nn.Linear(total, HIDDEN), nn.SiLU(), nn.Dropout(0.1), nn.Linear(HIDDEN, HIDDEN), nn.SiLU(), nn.Dropout(0.1)
        )
        self.last, self.total = nn.Linear(HIDDEN, n_classes), total

    def hidden(self, numbers: Tensor, codes: Tensor, words: Tensor) -> Tensor:
        """Return the body's output for the fields, shape (n, HIDDEN)."""
        parts = [numbers, *(table(codes[:, place]) for place, table in enumerate(self.tables))]
        if self.words is not None:
            parts.append(self.words(words))
        joined = torch.cat(parts, dim=1)
        return self.body(joined if joined.shape[1] else joined.new_zeros(len(joined), 1))

    def forward(self, numbers: Tensor, codes: Tensor, words: Tensor) -> Tensor:
        """Return logits, shape (n, n_classes)."""
        return self.last(self.hidden(numbers, codes, words))


def fields(content: bytes) -> dict[str, Any]:
    """Return the fields of a row. Raises ValueError if it is not a JSON object."""
    found = json.loads(content)
    if not isinstance(found, dict):
        raise ValueError("this is no row of fields")
    return found


def as_number(value: Any) -> float | None:
    """Return a field's value as a number; None if it is not a number, missing, NaN or infinite."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(value.replace(",", ".") if isinstance(value, str) and value.count(",") == 1 else value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _field(name: str, values: list[Any]) -> dict[str, Any]:
    given = [
        value for value in values if value is not None and str(value).strip() and str(value).strip().lower() != "nan"
    ]
    numbers = [number for value in given if (number := as_number(value)) is not None]
    counts = Counter(str(value) for value in given)
    few = len(counts) <= min(MOST_VALUES, max(2, len(given) // 4))
    if given and len(numbers) >= (1 - FEW) * len(given) and not (few and len(counts) <= 2):
        middle, spread = float(np.mean(numbers)), float(np.std(numbers))
        return {"name": name, "kind": "number", "mean": middle, "spread": spread or 1.0}
    if few:
        return {"name": name, "kind": "few", "values": sorted(counts)}
    return {"name": name, "kind": "text"}
