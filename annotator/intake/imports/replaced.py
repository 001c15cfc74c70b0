"""Items that a file replaces: the same external id, with another content."""

from django.db import transaction

from annotator.intake.content import Stored, store_new
from annotator.intake.found import FoundContent
from annotator.items import withdrawal
from annotator.models import Project, User

WITHDRAWN = (
    "its content is here as an item that was withdrawn. Take that item back, and withdraw the one that took its place."
)
REASON = "replaced by an import: the same external id with another content"


def replace(project: Project, by: User, stored: Stored) -> None:
    """Withdraw the items whose external id comes again with another content, and store the new ones in their place.

    The caller's transaction holds the project's lock. Of several rows with one id, the first counts. What was answered about the
    old item stays, and is in no later version.
    """
    first = {content.external_id: content for content in reversed(stored.changed)}
    old = project.items.filter(external_id__in=first, withdrawn_at=None)
    new = {content.external_id for content in stored.new}
    ids = {external_id: pk for external_id, pk in old.values_list("external_id", "pk") if external_id not in new}
    refused: list[tuple[FoundContent, str]] = []
    while ids:
        wanted = [first[external_id] for external_id in ids]
        with transaction.atomic():
            withdrawal.withdraw(project, list(ids.values()), by, REASON)
            again = store_new(project, wanted)
            if len(again.new) == len(ids):
                break
            transaction.set_rollback(True)  # an item goes only if another takes its place
        reasons = {id(content): reason for content, reason in again.refused}
        kept = {id(content) for content in again.new}
        for content in wanted:
            if id(content) not in kept:
                refused.append((content, reasons.get(id(content), f"{content.name}: {WITHDRAWN}")))
                del ids[content.external_id]
    taken = {id(first[external_id]) for external_id in ids} | {id(content) for content, _ in refused}
    stored.changed = [content for content in stored.changed if id(content) not in taken]
    stored.refused += refused
    if ids:
        stored.new += again.new
        stored.ids += again.ids
        stored.replaced = len(again.new)


def withdrawn_before(project: Project, contents: list[FoundContent], stored: Stored) -> list[tuple[FoundContent, str]]:
    """Return the rows that would bring back an item that was withdrawn, where another item has its external id now."""
    new = {content.sha256 for content in (*stored.new, *stored.changed, *(one for one, _ in stored.refused))}
    known = {content.sha256: content for content in contents if content.external_id and content.sha256 not in new}
    gone = project.items.filter(withdrawn_at__isnull=False, sha256__in=known).values_list("sha256", "external_id")
    ids = {external_id: known[sha256] for sha256, external_id in gone if known[sha256].external_id == external_id}
    others = project.items.filter(withdrawn_at=None, external_id__in=ids).values_list("external_id", flat=True)
    found = [(ids[external_id], f"{ids[external_id].name}: {WITHDRAWN}") for external_id in others]
    stored.known -= len(found)
    return found
