"""Export formats: one module each, and one line here."""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from datasets.exports import csv, json, jsonl, parquet


class Format(Protocol):
    """What a format's module offers."""

    NAME: str
    TITLE: str
    MEDIA_TYPE: str
    EXTENSION: str

    def write(self, rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
        """Yield the file, piece by piece."""


FORMATS: dict[str, Any] = {module.NAME: module for module in (csv, json, jsonl, parquet)}
