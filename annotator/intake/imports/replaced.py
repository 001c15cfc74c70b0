"""Items that a file replaces: the same external id, with another content."""

from annotator.intake.content import Stored, store_new
from annotator.items import withdrawal
from annotator.models import Project, User

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
    withdrawal.withdraw(project, list(ids.values()), by, REASON)
    again = store_new(project, [first[external_id] for external_id in ids])
    stored.new += again.new
    stored.known += again.known
    stored.refused += again.refused
    taken = {id(content) for content in (first[external_id] for external_id in ids)}
    stored.changed = [content for content in stored.changed if id(content) not in taken] + again.changed
    stored.replaced = len(again.new)
