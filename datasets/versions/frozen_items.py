"""What versions say of items, in the database: kept once for all versions that say the same, and erased with the item."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone

from annotator.models import Item, Question
from annotator.server import sql
from datasets.models import FrozenItem, ItemSalt, Version
from datasets.versions import entries, merkle

SALT_BYTES = 32

# OFFSET 0 makes the database look rows up one by one. It would rather read the whole table.
_ITEMS = """
SELECT i.sha256, i.id FROM unnest(%(hashes)s::text[]) AS wanted(sha256) CROSS JOIN LATERAL (
    SELECT id, sha256 FROM annotator_item
    WHERE project_id = %(project)s::bigint AND sha256 = wanted.sha256 AND erased_at IS NULL OFFSET 0) i
"""
_NEW_SALTS = """
INSERT INTO datasets_itemsalt (item_id, value)
SELECT * FROM unnest(%(items)s::bigint[], %(salts)s::text[]) ON CONFLICT DO NOTHING
"""
_SALTS = """
SELECT s.item_id, s.value FROM unnest(%(items)s::bigint[]) AS wanted(id) JOIN datasets_itemsalt s ON s.item_id = wanted.id
"""
_KNOWN = """
SELECT f.leaf, f.id FROM unnest(%(leaves)s::text[]) AS wanted(leaf) CROSS JOIN LATERAL (
    SELECT id, leaf FROM datasets_frozenitem
    WHERE question_id = %(question)s::bigint AND leaf = wanted.leaf OFFSET 0) f
"""
_COPY = """
COPY datasets_frozenitem (id, question_id, item_id, leaf, content, erased_reason) FROM STDIN
"""
_LEAVES = """
SELECT one.id, f.leaf FROM datasets_manifest m CROSS JOIN LATERAL unnest(m.frozen_items) WITH ORDINALITY AS one(id, place)
JOIN datasets_frozenitem f ON f.id = one.id WHERE m.version_id = %(version)s::bigint ORDER BY one.place
"""
_SOME = """
SELECT f.id, f.item_id, f.leaf, f.content, s.value, f.erased_at, f.erased_reason
FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS one(id, place)
JOIN datasets_frozenitem f ON f.id = one.id LEFT JOIN datasets_itemsalt s ON s.item_id = f.item_id ORDER BY one.place
"""
_LABELS = """
SELECT f.id, f.item_id, CASE WHEN f.erased_at IS NULL THEN f.content::json ->> 'label' END
FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS one(id, place)
JOIN datasets_frozenitem f ON f.id = one.id ORDER BY one.place
"""
_ERASED = """
SELECT m.version_id, count(*) FROM datasets_frozenitem f
JOIN datasets_version v ON v.question_id = f.question_id
JOIN datasets_manifest m ON m.version_id = v.id AND f.id = ANY(m.frozen_items)
WHERE f.question_id = %(question)s::bigint AND f.erased_at IS NOT NULL GROUP BY m.version_id
"""


@dataclass(frozen=True)
class Kept:
    """What a version says of an item, as it is stored. `content` and `salt` are empty if the item was erased."""

    pk: int
    item: int
    leaf: bytes
    content: str
    salt: bytes
    erased_at: Any = None
    erased_reason: str = ""

    @property
    def intact(self) -> bool:
        """Check whether the content has the hash that is stored. An erased one cannot be checked."""
        return not self.content or merkle.leaf(self.salt, self.content.encode()) == self.leaf

    @property
    def entry(self) -> dict[str, Any]:
        """Return the entry, with its leaf. Raises ValueError if the item was erased."""
        return entries.decoded(self.content) | {"leaf": self.leaf.hex()}


def keep(project_id: int, question_id: int, wanted: Sequence[dict[str, Any]]) -> list[tuple[int, bytes]]:
    """Store entries; return the id and the leaf of each, in their order. What is stored already is not stored again.

    Entries of items that do not exist or were erased are left out. Called in a transaction that shares `Lock.ERASURE`.
    """
    items = dict(sql.many(_ITEMS, project=project_id, hashes=[one["sha256"] for one in wanted]))
    salts = _salts(list(items.values()))
    found: list[tuple[int, bytes, bytes]] = []  # item, leaf and content
    for one in wanted:
        if (item := items.get(one["sha256"])) is not None:
            content = entries.encoded(one)
            found.append((item, merkle.leaf(salts[item], content), content))
    known = dict(sql.many(_KNOWN, question=question_id, leaves=[leaf.hex() for _, leaf, _ in found]))
    new = [one for one in found if one[1].hex() not in known]
    ids = sql.next_ids("datasets_frozenitem", len(new))
    # Django turns the errors of a cursor's statements into its own, and leaves out COPY.
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for pk, (item, leaf, content) in zip(ids, new, strict=True):
            copy.write_row((pk, question_id, item, leaf.hex(), content.decode(), ""))
            known[leaf.hex()] = pk
    return [(known[leaf.hex()], leaf) for _, leaf, _ in found]


def _salts(items: list[int]) -> dict[int, bytes]:
    """Return the salt of each item. An item gets one when a version first says something of it."""
    new = [secrets.token_hex(SALT_BYTES) for _ in items]
    sql.many(_NEW_SALTS, items=items, salts=new)
    return {item: bytes.fromhex(value) for item, value in sql.many(_SALTS, items=items)}


def of_version(version: Version) -> list[Kept]:
    """Return what a version says of its items, in the order of the leaves."""
    return some(version.manifest.frozen_items)


def leaves_of(version: Version) -> list[tuple[int, bytes]]:
    """Return the id and the leaf of each item of a version, in the order of the leaves."""
    return [(pk, bytes.fromhex(leaf)) for pk, leaf in sql.many(_LEAVES, version=version.pk)]


def some(ids: Sequence[int]) -> list[Kept]:
    """Return what versions say of some items, by the ids of the frozen items and in their order."""
    return [_kept(*row) for row in sql.many(_SOME, ids=list(ids))]


def labels_of(ids: Sequence[int]) -> list[tuple[int, int, str | None]]:
    """Return the id, the item and the label (the text of its JSON; None if it was erased) of some frozen items."""
    return [(pk, item, label) for pk, item, label in sql.many(_LABELS, ids=list(ids))]


def _kept(pk: int, item: int, leaf: str, content: str, salt: str | None, erased_at: Any, reason: str) -> Kept:
    return Kept(pk, item, bytes.fromhex(leaf), content, bytes.fromhex(salt or ""), erased_at, reason)


def erased_counts(question: Question) -> dict[int, int]:
    """Return how many items of each version of a question were erased since, by the version's id; only where there are any."""
    return dict(sql.many(_ERASED, question=question.pk))


def versions_with(item: Item) -> list[Version]:
    """Return the versions that hold an item, the newest first."""
    kept = list(FrozenItem.objects.filter(item=item).values_list("pk", flat=True))
    found = Version.objects.filter(manifest__frozen_items__overlap=kept, project=item.project_id)
    return list(found.select_related("question").order_by("question", "-number")) if kept else []


def on_items_erased(items: Sequence[int], reason: str, **kwargs: object) -> None:
    """Delete what versions say of erased items, and their salts. The leaves stay, with the date and the reason."""
    found = FrozenItem.objects.filter(item__in=items, erased_at=None)
    found.update(content="", erased_at=timezone.now(), erased_reason=reason[:500])
    ItemSalt.objects.filter(item__in=items).delete()
