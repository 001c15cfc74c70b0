"""JSON Lines: one object per line, UTF-8."""

import json
from collections.abc import Iterator
from typing import Any

from datasets.exports.source import Source

NAME, TITLE, MEDIA_TYPE, EXTENSION = "jsonl", "JSON Lines", "application/jsonl; charset=utf-8", "jsonl"
SAYS = "one object for each item, a line each"
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode  # made once: there are many rows


def fits(kind: str, config: dict[str, Any], modalities: set[str]) -> str:
    """Return why the format does not fit a question; an empty text if it does."""
    return ""


def write(source: Source) -> Iterator[bytes]:
    """Yield the file line by line."""
    for row in source.rows():
        yield (_ENCODE(row) + "\n").encode()
