"""Checking a version: everything that is stored of it is read again and compared with its fingerprint."""

import hashlib
import json
from collections.abc import Iterator

from annotator import contents, storage
from annotator.models import Item, Split
from datasets.models import Version
from datasets.versions import entries, frozen_items, merkle, versions
from datasets.versions.frozen_items import Kept

PART = 1000  # items whose contents are read together


def differences(version: Version, with_contents: bool = True) -> Iterator[str]:
    """Yield what differs from what was frozen, one sentence each; nothing if all is as it was.

    With contents, the content of each item is read and hashed, too.
    """
    kept = frozen_items.of_version(version)
    missing = version.train_count + version.test_count - len(kept)
    if missing:
        yield f"The list of items is damaged: {missing:,} of them are missing."
    for one in kept:
        if not one.intact:
            yield f"{_name(one)}: what the version says of it, its salt or its hash has changed."
    yield from _roots(version, kept)
    if with_contents:
        yield from _contents(version, kept)


def _roots(version: Version, kept: list[Kept]) -> Iterator[str]:
    """Compare the roots. The three fingerprints show which part differs."""
    if not kept:
        return
    items = merkle.root([one.leaf for one in kept]).hex() == version.items_sha256
    whole = versions.tree(version, [one.leaf for one in kept])[-1][0].hex() == version.sha256
    if whole and not items:
        yield "The fingerprint of the items has changed; the items have not."
    elif items and not whole:
        yield "The header (question, rules or gold items) or the version's fingerprint has changed."
    elif not items:
        yield "The list of items, or the hash of one, has changed."
    test = [one for one in kept if one.content and one.intact and _split(one) == Split.TEST]
    erased = any(not one.content for one in kept)
    if items and not erased and merkle.root([one.leaf for one in test]).hex() != version.test_sha256:
        yield "The fingerprint of the test set has changed; the items have not."


def _contents(version: Version, kept: list[Kept]) -> Iterator[str]:
    wanted = {one.item: one for one in kept if one.content}
    ids = list(wanted)
    for start in range(0, len(ids), PART):
        for item in Item.objects.filter(pk__in=ids[start : start + PART]).order_by("pk"):
            if problem := _problem(item, wanted[item.pk]):
                yield f"{_name(wanted[item.pk])}: {problem}"


def _problem(item: Item, one: Kept) -> str:
    try:
        content = contents.read_item(item)
    except storage.Missing:
        return "its content is not stored any more."
    except contents.Changed:
        return "its content has changed in its bucket."
    except ValueError:
        return "its content is damaged."
    try:
        expected = json.loads(one.content)["sha256"]
    except ValueError:
        return ""  # said already
    return "" if hashlib.sha256(content).hexdigest() == expected else "its content has changed."


def _split(one: Kept) -> str:
    return str(entries.decoded(one.content)["split"])


def _name(one: Kept) -> str:
    try:
        said = json.loads(one.content)
        name = said["external_id"] or said["name"]
    except (ValueError, KeyError, TypeError):  # erased, or damaged
        item = Item.objects.filter(pk=one.item).first()
        name = item and (item.external_id or item.name)
    return f"“{name}” (item {one.item})"
