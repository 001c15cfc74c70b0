"""JSON: one array of objects, UTF-8."""

from collections.abc import Iterator

from datasets.exports import fitting
from datasets.exports.rows import as_json
from datasets.exports.source import Source

NAME, TITLE, MEDIA_TYPE, EXTENSION = "json", "JSON", "application/json", "json"
SAYS = "one object for each item"
fits = fitting.every_question


def write(source: Source) -> Iterator[bytes]:
    """Yield the file object by object."""
    before = "[\n"
    for row in source.rows():
        yield (before + as_json(row)).encode()
        before = ",\n"
    yield b"[]\n" if before == "[\n" else b"\n]\n"
