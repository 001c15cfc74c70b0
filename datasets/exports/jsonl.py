"""JSON Lines: one object per line, UTF-8."""

import json
from collections.abc import Iterator
from typing import Any

from datasets.exports.rows import row

NAME, TITLE, MEDIA_TYPE, EXTENSION = "jsonl", "JSON Lines", "application/jsonl; charset=utf-8", "jsonl"


def write(manifest: dict[str, Any]) -> Iterator[bytes]:
    """Yield the file line by line."""
    for entry in manifest["items"]:
        yield (json.dumps(row(entry), ensure_ascii=False) + "\n").encode()
