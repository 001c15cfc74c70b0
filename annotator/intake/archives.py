"""Archives: the members of a ZIP file, read one by one, never written to a path of their own.

What an archive says of itself is not believed: what really comes out is counted, of each file and of all together.
"""

import zipfile
import zlib
from collections.abc import Callable
from typing import IO

from annotator.intake.found import MOST_BYTES

MOST_MEMBERS = 100_000
MOST_LISTING = 64 * 1024**2  # bytes of the list of files
MOST_UNPACKED = 20 * 1024**3  # bytes of all files together
MOST_TIMES = 200  # the size in the archive; silence, blank pages and repeated words do not reach it
ALWAYS = 1024**2  # bytes that a file may unpack to, however small it is in the archive
STEP = 1024**2
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others unpack a part whole, however large it becomes


class BadArchive(ValueError):
    """A file that is no archive we take; the message says why."""


class Full(BadArchive):
    """An archive of which no more is unpacked."""


def open_zip(file: IO[bytes]) -> zipfile.ZipFile:
    """Return the archive. Raises BadArchive where it is none or holds too much."""
    try:
        # The list is read whole by ZipFile, so its size is looked at first. This is how ZipFile itself finds it.
        end = zipfile._EndRecData(file)  # type: ignore[attr-defined]
        if end and end[5] > MOST_LISTING:
            raise BadArchive(f"The archive holds more than {MOST_MEMBERS:,} files.")
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        if isinstance(error, BadArchive):
            raise
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


class Unpacking:
    """The files of an archive as they are unpacked, and how much came out of all so far."""

    def __init__(self, archive: zipfile.ZipFile, check: Callable[[], None] = lambda: None) -> None:
        self.archive, self.check, self.left = archive, check, MOST_UNPACKED

    def read(self, info: zipfile.ZipInfo) -> bytes:
        """Return the content of one file.

        Raises BadArchive where it cannot be read or is larger than a file may be, and Full where all files together are.
        """
        if info.compress_type not in _PACKED:
            raise BadArchive(
                f"{info.filename}: it is packed by a method that is not taken; the usual one is “deflate”."
            )
        most = min(MOST_BYTES, max(ALWAYS, MOST_TIMES * info.compress_size))
        content = bytearray()
        try:
            with self.archive.open(info) as file:
                while piece := file.read(STEP):
                    self.check()
                    content += piece
                    self.left -= len(piece)
                    if self.left < 0:
                        raise Full(
                            f"The archive unpacks to more than {MOST_UNPACKED // 2**30} GB; send the rest by itself."
                        )
                    if len(content) > most:
                        break
        except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError, zlib.error) as error:
            raise BadArchive(f"{info.filename}: cannot be unpacked ({error}).") from None
        if len(content) > MOST_BYTES:
            raise BadArchive(f"{info.filename}: unpacks to more than {MOST_BYTES // 2**20} MB.")
        if len(content) > most:
            raise BadArchive(f"{info.filename}: unpacks to more than {MOST_TIMES} times its size in the archive.")
        return bytes(content)


def read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Return the content of one file, never more than a file may have. Raises BadArchive where it cannot be read."""
    return Unpacking(archive).read(info)
