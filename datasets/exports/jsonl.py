"""JSON Lines: one object per line, UTF-8."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

NAME, TITLE, MEDIA_TYPE, EXTENSION = "jsonl", "JSON Lines", "application/jsonl; charset=utf-8", "jsonl"
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode  # made once: there are many rows


def write(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Yield the file line by line."""
    for row in rows:
        yield (_ENCODE(row) + "\n").encode()
