"""The file that somebody sends: an export as JSON, or a ZIP archive of it and the files that its tasks show."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO

from annotator.intake import archives
from annotator.intake.archives import ArchiveMember
from annotator.intake.found import MOST_BYTES, BadContent, clean_name

_ZIP = b"PK"
TASKS = "tasks.json"


@dataclass(frozen=True)
class ExportFile:
    """An export: its JSON, the name of that, and the other files of its archive."""

    content: bytes
    name: str
    members: list[ArchiveMember] = field(default_factory=list)


def opened(file: IO[bytes], name: str, check: Callable[[], None] = lambda: None) -> ExportFile:
    """Return the export in a file, which must stay open. Raises BadContent."""
    file.seek(0)
    zipped = file.read(2) == _ZIP
    file.seek(0)
    if not zipped:
        content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise BadContent(
                f"{clean_name(name)}: the export has more than {MOST_BYTES // 2**20} MB. Export it from Label Studio in parts."
            )
        return ExportFile(content, clean_name(name))
    try:
        members = list(archives.open_archive(file, check))
        exports = [one for one in members if one.path.lower().endswith(".json")]
        # Our own exports have a receipt beside their tasks.
        exports = [one for one in exports if one.path == TASKS] or exports
        if len(exports) != 1:
            found = f"{len(exports)} files" if exports else "no file"
            raise BadContent(f"{clean_name(name)}: it holds {found} ending in .json; send one export at a time.")
        content = exports[0].read()
    except archives.BadArchive as problem:
        raise BadContent(f"{clean_name(name)}: {problem}") from None
    return ExportFile(content, clean_name(exports[0].path), [one for one in members if one is not exports[0]])
