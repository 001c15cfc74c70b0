"""Every answer that people gave about the items of a version, with pseudonyms."""

import hashlib
import hmac
from collections import defaultdict
from typing import Any

from annotator.models import Answer, CountedAnswer, Gold, Item, Project
from datasets.models import Version

PSEUDONYM = 12  # hexadecimal digits


def pseudonym(project: Project, worker: int) -> str:
    """Return the name of a worker in exports: the same in all exports of a project, and of no use without its salt."""
    return "w" + hmac.new(project.salt.encode(), f"worker:{worker}".encode(), hashlib.sha256).hexdigest()[:PSEUDONYM]


def add(version: Version, part: list[dict[str, Any]], key: str) -> None:
    """Add to each of some rows, under a key, the answers that were given before the version was frozen, the oldest first.

    Each has the `worker`, the `value`, when it was `created_at`, `active_seconds`, whether it was asked with a known answer
    (`gold`), is a reviewer's `decision`, was `simulated` or `imported`, and whether it counted (`counted`): one that its author
    replaced, or that was excluded, did not.
    """
    wanted = Item.objects.filter(project=version.project_id, sha256__in=[row["sha256"] for row in part], erased_at=None)
    items = dict(wanted.values_list("pk", "sha256"))
    about = {"task__question": version.question_id, "task__item__in": list(items)}
    given = Answer.objects.filter(**about, created_at__lte=version.created_at).order_by("created_at", "pk")
    counted = set(CountedAnswer.objects.filter(**about).values_list("pk", flat=True))
    gold = set(Gold.objects.filter(**about).values_list("task__item_id", flat=True))
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for answer in given.select_related("task"):
        item = answer.task.item_id
        found[items[item]].append(
            {
                "worker": pseudonym(version.project, answer.worker_id),
                "value": answer.value,
                "created_at": answer.created_at.isoformat(),
                "active_seconds": answer.active_ms / 1000,
                "gold": item in gold,
                "decision": answer.decision,
                "simulated": answer.simulated,
                "imported": answer.imported,
                "counted": answer.pk in counted,
            }
        )
    for row in part:
        row[key] = found[row["sha256"]]
