"""Erasing items: their content and everything that was written about them on import, for good.

A tombstone stays: the item's id, the hash of its content, its split, and when it was erased. So the same content is not imported
once more by mistake, and old versions still say which items they had.
"""

import uuid
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from annotator import audit, jobs
from annotator.items import blobs, stored_files
from annotator.items.withdrawal import checked_reason
from annotator.models import Gold, Item, Project, Suggestion, User
from annotator.models.item import IN_DATABASE
from annotator.refusal import Refused
from annotator.server import locks
from annotator.server.locks import Lock
from annotator.signals import items_erased

NAME = "Erased"
_NOTHING = {
    "name": NAME,
    "text": "",
    "excerpt": "",
    "fields": {},
    "path": "",
    "reference": "",
    "external_id": "",
    "group": "",
    "tags": [],
    "source": "",
    "original_sha256": "",
    "changes": [],
}


def erase(project: Project, items: Iterable[int], by: User, reason: str) -> int:
    """Erase withdrawn items for good; return how many were not erased before.

    What models suggested and the notes of gold items go too. Answers are never deleted, so a text that a person typed about
    the item stays. A job deletes the files that nothing else uses. Raises Refused without a reason, and for items that are
    not withdrawn.
    """
    reason = checked_reason(reason)
    with transaction.atomic():
        locks.take(Lock.ERASURE, project.pk)
        wanted = project.items.filter(pk__in=set(items), erased_at=None).order_by("pk")
        found = list(wanted.select_for_update(of=("self",), no_key=True))
        if any(item.withdrawn_at is None for item in found):
            raise Refused("Only withdrawn items can be erased. Withdraw them first.", "not_withdrawn")
        if not found:
            return 0
        ids = [item.pk for item in found]
        hashes = {item.sha256 for item in found if item.modality not in IN_DATABASE}
        hashes |= {item.original_sha256 for item in found if item.original_sha256}
        Item.objects.filter(pk__in=ids).update(erased_at=timezone.now(), **_NOTHING)
        Suggestion.objects.filter(question__project=project, item__in=ids).update(value={}, current=False)
        Gold.objects.filter(task__question__project=project, task__item__in=ids).update(note="")
        items_erased.send(Project, project=project, items=ids, reason=reason)
        audit.record(by, project, "erased items", items=ids, reason=reason)
        ask_deletion(project, by, sorted(hashes))
        return len(ids)


def ask_deletion(project: Project, by: User, hashes: list[str]) -> None:
    """Submit the job that deletes contents which nothing else uses, and the files that the project imported."""
    key = f"delete-contents:{uuid.uuid4()}"
    jobs.submit(
        project, "delete-contents", "Deleting erased files", key, {"hashes": hashes}, user=by, total=len(hashes)
    )


@jobs.handles("delete-contents", quiet=True)
def delete_contents(work: jobs.Work) -> None:
    """Delete the files of erased items that nothing else uses, and the imported files, which hold the same contents."""
    hashes: list[str] = work.arguments["hashes"]
    for start in range(0, len(hashes), blobs.PART):
        work.report(start, len(hashes))
        blobs.delete_unused(hashes[start : start + blobs.PART])
    stored_files.delete_ended(work.job.project)
