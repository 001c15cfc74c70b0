"""Contents that a reader finds in a file, not stored yet. Nothing here or in the readers needs the database.

The readers run in their own process (`sandbox`), which must start fast.
"""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from annotator.intake.tables import encodings

MOST_BYTES = 50 * 1024 * 1024
# The modalities, with the values of `annotator.models.Modality`.
PICTURE, TEXT, HTML, AUDIO, ROW, PAIR = "picture", "text", "html", "audio", "row", "pair"
ADDRESS = "address"


class BadContent(ValueError):
    """A file, or a part of one, is not accepted. The message names it and says why."""


@dataclass(frozen=True)
class FoundAnswer:
    """An answer that a row brings along, as it is written: whose it is ("" if the file does not say), what, and when."""

    worker: str
    label: Any
    time: str = ""


@dataclass
class FoundContent:
    """One future item, not stored yet.

    `source` is the SHA-256 of the document it comes from, `path` where it stood in an archive, and `changes` what was changed to
    show it. `original` is the file that a converted picture was made from; it is empty where `content` is the file itself.
    `fields` is what else a row says: it is kept with the item and not shown to those who answer. `split` is the one that the
    data gives; without it, chance decides. A content of the modality ADDRESS is still to be fetched, and one without a modality
    only brings an answer to an item that is here already. `reference` is where the content stays, if it is not copied.
    """

    name: str
    content: bytes
    modality: str
    mime_type: str
    width: int = 0
    height: int = 0
    length: int = 0
    excerpt: str = ""
    source: str = ""
    changes: tuple[str, ...] = ()
    path: str = ""
    original: bytes = b""
    fields: dict[str, Any] = field(default_factory=dict)
    external_id: str = ""
    group: str = ""
    priority: int = 0
    split: str = ""
    tags: tuple[str, ...] = ()
    line: int = 0
    answer: FoundAnswer | None = None
    reference: str = ""

    @cached_property
    def sha256(self) -> str:
        """Return the hash that names the content."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Rejected:
    """A row of a file that cannot become an item: why, how it is written, and its line."""

    reason: str
    raw: str = ""
    line: int = 0


Found = FoundContent | Rejected


def clean_name(name: str) -> str:
    """Return the last part of a file's name, without control characters. Names are shown, never opened."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return "".join(character for character in last if character.isprintable())[:255] or "unnamed"


def decoded(name: str, content: bytes) -> str:
    """Return a file's text, in whatever encoding it is. Raises BadContent when it is empty, no text, or contains NUL."""
    try:
        text, _ = encodings.decode(content)
    except encodings.BadEncoding as problem:
        raise BadContent(f"{name}: {problem}.") from None
    if not text.strip():
        raise BadContent(f"{name}: the file is empty.")
    if "\x00" in text:
        raise BadContent(f"{name}: the text holds a NUL character.")
    return text
