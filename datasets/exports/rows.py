"""The rows that every format writes, in the order of the version."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from annotator.models import Item
from annotator.models.item import IN_DATABASE
from datasets.models import Version
from datasets.versions import versions

COLUMNS = (
    *("id", "name", "path", "group", "split", "modality", "mime_type", "width", "height", "text"),
    *("label", "probability", "answers", "decided", "simulated", "imported", "fields", "sha256", "leaf"),
)


# JSON as exports write it, with letters as they are. Made once: there are many rows.
as_json: Callable[[Any], str] = json.JSONEncoder(ensure_ascii=False).encode


def parts(version: Version) -> Iterator[list[dict[str, Any]]]:
    """Return a row for each item of a version, with a key for each of COLUMNS, in parts of up to 1,000.

    `id` is the external id. `text` is the content of a text, a formatted text, or the JSON of a record or pair; None for
    pictures and sounds. `label` and `fields` are as in JSON. Memory does not grow with the version. Raises Damaged.
    """
    return _parts(version, versions.stream(version))


def _parts(version: Version, streamed: Iterator[list[dict[str, Any]]]) -> Iterator[list[dict[str, Any]]]:
    for part in streamed:
        texts = _texts(version, part)
        yield [_row(entry, texts.get(entry["sha256"])) for entry in part]


def _texts(version: Version, part: list[dict[str, Any]]) -> dict[str, str]:
    hashes = [entry["sha256"] for entry in part if entry["modality"] in IN_DATABASE]
    found = Item.objects.filter(project=version.project_id, sha256__in=hashes, erased_at=None)
    return dict(found.values_list("sha256", "text")) if hashes else {}


def _row(entry: dict[str, Any], text: str | None) -> dict[str, Any]:
    values = entry | {"id": entry["external_id"], "text": text}
    return {name: values[name] for name in COLUMNS}


def as_text(value: Any) -> str | None:
    """Return a value for a column of texts: a text as it is, nothing as None, and anything else as JSON."""
    return value if value is None or isinstance(value, str) else as_json(value)
