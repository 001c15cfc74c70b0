"""Archives: ZIP, and TAR as it is or packed by gzip."""

from collections.abc import Callable
from typing import IO

from annotator.intake.tars import TarArchive, is_tar
from annotator.intake.unpacking import Archive, ArchiveMember, BadArchive, Full
from annotator.intake.zips import ZipArchive

MOST_BYTES = 2 * 1024**3  # of a file that is sent
ENDINGS = ("zip", "tar", "tgz", "tar.gz")
__all__ = ["ENDINGS", "MOST_BYTES", "Archive", "ArchiveMember", "BadArchive", "Full", "is_archive", "open_archive"]


def is_archive(name: str) -> bool:
    """Check whether a file's name is that of an archive."""
    return name.lower().endswith(tuple(f".{ending}" for ending in ENDINGS))


def open_archive(file: IO[bytes], check: Callable[[], None] = lambda: None) -> Archive:
    """Return the archive in a file. `check` is called often and may raise.

    Raises BadArchive when it is no archive, is broken or holds too many files.
    """
    file.seek(0)
    return TarArchive(file, check) if is_tar(file) else ZipArchive(file, check)
