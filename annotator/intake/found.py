"""Contents that a reader finds in a file, not stored yet. Nothing here or in the readers needs the database.

The readers run in their own process (`sandbox`), which must start fast.
"""

import hashlib
from dataclasses import dataclass
from pathlib import PurePosixPath

MOST_BYTES = 50 * 1024 * 1024
# The modalities, with the values of `annotator.models.Modality`.
PICTURE, TEXT, HTML, AUDIO, ROW, PAIR = "picture", "text", "html", "audio", "row", "pair"


class BadContent(ValueError):
    """A file, or a part of one, is not accepted. The message names it and says why."""


@dataclass(frozen=True)
class FoundContent:
    """One future item, not stored yet. `source` is the SHA-256 of the document it comes from."""

    name: str
    content: bytes
    modality: str
    mime_type: str
    width: int = 0
    height: int = 0
    length: int = 0
    excerpt: str = ""
    source: str = ""

    @property
    def sha256(self) -> str:
        """Return the hash that names the content."""
        return hashlib.sha256(self.content).hexdigest()


def clean_name(name: str) -> str:
    """Return the last part of a file's name, without control characters. Names are shown, never opened."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return "".join(character for character in last if character.isprintable())[:255] or "unnamed"


def decoded(name: str, content: bytes) -> str:
    """Return a file's text. Raises BadContent when it is empty, not UTF-8, or contains NUL."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadContent(f"{name}: this is no text in UTF-8 (byte {error.start + 1:,} is none of it).") from None
    if not text.strip():
        raise BadContent(f"{name}: the file is empty.")
    if "\x00" in text:
        raise BadContent(f"{name}: the text holds a NUL character.")
    return text
