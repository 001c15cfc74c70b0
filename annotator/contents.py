"""The contents of items, wherever they are stored: texts in the database, pictures and sounds in the storage or a bucket."""

import hashlib
from collections.abc import Iterable, Sequence

from annotator import storage
from annotator.models import Item
from annotator.models.item import IN_DATABASE
from annotator.server import buckets


class Erased(storage.Missing):
    """The item was erased: its content is gone for good. The argument is its SHA-256."""


class Changed(ValueError):
    """An object of a bucket is not the one that was imported any more."""


class NotNow(Exception):
    """The bucket of a content does not answer in time."""


PART = 5000  # contents that one query reads


def read(project_id: int, hashes: Sequence[str]) -> list[bytes]:
    """Return the contents of a project's items, given by their SHA-256, in the order of `hashes`.

    Raises Erased when an item was erased, storage.Missing when an item is unknown or its file is gone, and ValueError when a
    file is damaged.
    """
    texts: dict[str, bytes] = {}
    references: dict[str, tuple[str, int]] = {}
    wanted = list(dict.fromkeys(hashes))
    for start in range(0, len(wanted), PART):
        _look_up(project_id, wanted[start : start + PART], texts, references)
    return [texts[sha256] if sha256 in texts else _of_file(sha256, references.get(sha256)) for sha256 in hashes]


def read_item(item: Item, quickly: bool = False) -> bytes:
    """Return the content of an item; raises as `read` does. With `quickly`, raises NotNow rather than wait for a bucket."""
    if item.erased_at:
        raise Erased(item.sha256)
    if item.modality in IN_DATABASE:
        return item.text.encode()
    return _of_file(item.sha256, (item.reference, item.size) if item.reference else None, quickly)


def _of_file(sha256: str, reference: tuple[str, int] | None, quickly: bool = False) -> bytes:
    """Return a content that is not in the database. Raises storage.Missing, Changed, and NotNow if it must be quick."""
    if reference is None:
        return storage.get_content(sha256)
    address, size = reference
    try:
        content = (buckets.read_quickly if quickly else buckets.read)(address, size)
    except buckets.NoAnswer as problem:
        raise NotNow(str(problem)) from None
    except buckets.BadBucket as problem:
        raise storage.Missing(f"{sha256} ({address}): {problem}") from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Changed(f"{sha256} ({address}) has changed since it was imported")
    return content


def _look_up(
    project_id: int, hashes: Iterable[str], texts: dict[str, bytes], references: dict[str, tuple[str, int]]
) -> None:
    """Add the contents that are in the database, and where those are that stay in a bucket."""
    rows = Item.objects.filter(project=project_id, sha256__in=list(hashes))
    for sha256, modality, text, erased, reference, size in rows.values_list(
        "sha256", "modality", "text", "erased_at", "reference", "size"
    ):
        if erased:
            raise Erased(sha256)
        if modality in IN_DATABASE:
            texts[sha256] = text.encode()
        elif reference:
            references[sha256] = reference, size
