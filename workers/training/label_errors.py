"""Labels that are probably wrong, and hard test items: shown and sent to review. Model predictions join people's answers."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from annotator import audit, queue
from annotator.models import Item, Member, Purpose, Review, ReviewTrigger, Split, Task, User
from annotator.people import permissions
from annotator.quality import review
from annotator.refusal import Refused
from datasets.labels import model_votes
from workers.training import findings
from workers.training.models import Training, TrainingRun

A_PAGE = 24


def shown(training: Training) -> dict[str, Any]:
    """Return the first suspects with their items, the number of suspects, and how many of them are already in review."""
    found = training.found.get("suspects", [])
    items = {item.sha256: item for item in _items(training, [one["sha256"] for one in found])}
    in_review = Review.objects.filter(task__question=training.version.question, task__item__in=list(items.values()))
    rows = [one | {"item": items[one["sha256"]]} for one in found[:A_PAGE] if one["sha256"] in items]
    return {
        "rows": rows,
        "count": training.found.get("suspect_count", 0),
        "sent": in_review.count(),
        "kept": len(found),
    }


def _items(training: Training, hashes: list[str]) -> list[Item]:
    return list(Item.objects.filter(project=training.version.project, sha256__in=hashes, split=Split.TRAIN))


def saw(member: Member, shown: Iterable[Training | TrainingRun], most: int | None = None) -> None:
    """Record that a person saw labels of items together with model predictions: they are no longer asked about those items.

    For a training these are its suspects (the first `most`), for a run the items it found hardest.
    """
    if not permissions.may_ever_answer(member):
        return
    hashes: dict[Any, set[str]] = defaultdict(set)
    for one in shown:
        told = (
            one.found.get("suspects", [])[:most] if isinstance(one, Training) else (one.result or {}).get("hardest", [])
        )
        hashes[one.version.question].update(entry["sha256"] for entry in told)
    for question, of in hashes.items():
        items = Item.objects.filter(project=member.project_id, sha256__in=of) if of else Item.objects.none()
        queue.mark_seen(question, member.user, list(items.values_list("pk", flat=True)))


def send_to_review(training: Training, by: User) -> int:
    """Send the suspects to review, except those already in review or decided; return how many were sent."""
    hashes = [one["sha256"] for one in training.found.get("suspects", [])]
    tasks = Task.objects.filter(
        question=training.version.question, purpose=Purpose.WORK, review=None, item__in=_items(training, hashes)
    )
    count = review.send_to_review(list(tasks), ReviewTrigger.MODEL)
    audit.record(by, training.version.project, "sent suspects to review", training=training.pk, count=count)
    return count


def join_answers(training: Training, by: User) -> int:
    """Add the models' predictions of items they have not learned from to people's answers, as one more worker.

    Returns the number of items. Raises Refused if there are no predictions, or the question takes no model votes.
    """
    said = findings.predictions(training)
    if not said:
        raise Refused("The models of this training say nothing of items they have not learned from.", "nothing_said")
    values = {
        item.pk: findings.value_of(said[item.sha256]) for item in _items(training, list(said)) if item.sha256 in said
    }
    version, question = training.version.number, training.version.question
    name = f"{training.network}, version {version}, cross-validated"
    pairs = list(values.items())
    for start in range(0, len(pairs), model_votes.MOST):
        model_votes.store_votes(question, name, dict(pairs[start : start + model_votes.MOST]), by)
    return len(values)


def hardest(run: TrainingRun) -> list[dict[str, Any]]:
    """Return the wrongly predicted test items whose label the model found least likely, with their rows."""
    found = (run.result or {}).get("hardest", [])
    wrong = [one for one in found if one["said"] != one["label"]]
    hashes = [one["sha256"] for one in wrong]
    items = {item.sha256: item for item in Item.objects.filter(Q(sha256__in=hashes), project=run.version.project)}
    return [one | {"item": items[one["sha256"]]} for one in wrong if one["sha256"] in items]
