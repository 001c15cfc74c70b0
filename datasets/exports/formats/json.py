"""JSON: one array of objects, UTF-8."""

import json
from collections.abc import Iterator
from typing import Any

from datasets.exports.source import Source

NAME, TITLE, MEDIA_TYPE, EXTENSION = "json", "JSON", "application/json", "json"
SAYS = "one object for each item"
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode  # made once: there are many rows


def fits(kind: str, config: dict[str, Any], modalities: set[str]) -> str:
    """Return why the format does not fit a question; an empty text if it does."""
    return ""


def write(source: Source) -> Iterator[bytes]:
    """Yield the file object by object."""
    before = "[\n"
    for row in source.rows():
        yield (before + _ENCODE(row)).encode()
        before = ",\n"
    yield b"[]\n" if before == "[\n" else b"\n]\n"
