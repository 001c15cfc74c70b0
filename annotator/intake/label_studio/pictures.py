"""The files that tasks name by an address: found in the archive, or among the project's items."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from urllib.parse import parse_qs, unquote, urlsplit

from annotator.intake import archives, sandbox
from annotator.intake.archives import ArchiveMember
from annotator.intake.found import BadContent, FoundContent, Rejected, clean_name
from annotator.models import Item, Modality, Project

_PREFIX = re.compile(r"[0-9a-f]{8}-")  # what Label Studio puts before the name of a file that was uploaded


class MissingFile(ValueError):
    """There is no such file, or more than one. The message says what to do."""


def path_of(address: str) -> str:
    """Return the path of a file, from an address such as `/data/upload/3/ab12cd34-cat.png` or `s3://bucket/cats/1.png`."""
    try:
        parts = urlsplit(address)
        local = parse_qs(parts.query).get("d", [""])[0] if "local-files" in parts.path else ""
    except ValueError:
        return address
    return local or unquote(parts.path).strip("/")


def names_of(path: str) -> tuple[str, str]:
    """Return a file's name, and the name without what Label Studio puts before it."""
    name = clean_name(path)
    return name, _PREFIX.sub("", name, count=1) if _PREFIX.match(name) else name


class Files:
    """The files of an archive and the pictures of a project, found by name."""

    def __init__(self, project: Project, members: Iterable[ArchiveMember], check: Callable[[], None]) -> None:
        self.project, self.check = project, check
        self.by_name: dict[str, list[ArchiveMember]] = defaultdict(list)
        for member in members:
            for name in set(names_of(member.path)):
                self.by_name[name].append(member)

    def find(self, address: str) -> list[FoundContent] | Item:
        """Return what an address names: a file's content, or an item. Raises MissingFile and BadContent."""
        path = path_of(address)
        name, bare = names_of(path)
        found = self.by_name.get(name) or self.by_name.get(bare) or []
        if len(found) > 1:
            found = [one for one in found if f"/{path}".endswith(f"/{one.path}")] or found
        if len(found) > 1:
            raise MissingFile(
                f"Several files of the archive are called {bare}: keep the folders that the export names."
            )
        if found:
            return self._read(found[0])
        kinds = [Modality.PICTURE, Modality.AUDIO]
        items = list(self.project.items.filter(name__in={name, bare}, modality__in=kinds, withdrawn_at=None)[:2])
        if len(items) > 1:
            raise MissingFile(f"Several items of the project are called {bare}.")
        if not items:
            raise MissingFile(f"The file {bare} is missing: send a ZIP with the JSON and the files.")
        return items[0]

    def _read(self, member: ArchiveMember) -> list[FoundContent]:
        try:
            with sandbox.reading(member.path, member.read(), sandbox.IN_A_JOB, self.check) as parts:
                found = list(parts)
        except archives.BadArchive as problem:
            raise BadContent(str(problem)) from None
        for one in found:
            if isinstance(one, Rejected):
                raise BadContent(one.reason)
        return [one for one in found if isinstance(one, FoundContent)]
