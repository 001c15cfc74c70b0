"""A check of a table: what an import would do. It goes the way of an import, and undoes each part of the rows."""

from django.db import transaction

from annotator.intake.found import ADDRESS, Found, FoundContent, Rejected
from annotator.intake.imports import rows
from annotator.models import Import

MOST_SEEN = 2_000_000  # rows that are compared with each other; those after them only with what is stored


class Check:
    """Counts what an import would do, and keeps the rows that it would reject.

    Each part is stored in a transaction that is undone at once, so nobody waits long. What was in an earlier part is remembered
    by a short hash. Addresses are not fetched: they count as new.
    """

    def __init__(self, found: Import) -> None:
        self.found, self.counts = found, dict.fromkeys(rows.COUNTS, 0)
        self._contents: set[int] = set()
        self._ids: dict[int, int] = {}  # the content of each external id

    def add(self, part: list[Found]) -> None:
        """Check some rows."""
        rejected = [one for one in part if isinstance(one, Rejected)]
        contents = [one for one in part if isinstance(one, FoundContent)]
        contents, again = self._apart(contents, rejected)
        with transaction.atomic():
            taken = rows.take_in(self.found, contents, rejected)
            transaction.set_rollback(True)
        rows.keep_rejected(self.found, rejected)
        counts = taken.counts
        repeated = sum(hash(one.sha256) in self._contents for one in taken.new)
        counts["new"] += sum(one.modality == ADDRESS for one in contents) - repeated
        counts["known"] += repeated
        counts["changed"] += again
        self.counts = {name: self.counts[name] + counts[name] for name in rows.COUNTS}
        if len(self._contents) < MOST_SEEN:
            self._contents.update(hash(one.sha256) for one in taken.new)
            self._ids.update((hash(one.external_id), hash(one.sha256)) for one in taken.new if one.external_id)

    def _apart(self, contents: list[FoundContent], rejected: list[Rejected]) -> tuple[list[FoundContent], int]:
        """Return the contents whose external id did not come with another content before, and how many others there are."""
        replace = self.found.mapping["changed"] == "replace"
        kept = []
        for one in contents:
            before = self._ids.get(hash(one.external_id)) if one.external_id and one.modality else None
            if before is None or before == hash(one.sha256) or replace:
                kept.append(one)
            else:
                reason = f"{one.name}: an earlier row of the file has this external id, with another content."
                rejected.append(Rejected(reason, line=one.line))
        return kept, len(contents) - len(kept)
