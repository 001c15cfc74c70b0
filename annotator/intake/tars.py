"""TAR archives, as they are or packed by gzip. Only their files are read: links and devices lead elsewhere."""

import gzip
import tarfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import IO, cast

from annotator.intake.found import MOST_BYTES
from annotator.intake.unpacking import (
    ALWAYS,
    MOST_MEMBERS,
    MOST_TIMES,
    ArchiveMember,
    BadArchive,
    Budget,
    Full,
    clean_path,
    is_junk,
)

_GZIP = b"\x1f\x8b"
_MAGIC_AT, _MAGIC = 257, b"ustar"
_BROKEN = (tarfile.TarError, OSError, EOFError, zlib.error, ValueError, OverflowError)
MOST_HEADER = 2**20  # bytes of a header that follows another; Python reads it whole
ENDS = 16  # reads past the end of the file, after which a size in it is a lie


def is_tar(file: IO[bytes]) -> bool:
    """Check whether a file is a TAR archive, plain or packed by gzip. Its position is set to the beginning."""
    file.seek(0)
    start = file.read(512)
    file.seek(0)
    if start.startswith(_GZIP):
        try:
            start = gzip.GzipFile(fileobj=file).read(512)
        except (OSError, EOFError, zlib.error):
            start = b""
        file.seek(0)
    return start[_MAGIC_AT : _MAGIC_AT + len(_MAGIC)] == _MAGIC


class TarArchive:
    """A TAR archive, read from its beginning to its end. How many files it holds is known only then."""

    total: int | None = None

    def __init__(self, file: IO[bytes], check: Callable[[], None]) -> None:
        packed_by_gzip = file.read(2) == _GZIP
        file.seek(0, 2)
        most = max(ALWAYS, MOST_TIMES * file.tell())  # an archive that unpacks to more is a bomb
        file.seek(0)
        self._file = _Counted(gzip.GzipFile(fileobj=file) if packed_by_gzip else file, most, check)
        self._budget = Budget(check)

    def __iter__(self) -> Iterator[ArchiveMember]:
        count = 0
        try:
            with tarfile.open(fileobj=cast(IO[bytes], self._file), mode="r|", tarinfo=_Member) as archive:
                for info in archive:
                    if info.isdir() or is_junk(info.name):
                        continue
                    count += 1
                    if count > MOST_MEMBERS:
                        raise Full(f"The archive holds more than {MOST_MEMBERS:,} files; the rest is left out.")
                    yield ArchiveMember(clean_path(info.name), partial(self._read, archive, info))
        except BadArchive:
            raise
        except _BROKEN as error:
            raise Full(f"The archive is broken after {count:,} files ({error}); the rest is left out.") from None

    def _read(self, archive: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
        path = clean_path(info.name)
        if not info.isreg():
            raise BadArchive(f"{path}: this is a link or a device, not a file.")
        if info.size > MOST_BYTES:
            raise BadArchive(f"{path}: unpacks to more than {MOST_BYTES // 2**20} MB.")
        try:
            file = archive.extractfile(info)
            if file is None:
                raise BadArchive(f"{path}: cannot be unpacked.")
            return self._budget.unpack(path, file, MOST_BYTES)
        except BadArchive:
            raise
        except _BROKEN as error:
            raise Full(f"{path}: the archive is broken here ({error}); the rest is left out.") from None


class _Member(tarfile.TarInfo):
    """A member whose additional headers are small. A name of a gigabyte would take as much memory."""

    _HEADERS = (
        *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
        *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
    )

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:  # Python's own place for what a subclass adds
        if self.type in self._HEADERS and not 0 <= self.size <= MOST_HEADER:
            raise tarfile.ReadError("a header is too large")
        if self.size < 0:
            raise tarfile.ReadError("a file states a size below zero")
        return super()._proc_member(archive)  # type: ignore[misc]


class _Counted:
    """A file that is read forwards, up to a number of bytes."""

    def __init__(self, file: IO[bytes] | gzip.GzipFile, most: int, check: Callable[[], None]) -> None:
        self._file, self._left, self._check = file, most, check
        self._ends = 0

    def read(self, size: int) -> bytes:
        """Return the next bytes. Raises Full when there are more than may be."""
        self._check()
        piece = self._file.read(size)
        self._left -= len(piece)
        self._ends += not piece
        if self._ends > ENDS:
            raise EOFError("it ends within a file")
        if self._left < 0:
            raise Full(f"The archive unpacks to more than {MOST_TIMES} times its size; the rest is left out.")
        return piece
