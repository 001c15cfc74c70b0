"""Archives: the members of a ZIP file, read one by one and never written to a path of their own.

The sizes that an archive states are not trusted. The bytes that really come out are counted, per file and in total.
"""

import zipfile
import zlib
from collections.abc import Callable
from typing import IO

from annotator.intake.found import MOST_BYTES

MOST_MEMBERS = 100_000
MOST_LISTING = 64 * 1024**2  # bytes of the archive's directory
MOST_UNPACKED = 20 * 1024**3  # bytes of all files together
MOST_TIMES = 200  # most bytes per packed byte; silence, blank pages and repeated words stay below it
ALWAYS = 1024**2  # bytes that any file may unpack to, however small it is in the archive
STEP = 1024**2
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # other methods unpack a block at once, however large it becomes


class BadArchive(ValueError):
    """The file is not an archive we accept. The message says why."""


class Full(BadArchive):
    """No more of the archive is unpacked."""


def open_zip(file: IO[bytes]) -> zipfile.ZipFile:
    """Return the archive. Raises BadArchive when it is not one or holds too many files."""
    try:
        # ZipFile reads the whole directory, so its size is checked first. This is how ZipFile itself finds it.
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
    """Return the files of an archive, without folders and the files that macOS adds."""
    return [
        info
        for info in archive.infolist()
        if not info.is_dir() and "__MACOSX" not in info.filename and not info.filename.endswith(".DS_Store")
    ]


class Unpacking:
    """The unpacking of an archive, with the number of bytes that are left to unpack."""

    def __init__(self, archive: zipfile.ZipFile, check: Callable[[], None] = lambda: None) -> None:
        self.archive, self.check, self.left = archive, check, MOST_UNPACKED

    def read(self, info: zipfile.ZipInfo) -> bytes:
        """Return the content of one file.

        Raises BadArchive when it cannot be read or is larger than a file may be, and Full when all files together are too large.
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
    """Return the content of one file, within the size limit of a file. Raises BadArchive when it cannot be read."""
    return Unpacking(archive).read(info)
