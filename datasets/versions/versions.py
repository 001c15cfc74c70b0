"""Versions: a frozen set of labelled items, and the Merkle tree over it.

The first leaf is the header: the question, the rules and what is known of gold items. The others are the items, ordered by split
and SHA-256. The root is the version's fingerprint. It depends neither on when nor in which order anything was stored, but on
each item's salt. A question's first version fixes the test set, and later ones copy it unchanged: all versions are evaluated on
the same items with the same labels. Only withdrawn items are left out, so after the withdrawal of a test item the errors of new
versions are not compared with those of older ones.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import transaction

from annotator import audit
from annotator.models import Question, Split, User
from annotator.server import locks
from annotator.server.locks import Lock
from datasets.models import Aggregation, Label, Manifest, Version
from datasets.signals import version_frozen
from datasets.versions import differences, entries, freeze_rules, frozen_items, merkle
from datasets.versions.entries import canonical
from datasets.versions.freeze_rules import FreezeRules
from datasets.versions.frozen_items import Kept

FORMAT = "marginalia-version/2"
PART = 1000  # entries that are read together
MOST_CLASSES = 1000  # that are counted
_OF_ITEM = (
    *("sha256", "name", "modality", "mime_type", "width", "height", "length", "split"),
    *("external_id", "group", "path", "fields"),
)
_OF_LABEL = ("answers", "decided", "simulated", "imported", "crowd")


class NotFreezable(ValueError):
    """There is nothing to freeze; the message says what is missing."""


class Damaged(ValueError):
    """What is stored of a version is not what was frozen."""


def build(question: Question, **rules: Any) -> dict[str, Any]:
    """Return what a freeze would write now: the header, and the entries under `items`. Raises NotFreezable.

    Args:
        question: whose labels.
        rules: which training labels are taken, as in `FreezeRules`.
    """
    chosen = FreezeRules(**rules)
    labels = Label.objects.filter(question=question, item__withdrawn_at=None)
    try:
        kept = freeze_rules.select(question, chosen).kept
    except freeze_rules.BadRules as problem:
        raise NotFreezable(str(problem)) from None
    train = [one for one in _entries(labels.filter(item__split=Split.TRAIN)) if one["sha256"] in kept]
    first = question.versions.order_by("number").first()
    test = _test_of(first) if first else _entries(labels.filter(item__split=Split.TEST))
    _check_sides(train, test)
    return {
        "format": FORMAT,
        "question": {"text": question.text, "kind": question.kind, "config": question.config},
        "rules": chosen.as_dict(),
        "gold": _gold(question),
        "items": sorted(train + test, key=lambda entry: (entry["split"], entry["sha256"])),
    }


def _check_sides(train: list[dict[str, Any]], test: list[dict[str, Any]]) -> None:
    if not train:
        raise NotFreezable("No training item has a label yet that meets these conditions.")
    if not test:
        raise NotFreezable("No test item has a label yet; without a test set no model can be judged.")


def _test_of(first: Version) -> list[dict[str, Any]]:
    """Return the test entries of a version, without those of items that were withdrawn since."""
    gone = set(first.project.items.filter(withdrawn_at__isnull=False).values_list("pk", flat=True))
    kept = [one for one in _checked(first) if one.content and one.item not in gone]
    return [entry for one in kept if (entry := entries.decoded(one.content))["split"] == Split.TEST]


def _gold(question: Question) -> list[list[Any]]:
    """Return each gold item's known value and what people say about it, in an order that does not reveal when they answered."""
    aggregation = Aggregation.objects.filter(question=question).first()
    return sorted(aggregation.gold if aggregation else [], key=canonical)


def _entries(labels: Any) -> list[dict[str, Any]]:
    names = [*(f"item__{name}" for name in _OF_ITEM), "value", "probability", *_OF_LABEL]
    keys = [*_OF_ITEM, "label", "probability", *_OF_LABEL]
    found = []
    for values in labels.values_list(*names).iterator(chunk_size=5000):
        entry = dict(zip(keys, values, strict=True))
        entry["probability"] = round(entry["probability"], 6)
        found.append(entry)
    return found


def sides(content: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the training and the test items of a manifest."""
    train, test = ([one for one in content["items"] if one["split"] == split] for split in (Split.TRAIN, Split.TEST))
    return train, test


def freeze(question: Question, content: dict[str, Any], user: User | None) -> tuple[Version, bool]:
    """Store a version. Returns it and whether it is new: content that was frozen before is that version. Raises NotFreezable.

    The rules that selected the items are not content: if other rules select the same items, it is the same version. A second
    one would be trained on again, and count as new evidence. It also raises NotFreezable if an item was erased since `build`.

    Called in a transaction; listeners (such as the training of a model) run inside it.
    """
    with transaction.atomic():
        locks.share(Lock.ERASURE, question.project_id)
        locks.take(Lock.VERSIONS, question.pk)
        wanted = content["items"]
        kept = frozen_items.keep(question.project_id, question.pk, wanted)
        if len(kept) < len(wanted):
            raise NotFreezable("Items were erased at this moment. Freeze again.")
        leaves = [leaf for _, leaf in kept]
        header = {name: value for name, value in content.items() if name != "items"}
        items_sha256 = merkle.root(leaves).hex()
        for same in question.versions.filter(items_sha256=items_sha256).select_related("manifest").order_by("number"):
            if canonical(json.loads(same.manifest.header) | {"rules": None}) == canonical(header | {"rules": None}):
                return same, False
        train, test = sides(content)
        last = question.versions.order_by("-number").first()
        written = canonical(header)
        version = Version.objects.create(
            project_id=question.project_id,
            question=question,
            number=last.number + 1 if last else 1,
            semantic_version=_semantic_version(last, [pk for pk, _ in kept]),
            sha256=_levels(written, leaves)[-1][0].hex(),
            test_sha256=_root_of(Split.TEST, wanted, leaves),
            items_sha256=items_sha256,
            train_count=len(train),
            test_count=len(test),
            answer_count=sum(entry["answers"] for entry in wanted),
            simulated_count=sum(entry["simulated"] for entry in wanted),
            imported_count=sum(entry["imported"] for entry in wanted),
            rules=content["rules"],
            classes=_classes(train, test),
            agreement=_agreement(question),
            created_by=user,
        )
        Manifest.objects.create(version=version, header=written.decode(), frozen_items=[pk for pk, _ in kept])
        audit.record(user, version.project, "froze a version", number=version.number, sha256=version.sha256)
        version_frozen.send(Version, version=version)
        return version, True


def _root_of(split: str, wanted: list[dict[str, Any]], leaves: list[bytes]) -> str:
    found = [leaf for entry, leaf in zip(wanted, leaves, strict=True) if entry["split"] == split]
    return merkle.root(found).hex() if found else ""


def _semantic_version(last: Version | None, frozen: list[int]) -> str:
    if last is None:
        return "1.0.0"
    return differences.next_number(last.semantic_version, differences.of_ids(last.manifest.frozen_items, frozen).level)


def _classes(train: list[dict[str, Any]], test: list[dict[str, Any]]) -> list[list[Any]]:
    """Count the items of each label that is a word or a number; nothing if there are too many different ones."""
    counts = [
        Counter(one["label"] for one in side if isinstance(one["label"], str | int | float)) for side in (train, test)
    ]
    names = sorted(counts[0] | counts[1], key=lambda name: (str(type(name)), name))
    return [[name, counts[0][name], counts[1][name]] for name in names] if len(names) <= MOST_CLASSES else []


def _agreement(question: Question) -> dict[str, Any]:
    aggregation = Aggregation.objects.filter(question=question).first()
    return aggregation.agreement if aggregation else {}


def manifest(version: Version) -> dict[str, Any]:
    """Return the header of a version with its entries under `items`, and under `erased` how many items were erased since.

    Raises Damaged if what is stored does not match the fingerprint.
    """
    kept = _checked(version)
    found = [one.entry for one in kept if one.content]
    return json.loads(version.manifest.header) | {"items": found, "erased": len(kept) - len(found)}


def stream(version: Version) -> Iterator[list[dict[str, Any]]]:
    """Return the entries of a version in parts of up to 1,000, in the order of the leaves, without those that were erased.

    Memory does not grow with the version. Raises Damaged if the leaves are not those that were frozen, and while it is read
    if a part is not.
    """
    leaves = frozen_items.leaves_of(version)
    if tree(version, [leaf for _, leaf in leaves])[-1][0].hex() != version.sha256:
        raise _damaged(version)
    return _parts(version, leaves)


def _parts(version: Version, leaves: list[tuple[int, bytes]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(leaves), PART):
        expected = leaves[start : start + PART]
        kept = frozen_items.some([pk for pk, _ in expected])
        if [(one.pk, one.leaf) for one in kept] != expected or not all(one.intact for one in kept):
            raise _damaged(version)
        yield [one.entry for one in kept if one.content]


def tree(version: Version, leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Return the levels of a version's Merkle tree over the leaves of its items."""
    return _levels(version.manifest.header.encode(), leaves)


def _levels(header: bytes, leaves: Sequence[bytes]) -> list[list[bytes]]:
    return merkle.levels([merkle.leaf(b"", header), *leaves])


def _checked(version: Version) -> list[Kept]:
    """Return what a version says of its items. Raises Damaged."""
    kept = frozen_items.of_version(version)
    if not all(one.intact for one in kept) or tree(version, [one.leaf for one in kept])[-1][0].hex() != version.sha256:
        raise _damaged(version)
    return kept


def _damaged(version: Version) -> Damaged:
    return Damaged(
        f"{version.question} {version}: what is stored is damaged. `manage.py verify {version.sha256[:12]}` names it."
    )
