"""JSON Lines: one object per line, UTF-8."""

from collections.abc import Iterator

from datasets.exports import fitting
from datasets.exports.rows import as_json
from datasets.exports.source import Source

NAME, TITLE, MEDIA_TYPE, EXTENSION = "jsonl", "JSON Lines", "application/jsonl; charset=utf-8", "jsonl"
SAYS = "one object for each item, a line each"
fits = fitting.every_question


def write(source: Source) -> Iterator[bytes]:
    """Yield the file line by line."""
    for row in source.rows():
        yield (as_json(row) + "\n").encode()
