"""The rows that every format writes, in the order of the version."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from annotator.models import Item
from annotator.models.item import IN_DATABASE
from datasets.models import Version
from datasets.versions import versions

PART, BYTES = 1000, 16 * 1024**2  # rows that are kept at a time, and how large they may be together
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
        hashes = [entry["sha256"] for entry in part if entry["modality"] in IN_DATABASE]
        found = Item.objects.filter(project=version.project_id, sha256__in=hashes, erased_at=None)
        sizes = dict(found.values_list("sha256", "size")) if hashes else {}
        for some in limited([(entry, sizes.get(entry["sha256"], 0)) for entry in part]):
            wanted = [entry["sha256"] for entry in some if entry["sha256"] in sizes]
            texts = dict(found.filter(sha256__in=wanted).values_list("sha256", "text")) if wanted else {}
            yield [_row(entry, texts.get(entry["sha256"])) for entry in some]


def limited(sized: Iterable[tuple[dict[str, Any], int]]) -> Iterator[list[dict[str, Any]]]:
    """Return rows, each given with its size, in lists of up to PART, and of fewer if they are larger than BYTES together."""
    some, total = list[dict[str, Any]](), 0
    for row, size in sized:
        if some and (len(some) == PART or total + size > BYTES):
            yield some
            some, total = [], 0
        some.append(row)
        total += size
    if some:
        yield some


def _row(entry: dict[str, Any], text: str | None) -> dict[str, Any]:
    values = entry | {"id": entry["external_id"], "text": text}
    return {name: values[name] for name in COLUMNS}


def as_text(value: Any) -> str | None:
    """Return a value for a column of texts: a text as it is, nothing as None, and anything else as JSON."""
    return value if value is None or isinstance(value, str) else as_json(value)
