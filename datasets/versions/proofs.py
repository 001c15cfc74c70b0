"""Proofs that an item is in a version, and what became of items since: for people who hold a copy of a version."""

from typing import Any

from annotator.models import Item
from datasets.models import Version
from datasets.versions import frozen_items, merkle, versions

FORMAT = "marginalia-proof/1"


class NotProvable(ValueError):
    """There is no such proof. The message says why."""


def prove(version: Version, item: int) -> dict[str, Any]:
    """Return the proof that a version says something of an item (by its id): what `docs/check_proof.py` reads.

    Raises NotProvable when the item is not in the version, or was erased.
    """
    kept = frozen_items.of_version(version)
    place = next((place for place, one in enumerate(kept) if one.item == item), None)
    if place is None:
        raise NotProvable("This item is not in the version.")
    one = kept[place]
    if not one.content:
        raise NotProvable("This item was erased. Only the hash of its leaf is left.")
    levels = versions.tree(version, [one.leaf for one in kept])
    return {
        "format": FORMAT,
        "version": version.sha256,
        "entry": one.content,
        "salt": one.salt.hex(),
        "path": [[side, other.hex()] for side, other in merkle.path(levels, place + 1)],  # the first leaf is the header
    }


def withdrawn(version: Version) -> list[dict[str, Any]]:
    """Return the items of a version that were withdrawn or erased since: what holders of a copy should delete.

    Each has its `leaf`, when it was withdrawn and erased, and the reason. `sha256` is the hash of its content, null once it is
    erased.
    """
    kept = {one.item: one for one in frozen_items.of_version(version)}
    gone = Item.objects.filter(project=version.project_id, withdrawn_at__isnull=False).order_by("withdrawn_at", "pk")
    return [
        {
            "leaf": kept[item.pk].leaf.hex(),
            "sha256": None if item.erased_at else item.sha256,
            "withdrawn_at": item.withdrawn_at,
            "erased_at": item.erased_at,
            "reason": kept[item.pk].erased_reason or item.withdrawn_reason,
        }
        for item in gone
        if item.pk in kept
    ]
