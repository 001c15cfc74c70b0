"""Entries: what a version says of an item, and the one form of it that is hashed.

An entry as it is hashed holds texts and whole numbers only, because programs write fractions in different ways. Probabilities
are whole millionths. Labels, classes and fields may hold anything, so each is the text of its JSON. Texts are hashed as they are
stored: accents are not normalised.
"""

import json
from typing import Any

MILLION = 1_000_000
# Made once: there are many entries.
_text = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


def canonical(content: Any) -> bytes:
    """Return the one form of a JSON document: UTF-8, keys sorted by code points, no spaces."""
    return _text(content).encode()


def encoded(entry: dict[str, Any]) -> bytes:
    """Return an entry in the form that is hashed."""
    exact = entry | {
        "label": _text(entry["label"]),
        "fields": _text(entry.get("fields") or {}),
        "probability": millionths(entry["probability"]),
        "crowd": [[_text(value), millionths(probability)] for value, probability in entry.get("crowd") or []],
    }
    return canonical(exact)


def decoded(content: str | bytes) -> dict[str, Any]:
    """Return the entry that was encoded."""
    entry: dict[str, Any] = json.loads(content)
    entry["label"] = json.loads(entry["label"])
    entry["fields"] = json.loads(entry["fields"])
    entry["probability"] /= MILLION
    entry["crowd"] = [[json.loads(value), number / MILLION] for value, number in entry["crowd"]]
    return entry


def millionths(probability: float) -> int:
    """Return a probability in whole millionths."""
    return round(probability * MILLION)
