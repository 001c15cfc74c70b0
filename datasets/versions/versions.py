"""Versions: a frozen set of labelled items under the SHA-256 of its manifest.

The manifest is canonical JSON (sorted keys, items by their content's SHA-256, no times, no row ids): the same content is the
same version, wherever and whenever it is frozen. A question's first version fixes the test set, and later ones copy it
unchanged: all versions are evaluated on the same items with the same labels. Only withdrawn items are left out, so after the
withdrawal of a test item the errors of new versions are not compared with those of older ones.
"""

import hashlib
import json
from typing import Any

from django.db import transaction
from django.db.models import Q

from annotator import audit, storage
from annotator.models import Question, Split, User
from annotator.server import locks
from annotator.server.locks import Lock
from datasets.models import Aggregation, Label, Version
from datasets.signals import version_frozen

FORMAT = "marginalia-version/1"


class NotFreezable(ValueError):
    """There is nothing to freeze; the message says what is missing."""


def build(question: Question, min_probability: float = 0.0, min_answers: int = 1) -> dict[str, Any]:
    """Return the manifest that a freeze would write now. Raises NotFreezable.

    Args:
        question: whose labels.
        min_probability: leave out training items whose label is less probable than this, from 0 to 1.
        min_answers: leave out training items with fewer answers, unless their label was decided.
    """
    labels = Label.objects.filter(question=question, item__withdrawn_at=None).select_related("item")
    enough = Q(answers__gte=min_answers) | Q(decided=True)  # a finished label that was imported has no answers at all
    wanted = labels.filter(enough, item__split=Split.TRAIN, probability__gte=min_probability)
    train = [_entry(label) for label in wanted]
    first = question.versions.order_by("number").first()
    if first:
        gone = set(question.project.items.filter(withdrawn_at__isnull=False).values_list("sha256", flat=True))
        test = [
            entry for entry in manifest(first)["items"] if entry["split"] == Split.TEST and entry["sha256"] not in gone
        ]
    else:
        test = [_entry(label) for label in labels.filter(item__split=Split.TEST)]
    if not train:
        raise NotFreezable("No training item has a label yet that meets these conditions.")
    if not test:
        raise NotFreezable("No test item has a label yet; without a test set no model can be judged.")
    return {
        "format": FORMAT,
        "question": {"text": question.text, "kind": question.kind, "config": question.config},
        "rules": {"min_probability": min_probability, "min_answers": min_answers},
        "gold": _gold(question),
        "items": sorted(train + test, key=lambda entry: (entry["split"], entry["sha256"])),
    }


def _gold(question: Question) -> list[list[Any]]:
    """Return each gold item's known value and what people say about it, in an order that does not reveal when they answered."""
    aggregation = Aggregation.objects.filter(question=question).first()
    return sorted(aggregation.gold if aggregation else [], key=canonical)


def _entry(label: Label) -> dict[str, Any]:
    item = label.item
    return {
        "sha256": item.sha256,
        "name": item.name,
        "modality": item.modality,
        "mime_type": item.mime_type,
        "width": item.width,
        "height": item.height,
        "split": item.split,
        "label": label.value,
        "probability": round(label.probability, 6),
        "crowd": label.crowd,
        "answers": label.answers,
        "simulated": label.simulated,
        "imported": label.imported,
    }


def sides(content: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the training and the test items of a manifest."""
    train, test = ([one for one in content["items"] if one["split"] == split] for split in (Split.TRAIN, Split.TEST))
    return train, test


def canonical(content: Any) -> bytes:
    """Return the one form of a JSON document that is hashed: UTF-8, sorted keys, no spaces."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def freeze(question: Question, content: dict[str, Any], user: User | None) -> tuple[Version, bool]:
    """Store a manifest and its row. Returns the version and whether it is new: content that was frozen before is that version.

    The rules that selected the items are not content: if other rules select the same items, it is the same version. A second
    one would be trained on again, and count as new evidence.

    Called in a transaction; listeners (such as the training of a model) run inside it.
    """
    document = canonical(content)
    sha256 = storage.put_content(document)
    with transaction.atomic():
        locks.take(Lock.VERSIONS, question.pk)
        items = content["items"]
        items_sha256 = hashlib.sha256(canonical(items)).hexdigest()
        for same in question.versions.filter(items_sha256=items_sha256).order_by("number"):
            if manifest(same) | {"rules": None} == content | {"rules": None}:
                return same, False
        test = [entry for entry in items if entry["split"] == Split.TEST]
        version = Version.objects.create(
            project_id=question.project_id,
            question=question,
            number=_next_number(question),
            sha256=sha256,
            test_sha256=hashlib.sha256(canonical(test)).hexdigest(),
            items_sha256=items_sha256,
            train_count=len(items) - len(test),
            test_count=len(test),
            answer_count=sum(entry["answers"] for entry in items),
            simulated_count=sum(entry["simulated"] for entry in items),
            imported_count=sum(entry["imported"] for entry in items),
            rules=content["rules"],
            created_by=user,
        )
        audit.record(user, version.project, "froze a version", number=version.number, sha256=sha256)
        version_frozen.send(Version, version=version)
        return version, True


def _next_number(question: Question) -> int:
    last = question.versions.order_by("-number").first()
    return last.number + 1 if last else 1


def manifest(version: Version) -> dict[str, Any]:
    """Return the manifest of a version. Raises ValueError if the stored content does not match its hash."""
    return json.loads(storage.get_content(version.sha256))
