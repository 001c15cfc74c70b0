"""Content that was checked, of any modality, and how it becomes items."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from annotator import storage
from annotator.intake.found import MOST_BYTES, BadContent, FoundContent, clean_name, decoded
from annotator.items import blobs, known
from annotator.models import Item, Modality, Project, Split
from annotator.models.item import IN_DATABASE
from annotator.queue import open_slots
from annotator.server import locks, sql
from annotator.server.locks import Lock

EXCERPT = 200
_COLUMNS = (
    *(
        "id",
        "project_id",
        "name",
        "sha256",
        "modality",
        "mime_type",
        "size",
        "width",
        "height",
        "length",
        "excerpt",
        "source",
    ),
    *(
        "original_sha256",
        "changes",
        "fields",
        "path",
        "text",
        "external_id",
        "group",
        "priority",
        "split",
        "created_at",
    ),
    *("withdrawn_reason", "tags", "reference"),
)
_COPY = 'COPY annotator_item ("' + '", "'.join(_COLUMNS) + '") FROM STDIN'


@dataclass
class Stored:
    """What became of contents: which are new items, how many were here already, and which were refused and why.

    `changed` are those whose external id belongs to an item with another content. `ids` are those of the new items, in the order
    of `new`. `erased` are those whose item was erased, which are not stored again.
    """

    new: list[FoundContent] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    known: int = 0
    changed: list[FoundContent] = field(default_factory=list)
    replaced: int = 0
    refused: list[tuple[FoundContent, str]] = field(default_factory=list)
    erased: list[tuple[FoundContent, str]] = field(default_factory=list)

    @property
    def reasons(self) -> list[str]:
        """Return why contents were not stored, one reason each."""
        return [reason for _, reason in self.refused] + [changed_reason(content) for content in self.changed]


def changed_reason(content: FoundContent) -> str:
    """Return why a content whose external id belongs to another item is not stored."""
    return f"{content.name}: the item “{content.external_id}” is here with another content."


def store(project: Project, contents: Sequence[FoundContent]) -> list[Item]:
    """Store contents as items and return the new ones. Contents that the project already has are skipped."""
    hashes = [content.sha256 for content in store_new(project, contents).new]
    return list(project.items.filter(sha256__in=hashes).order_by("pk"))


def store_new(project: Project, contents: Sequence[FoundContent], files: bool = True) -> Stored:
    """Store contents as items. Contents that the project already has are skipped, and so are those that contradict it.

    Blobs are written before rows: a crash between the two leaves an unused blob, never an item without its content. Without
    `files` no blobs are written; the caller undoes the transaction.
    """
    by_hash: dict[str, FoundContent] = {}
    for content in contents:
        first = by_hash.setdefault(content.sha256, content)  # of contents that are equal, the first is kept
        first.split = first.split or content.split
    here = known.items_with(project, by_hash)
    with transaction.atomic():
        locks.share(Lock.CONTENTS)  # nobody deletes a file between its writing and the row that names it
        # What is known is not written again: the item may have been erased.
        written = [content for sha256, content in by_hash.items() if sha256 not in here] if files else []
        originals = _put_files(written)
        open_slots.lock(project.pk)  # whoever imports the same contents at this moment waits, and then finds them known
        here = known.items_with(project, by_hash)
        stored = Stored([content for sha256, content in by_hash.items() if sha256 not in here])
        stored.erased = [
            (one, f"{one.name}: its item was erased, so it is not imported again.")
            for one in contents
            if one.sha256 in here and here[one.sha256].erased
        ]
        stored.refused = _in_another_split(contents, here, by_hash)
        stored.known = len(contents) - len(stored.new) - len(stored.refused)
        _leave_out_changed(project, stored)
        _place_groups(project, stored)
        stored.ids = sql.next_ids("annotator_item", len(stored.new))
        _copy(project, stored, originals)
        kept = {id(content) for content in stored.new}
        if unused := [content for content in written if id(content) not in kept]:
            transaction.on_commit(lambda: _delete_unused(unused))
    return stored


def _in_another_split(
    contents: Sequence[FoundContent], here: dict[str, known.Known], first: dict[str, FoundContent]
) -> list[tuple[FoundContent, str]]:
    """Return the contents for which the data names another split than that of the same content.

    Args:
        contents: all contents.
        here: the items that are here, by the SHA-256.
        first: the content that is kept of those that are equal.
    """
    refused = []
    for one in contents:
        if one.sha256 in here and here[one.sha256].erased:
            continue  # that is the reason
        split = here[one.sha256].split if one.sha256 in here else first[one.sha256].split
        if one.split and split and one.split != split:
            reason = f"the same content is in the {_side(split)} set, and it never changes its split."
            refused.append((one, f"{one.name}: {reason}"))
    return refused


@contextmanager
def files_deleted_if_refused(contents: Sequence[FoundContent]) -> Iterator[None]:
    """Delete what was written for contents, unless something else names it, when the transaction around them is undone."""
    try:
        yield
    except BaseException:
        _delete_unused(contents)
        raise


def _delete_unused(contents: Sequence[FoundContent]) -> None:
    """Delete the files of contents that were refused after they were written."""
    hashes = {one.sha256 for one in contents if one.modality not in IN_DATABASE and not one.reference}
    blobs.delete_unused(hashes | {hashlib.sha256(one.original).hexdigest() for one in contents if one.original})


def _leave_out_changed(project: Project, stored: Stored) -> None:
    """Leave out contents whose external id belongs to another item, in the project or before them."""
    ids = [content.external_id for content in stored.new if content.external_id]
    if not ids:
        return
    taken = known.taken_ids(project, ids)
    new = []
    for content in stored.new:
        if content.external_id and content.external_id in taken:
            stored.changed.append(content)
        else:
            new.append(content)
            taken.add(content.external_id)
    stored.new = new


def _place_groups(project: Project, stored: Stored) -> None:
    """Give the items of a group the split of the group. Those for which the data names the other split are refused."""
    groups = {content.group for content in stored.new if content.group}
    if not groups:
        return
    splits = dict(project.items.filter(group__in=groups).values_list("group", "split"))
    new = []
    for content in stored.new:
        if content.group:
            split = splits.setdefault(content.group, content.split or split_of(project, content.group))
            if content.split and content.split != split:
                reason = f"its group “{content.group}” is in the {_side(split)} set, and a group stays on one side."
                stored.refused.append((content, f"{content.name}: {reason}"))
                continue
            content.split = split
        new.append(content)
    stored.new = new


def _side(split: str) -> str:
    return "test" if split == Split.TEST else "training"


def _put_files(contents: Sequence[FoundContent]) -> dict[int, str]:
    """Write what belongs into the storage, and return the hashes of original files by the identity of their bytes."""
    originals: dict[int, str] = {}  # the pages of a document share one
    blobs: dict[str, bytes] = {}
    for content in contents:
        if content.modality not in IN_DATABASE and not content.reference:
            blobs[content.sha256] = content.content
        if content.original and id(content.original) not in originals:
            sha256 = originals[id(content.original)] = hashlib.sha256(content.original).hexdigest()
            blobs[sha256] = content.original
    storage.put_contents(blobs)
    return originals


def _copy(project: Project, stored: Stored, originals: dict[int, str]) -> None:
    if not stored.new:
        return
    salt, share, now = project.salt.encode() + b":", float(project.test_share), timezone.now()
    # Django turns the errors of a cursor's statements into its own, and leaves out COPY.
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for pk, content in zip(stored.ids, stored.new, strict=True):
            copy.write_row(
                (
                    pk,
                    project.pk,
                    content.name,
                    content.sha256,
                    content.modality,
                    content.mime_type,
                    len(content.content),
                    content.width,
                    content.height,
                    content.length,
                    content.excerpt[:EXCERPT],
                    content.source,
                    originals.get(id(content.original), "") if content.original else "",
                    json.dumps(content.changes) if content.changes else "[]",
                    _document(content.fields),
                    content.path,
                    content.content.decode() if content.modality in IN_DATABASE else "",
                    content.external_id,
                    content.group,
                    content.priority,
                    content.split or _drawn(salt, share, content.source or content.sha256),
                    now,
                    "",
                    list(content.tags) if content.tags else "{}",
                    content.reference,
                )
            )


def _document(fields: dict[str, Any]) -> str:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")) if fields else "{}"


def split_of(project: Project, key: str) -> str:
    """Return the split of an item: test if a hash of the project's salt and the key falls below the test share.

    The key is the item's group, or else the document it is a page of, or else its content's SHA-256. What has the same key is
    always in the same split, under any name, so no copy leaks into the test set.
    """
    return _drawn(project.salt.encode() + b":", float(project.test_share), key)


def _drawn(salt: bytes, test_share: float, key: str) -> str:
    drawn = int.from_bytes(hashlib.sha256(salt + key.encode()).digest()[:8], "big") / 2**64
    return Split.TEST if drawn < test_share else Split.TRAIN


__all__ = [
    "MOST_BYTES",
    "BadContent",
    "FoundContent",
    "Modality",
    "Stored",
    "clean_name",
    "decoded",
    "files_deleted_if_refused",
    "split_of",
    "store",
    "store_new",
]
