"""Names of files in exports: they unpack on every system, and no two of them clash.

A name is that of the item, as far as every disk takes it, and the start of the content's SHA-256. So `a/0.jpg` and `b/0.jpg`, and
`Img.jpg` and `img.jpg`, get different names, and the files of a pair have the same one. Accents stay as they are written.
"""

import mimetypes
import re
from typing import Any

MOST_BYTES = 100  # of the part that comes from the item's name
HASH = 12  # digits of the SHA-256
# What browsers and Python's table do not agree about.
ENDINGS = {"image/jpeg": "jpg", "image/webp": "webp", "audio/mpeg": "mp3", "audio/wav": "wav", "audio/mp4": "m4a"}
# What some systems take for devices.
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))}
_IN_TEXT = {"text": "txt", "html": "html", "row": "json", "pair": "json"}
_OTHER = re.compile(r"[^\w-]+")


def stem(row: dict[str, Any]) -> str:
    """Return the name of a row's files, without the ending and without a dot."""
    base = plain(str(row["name"]).rpartition(".")[0] or str(row["name"]))
    return f"{base}-{row['sha256'][:HASH]}" if base else str(row["sha256"][:HASH])


def plain(text: str) -> str:
    """Return a text as a name: only letters, digits, - and _, and not too long. It may be empty."""
    name = _OTHER.sub("_", text).strip("_")
    return name.encode()[:MOST_BYTES].decode(errors="ignore").strip("_")


def ending(row: dict[str, Any]) -> str:
    """Return the ending of a row's content, without a dot."""
    if row["modality"] in _IN_TEXT:
        return _IN_TEXT[row["modality"]]
    mime_type = str(row["mime_type"])
    return ENDINGS.get(mime_type) or (mimetypes.guess_extension(mime_type) or ".bin").removeprefix(".")


def file_name(row: dict[str, Any]) -> str:
    """Return the name of the file with a row's content."""
    return f"{stem(row)}.{ending(row)}"
