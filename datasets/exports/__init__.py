"""Export formats: one module each, and one line here."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any, Protocol

from datasets.exports.formats import (
    coco,
    conll,
    croissant,
    csv,
    huggingface,
    imagefolder,
    json,
    jsonl,
    label_studio,
    parquet,
    spacy,
    voc,
    webdataset,
    xlsx,
    yolo,
    yolo_segment,
)
from datasets.exports.source import Source


class Format(Protocol):
    """What a format's module offers. `SAYS` is what it holds, in a few words."""

    NAME: str
    TITLE: str
    MEDIA_TYPE: str
    EXTENSION: str
    SAYS: str

    def fits(self, kind: str, config: dict[str, Any], modalities: set[str]) -> str:
        """Return why the format does not fit a question; an empty text if it does."""

    def write(self, source: Source) -> Iterator[bytes]:
        """Yield the file, piece by piece."""


_MODULES: tuple[ModuleType, ...] = (
    *(csv, xlsx, json, jsonl, parquet, huggingface, imagefolder, coco, yolo, yolo_segment, voc),
    *(conll, spacy, webdataset, label_studio, croissant),
)
FORMATS: dict[str, Any] = {module.NAME: module for module in _MODULES}


def why_not(source: Source, name: str) -> str:
    """Return why a format does not fit a version; an empty text if it does."""
    return str(FORMATS[name].fits(source.kind, source.config, source.modalities))
