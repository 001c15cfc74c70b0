"""Unpacking: what every archive has in common. Files are read one by one and never written to a path of their own.

The sizes that an archive states are not trusted. The bytes that really come out are counted, per file and in total.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Protocol

from annotator.intake.found import MOST_BYTES, clean_name

MOST_MEMBERS = 100_000
MOST_UNPACKED = 20 * 1024**3  # bytes of all files together
MOST_TIMES = 200  # most bytes per packed byte; silence, blank pages and repeated words stay below it
ALWAYS = 1024**2  # bytes that any file may unpack to, however small it is in the archive
STEP = 1024**2
MOST_PATH = 1000
# What systems put into folders and archives by themselves.
JUNK = frozenset({".ds_store", "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", ".localized"})
JUNK_FOLDERS = frozenset(
    {"__macosx", ".git", ".svn", ".ipynb_checkpoints", "$recycle.bin", ".trash", ".spotlight-v100"}
)


class BadArchive(ValueError):
    """The file is not an archive we accept. The message says why."""


class Full(BadArchive):
    """No more of the archive is unpacked."""


@dataclass(frozen=True)
class ArchiveMember:
    """A file of an archive: where it stands in it, and how its content is read. `read` raises BadArchive and Full.

    `address` is where an object of a bucket is read from.
    """

    path: str
    read: Callable[[], bytes]
    address: str = ""


class Archive(Protocol):
    """An archive that is open. `total` is the number of its files, None where only reading all of it would tell."""

    total: int | None

    def __iter__(self) -> Iterator[ArchiveMember]: ...


class Budget:
    """How many bytes may still be unpacked, of one file and of the whole archive."""

    def __init__(self, check: Callable[[], None]) -> None:
        self.check, self.left = check, MOST_UNPACKED

    def unpack(self, path: str, file: IO[bytes], most: int) -> bytes:
        """Return the content of a file of at most `most` bytes. Raises BadArchive when it is larger, Full when all are."""
        content = bytearray()
        while piece := file.read(STEP):
            self.check()
            content += piece
            self.left -= len(piece)
            if self.left < 0:
                raise Full(f"The archive unpacks to more than {MOST_UNPACKED // 2**30} GB; send the rest by itself.")
            if len(content) > MOST_BYTES:
                raise BadArchive(f"{path}: unpacks to more than {MOST_BYTES // 2**20} MB.")
            if len(content) > most:
                raise BadArchive(f"{path}: unpacks to more than {MOST_TIMES} times its size in the archive.")
        return bytes(content)


def is_junk(path: str) -> bool:
    """Check whether a file is one that a system adds by itself."""
    *folders, name = path.replace("\\", "/").split("/")
    return (
        name.lower() in JUNK
        or name.startswith("._")
        or not name
        or any(folder.lower() in JUNK_FOLDERS for folder in folders)
    )


def clean_path(path: str) -> str:
    """Return a path in an archive as it is stored and shown, never opened: without `..`, drive and control characters.

    Other characters stay as they are, so that two spellings of an accented letter stay two paths.
    """
    parts = [part for part in PurePosixPath(path.replace("\\", "/")).parts if part not in ("/", "..", ".")]
    if parts and len(parts[0]) == 2 and parts[0].endswith(":"):
        del parts[0]
    cleaned = [clean_name(part) for part in parts]
    return "/".join(cleaned)[-MOST_PATH:] or "unnamed"
