"""The contents of items, wherever they are stored: texts in the database, pictures and sounds in the storage."""

from collections.abc import Iterable, Sequence

from annotator import storage
from annotator.models import Item
from annotator.models.item import IN_DATABASE


class Erased(storage.Missing):
    """The item was erased: its content is gone for good. The argument is its SHA-256."""


PART = 5000  # contents that one query reads


def read(project_id: int, hashes: Sequence[str]) -> list[bytes]:
    """Return the contents of a project's items, given by their SHA-256, in the order of `hashes`.

    Raises Erased when an item was erased, storage.Missing when an item is unknown or its file is gone, and ValueError when a
    file is damaged.
    """
    texts: dict[str, bytes | None] = {}
    wanted = list(dict.fromkeys(hashes))
    for start in range(0, len(wanted), PART):
        texts.update(_texts(project_id, wanted[start : start + PART]))
    found: list[bytes] = []
    for sha256 in hashes:
        text = texts.get(sha256)
        found.append(storage.get_content(sha256) if text is None else text)
    return found


def read_item(item: Item) -> bytes:
    """Return the content of an item; raises as `read` does."""
    if item.erased_at:
        raise Erased(item.sha256)
    return item.text.encode() if item.modality in IN_DATABASE else storage.get_content(item.sha256)


def _texts(project_id: int, hashes: Iterable[str]) -> dict[str, bytes | None]:
    """Return the contents that are in the database. None stands for one in the storage."""
    rows = Item.objects.filter(project=project_id, sha256__in=list(hashes))
    found: dict[str, bytes | None] = {}
    for sha256, modality, text, erased in rows.values_list("sha256", "modality", "text", "erased_at"):
        if erased:
            raise Erased(sha256)
        found[sha256] = text.encode() if modality in IN_DATABASE else None
    return found
