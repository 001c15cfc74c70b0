"""JSON: one array of objects, UTF-8."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

NAME, TITLE, MEDIA_TYPE, EXTENSION = "json", "JSON", "application/json", "json"
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode  # made once: there are many rows


def write(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Yield the file object by object."""
    before = "[\n"
    for row in rows:
        yield (before + _ENCODE(row)).encode()
        before = ",\n"
    yield b"[]\n" if before == "[\n" else b"\n]\n"
