"""Versions to train on, made without people: labels are frozen straight into a manifest."""

from datasets.models import Version
from datasets.versions import versions
from tests import make


def frozen(question, manager, train, test, probability=1.0, named="item") -> Version:
    """Freeze a version of contents that carry labels: `train` and `test` are lists of (content, label), or with a probability.

    The items exist in the project; their side is set as asked.
    """
    from annotator import storage
    from annotator.models import Item
    from annotator.models.item import IN_DATABASE

    entries = []
    for side, pairs in (("train", train), ("test", test)):
        for place, (content, label, *sure) in enumerate(pairs):
            sha256 = storage.put_content(content)
            modality, mime_type = modality_of(content)
            Item.objects.get_or_create(
                project=question.project,
                sha256=sha256,
                defaults={
                    "name": f"{named} {side} {place}",
                    "mime_type": mime_type,
                    "modality": modality,
                    "text": content.decode() if modality in IN_DATABASE else "",
                    "size": len(content),
                    "width": 8,
                    "height": 8,
                    "split": side,
                },
            )
            entries.append(
                {
                    "sha256": sha256,
                    "name": f"{named} {side} {place}",
                    "modality": modality,
                    "mime_type": mime_type,
                    "width": 8,
                    "height": 8,
                    "split": side,
                    "label": label,
                    "probability": sure[0] if sure else probability,
                    "answers": 3,
                    "simulated": 0,
                    "imported": 0,
                    "decided": False,
                    "length": 0,
                    "external_id": "",
                    "group": "",
                    "path": "",
                    "fields": {},
                    "crowd": [],
                }
            )
    content = {
        "format": versions.FORMAT,
        "question": {"text": question.text, "kind": question.kind, "config": question.config},
        "rules": {"min_probability": 0.0, "min_answers": 1},
        "items": sorted(entries, key=lambda one: (one["split"], one["sha256"])),
    }
    label_rows(question, entries)
    return versions.freeze(question, content, manager)[0]


def label_rows(question, entries) -> None:
    """Give each item of some entries its label's row, as an aggregation would."""
    from annotator.models import Item
    from datasets.models import Label

    items = {item.sha256: item for item in Item.objects.filter(project=question.project)}
    for one in entries:
        Label.objects.get_or_create(
            question=question,
            item=items[one["sha256"]],
            defaults={"value": one["label"], "probability": one["probability"], "answers": one["answers"]},
        )


def modality_of(content: bytes) -> tuple[str, str]:
    """Return a content's modality and type by its first bytes."""
    if content.startswith(b"{"):
        return "row", "application/json"
    return ("picture", "image/png") if content.startswith((b"\x89PNG", b"broken")) else ("text", "text/plain")


def shades(count: int, first: int = 0) -> list[tuple[bytes, str]]:
    """Return different pictures, dark ones labelled yes and light ones no."""
    found = []
    for number in range(first, first + count):
        dark = number % 2 == 0
        shade = (10 if dark else 160) + (number * 7) % 80
        found.append((make.png(shade, (8 + number % 5, 8 + number // 5)), "yes" if dark else "no"))
    return found
