"""ZIP archives."""

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import IO, Any

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
_ENTRY, _ZIP64_END = 46, 56 + 20  # bytes of an entry of the directory without its texts, and of the records of ZIP64
_ENCRYPTED = 0x1  # the flag of a file that is locked by a password
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
        if info.flag_bits & _ENCRYPTED:
            raise BadArchive(f"{path}: it is locked by a password. Pack the files without one.")
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
        if end and (end[5] > MOST_LISTING or _holds_too_many(file, end)):
            raise BadArchive(f"The archive holds more than {MOST_MEMBERS:,} files.")
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        if isinstance(error, BadArchive):
            raise
        raise BadArchive("This is no ZIP or TAR archive, or it is broken.") from None
    return archive


def _holds_too_many(file: IO[bytes], end: list[Any]) -> bool:
    """Count the entries of a directory without keeping them: ZipFile makes an object of a kilobyte for each.

    The number that the archive states is not trusted. `end` is what ZipFile's own look at the archive's end returned: the
    signature, …, the size of the directory at 5, and the place of the end record at 9.
    """
    size = end[5]
    begin = end[9] - size - (_ZIP64_END if end[0] == zipfile.stringEndArchive64 else 0)  # type: ignore[attr-defined]
    if begin < 0:
        return False  # ZipFile says what is wrong
    file.seek(begin)
    listing, at, count = memoryview(file.read(size)), 0, 0
    while at + _ENTRY <= len(listing) and count <= MOST_MEMBERS:
        at += _ENTRY + sum(struct.unpack_from("<3H", listing, at + 28))  # the name, additional fields and the comment
        count += 1
    return count > MOST_MEMBERS


def _name(info: zipfile.ZipInfo) -> str:
    """Return a file's name. Many programs write UTF-8 without saying so; Python reads it as an old code page then."""
    if info.flag_bits & _UTF8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode()
    except UnicodeError:
        return info.filename
