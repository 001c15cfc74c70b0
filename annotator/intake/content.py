"""Content that was checked, of any modality, and how it becomes items."""

import hashlib

from django.db import transaction

from annotator import storage
from annotator.intake.found import MOST_BYTES, BadContent, FoundContent, clean_name, decoded
from annotator.models import Item, Modality, Project, Split
from annotator.queue import open_slots

EXCERPT = 200


def store(project: Project, contents: list[FoundContent]) -> list[Item]:
    """Store contents as items and return the new ones. Contents that the project already has are skipped.

    Blobs are written before rows: a crash between the two leaves an unused blob, never an item without its content.
    """
    by_hash: dict[str, FoundContent] = {}
    for content in contents:
        by_hash.setdefault(content.sha256, content)  # of contents that are equal, the first is kept
    known = set(project.items.filter(sha256__in=list(by_hash)).values_list("sha256", flat=True))
    originals: dict[int, str] = {}  # the pages of a document share one
    for content in by_hash.values():
        storage.put_content(content.content)
        if content.original and id(content.original) not in originals:
            originals[id(content.original)] = storage.put_content(content.original)
    items = [
        Item(
            project=project,
            name=content.name,
            sha256=sha256,
            modality=content.modality,
            mime_type=content.mime_type,
            size=len(content.content),
            width=content.width,
            height=content.height,
            length=content.length,
            excerpt=content.excerpt[:EXCERPT],
            source=content.source,
            path=content.path,
            fields=content.fields,
            changes=list(content.changes),
            original_sha256=originals.get(id(content.original), ""),
            split=split_of(project, content.source or sha256),
        )
        for sha256, content in by_hash.items()
        if sha256 not in known
    ]
    with transaction.atomic():
        open_slots.lock(project.pk)  # two imports of the same files in different orders would deadlock
        Item.objects.bulk_create(items, ignore_conflicts=True)
    return list(project.items.filter(sha256__in=[item.sha256 for item in items]).order_by("pk"))


def split_of(project: Project, sha256: str) -> str:
    """Return the split of an item: test if a hash of the project's salt and the content falls below the test share.

    The same content always gets the same split, under any name, so no copy leaks into the test set.
    """
    drawn = int.from_bytes(hashlib.sha256(f"{project.salt}:{sha256}".encode()).digest()[:8], "big") / 2**64
    return Split.TEST if drawn < float(project.test_share) else Split.TRAIN


__all__ = ["MOST_BYTES", "BadContent", "FoundContent", "Modality", "clean_name", "decoded", "split_of", "store"]
