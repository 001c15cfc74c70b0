"""Content: what was checked, of whatever medium, and how it becomes items."""

import hashlib
from dataclasses import dataclass
from pathlib import PurePosixPath

from annotator import storage
from annotator.models import Item, Medium, Project, Side

MOST_BYTES = 50 * 1024 * 1024
EXCERPT = 200


class BadContent(ValueError):
    """A file, or a part of one, that is not taken; the message names it and says why."""


@dataclass(frozen=True)
class Content:
    """One item to be, not stored yet. `source` is the SHA-256 of the document it was cut out of."""

    name: str
    content: bytes
    medium: str
    media_type: str
    width: int = 0
    height: int = 0
    length: int = 0
    excerpt: str = ""
    source: str = ""

    @property
    def sha256(self) -> str:
        """Return the hash that names the content."""
        return hashlib.sha256(self.content).hexdigest()


def store(project: Project, contents: list[Content]) -> list[Item]:
    """Store contents as items and return the new ones; one the project has already is passed over.

    Blobs are written before rows: a crash between the two leaves a blob nobody names, never an item without its content.
    """
    by_hash = {content.sha256: content for content in contents}
    known = set(project.items.filter(sha256__in=list(by_hash)).values_list("sha256", flat=True))
    for content in by_hash.values():
        storage.put_content(content.content)
    items = [
        Item(
            project=project,
            name=content.name,
            sha256=sha256,
            medium=content.medium,
            media_type=content.media_type,
            size=len(content.content),
            width=content.width,
            height=content.height,
            length=content.length,
            excerpt=content.excerpt[:EXCERPT],
            source=content.source,
            side=side(project, content.source or sha256),
        )
        for sha256, content in by_hash.items()
        if sha256 not in known
    ]
    Item.objects.bulk_create(items, ignore_conflicts=True)
    return list(project.items.filter(sha256__in=[item.sha256 for item in items]).order_by("pk"))


def side(project: Project, sha256: str) -> str:
    """Return the side of an item: a hash of the project's salt and the content, below the test share or not.

    The same content falls on the same side whenever it comes in, under any name, so no copy leaks into the test set.
    """
    drawn = int.from_bytes(hashlib.sha256(f"{project.salt}:{sha256}".encode()).digest()[:8], "big") / 2**64
    return Side.TEST if drawn < float(project.test_share) else Side.TRAIN


def clean_name(name: str) -> str:
    """Return the last part of a file's name, without control characters: a name is shown, never opened."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return "".join(character for character in last if character.isprintable())[:255] or "unnamed"


def decoded(name: str, content: bytes) -> str:
    """Return a file's text. Raises BadContent where it is empty, no UTF-8, or holds NUL."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadContent(f"{name}: this is no text in UTF-8 (byte {error.start + 1:,} is none of it).") from None
    if not text.strip():
        raise BadContent(f"{name}: the file is empty.")
    if "\x00" in text:
        raise BadContent(f"{name}: the text holds a NUL character.")
    return text


__all__ = ["MOST_BYTES", "BadContent", "Content", "Medium", "clean_name", "decoded", "side", "store"]
