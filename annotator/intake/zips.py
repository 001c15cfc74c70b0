"""ZIP archives."""

import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import IO

from annotator.intake.found import MOST_BYTES
from annotator.intake.unpacking import (
    ALWAYS,
    MOST_MEMBERS,
    MOST_TIMES,
    ArchiveMember,
    BadArchive,
    Budget,
    clean_path,
    is_junk,
)

MOST_LISTING = 64 * 1024**2  # bytes of the archive's directory
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # other methods unpack a block at once, however large it becomes
_UTF8 = 0x800  # the flag of a name that is written in UTF-8


class ZipArchive:
    """A ZIP archive, without folders and the files that systems add. Raises BadArchive as `open_archive` does."""

    def __init__(self, file: IO[bytes], check: Callable[[], None]) -> None:
        self._zip, self._budget = _open(file), Budget(check)
        self._infos = [one for one in self._zip.infolist() if not one.is_dir() and not is_junk(one.filename)]
        self.total: int | None = len(self._infos)

    def __iter__(self) -> Iterator[ArchiveMember]:
        for info in self._infos:
            yield ArchiveMember(clean_path(_name(info)), partial(self._read, info))

    def _read(self, info: zipfile.ZipInfo) -> bytes:
        path = clean_path(_name(info))
        if info.compress_type not in _PACKED:
            raise BadArchive(f"{path}: it is packed by a method that is not taken; the usual one is “deflate”.")
        most = min(MOST_BYTES, max(ALWAYS, MOST_TIMES * info.compress_size))
        try:
            with self._zip.open(info) as file:
                return self._budget.unpack(path, file, most)
        except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError, zlib.error) as error:
            raise BadArchive(f"{path}: cannot be unpacked ({error}).") from None


def _open(file: IO[bytes]) -> zipfile.ZipFile:
    try:
        # ZipFile reads the whole directory, so its size is checked first. This is how ZipFile itself finds it.
        end = zipfile._EndRecData(file)  # type: ignore[attr-defined]
        if end and end[5] > MOST_LISTING:
            raise BadArchive(f"The archive holds more than {MOST_MEMBERS:,} files.")
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        if isinstance(error, BadArchive):
            raise
        raise BadArchive("This is no ZIP or TAR archive, or it is broken.") from None
    if len(archive.infolist()) > MOST_MEMBERS:
        raise BadArchive(f"The archive holds more than {MOST_MEMBERS:,} files.")
    return archive


def _name(info: zipfile.ZipInfo) -> str:
    """Return a file's name. Many programs write UTF-8 without saying so; Python reads it as an old code page then."""
    if info.flag_bits & _UTF8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode()
    except UnicodeError:
        return info.filename
