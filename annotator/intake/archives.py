"""Archives: the members of a ZIP file, read one by one, never written to a path of their own."""

import zipfile
from collections.abc import Iterator
from typing import IO

from annotator.intake.content import MOST_BYTES

MOST_MEMBERS = 100_000


class BadArchive(ValueError):
    """A file that is no archive we take; the message says why."""


def open_zip(file: IO[bytes]) -> zipfile.ZipFile:
    """Return the archive. Raises BadArchive where it is none or holds too much."""
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError):
        raise BadArchive("This is no ZIP archive, or it is broken.") from None
    if len(archive.infolist()) > MOST_MEMBERS:
        raise BadArchive(f"The archive holds more than {MOST_MEMBERS:,} files.")
    return archive


def members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return the files of an archive, without folders and what a Mac adds."""
    return [
        info
        for info in archive.infolist()
        if not info.is_dir() and "__MACOSX" not in info.filename and not info.filename.endswith(".DS_Store")
    ]


def read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Return the content of one file, never more than a file may have. Raises BadArchive where it cannot be read."""
    try:
        with archive.open(info) as file:
            # Not the size the archive states: what really comes out.
            content = file.read(MOST_BYTES + 1)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, ValueError, EOFError) as error:
        raise BadArchive(f"{info.filename}: cannot be unpacked ({error}).") from None
    if len(content) > MOST_BYTES:
        raise BadArchive(f"{info.filename}: unpacks to more than {MOST_BYTES // 2**20} MB.")
    return content


def batches(infos: list[zipfile.ZipInfo], size: int) -> Iterator[list[zipfile.ZipInfo]]:
    """Yield the files in batches."""
    for start in range(0, len(infos), size):
        yield infos[start : start + size]
