"""What differs between two versions of a question: items added, removed and relabelled."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from annotator.models import Answer
from datasets.models import Version
from datasets.versions import entries, frozen_items
from datasets.versions.frozen_items import Kept

MOST_CAUSES = 500  # relabelled items whose answers are looked up


class Level(StrEnum):
    """How much two versions differ, in the sense of Croissant's version numbers."""

    MAJOR = "major"  # items were relabelled or removed
    MINOR = "minor"  # items were only added
    PATCH = "patch"  # the data are the same; what is known of them is not


@dataclass(frozen=True)
class Relabelled:
    """An item with another label. `answers` are those that came in between; `decided_by` is who decided last, if anybody."""

    item: int
    before: dict[str, Any]
    after: dict[str, Any]
    answers: int = 0
    decided_by: str = ""


@dataclass
class Difference:
    """What a later version has and an earlier one has not, and the other way round.

    `added` and `removed` are entries, each with its `item`. `updated` is how many items have the same label and another
    probability, number of answers or name. `erased` is how many items that differ were erased since: nothing else is known.
    """

    added: list[dict[str, Any]] = field(default_factory=list)
    removed: list[dict[str, Any]] = field(default_factory=list)
    relabelled: list[Relabelled] = field(default_factory=list)
    updated: int = 0
    erased: int = 0

    @property
    def level(self) -> Level:
        """Return how much the versions differ."""
        if self.removed or self.relabelled or self.erased:
            return Level.MAJOR
        return Level.MINOR if self.added else Level.PATCH


def between(before: Version, after: Version) -> Difference:
    """Compare two versions of a question, with what led to other labels. Raises ValueError."""
    if before.question_id != after.question_id:
        raise ValueError("These are versions of different questions.")
    ids = [[pk for pk, _ in frozen_items.leaves_of(version)] for version in (before, after)]
    found = of_ids(*ids)
    if found.relabelled:
        found.relabelled = _with_causes(before, after, found.relabelled)
    return found


def of_ids(before: Sequence[int], after: Sequence[int]) -> Difference:
    """Compare two lists of frozen items, by their ids. Only what differs is read."""
    common = set(before) & set(after)
    old, new = (
        {one.item: one for one in frozen_items.some([pk for pk in ids if pk not in common])} for ids in (before, after)
    )
    found = Difference()
    for item in dict.fromkeys([*old, *new]):
        _add(found, item, old.get(item), new.get(item))
    return found


def _add(found: Difference, item: int, was: Kept | None, now: Kept | None) -> None:
    """Add what became of an item."""
    if any(one and not one.content for one in (was, now)):
        found.erased += 1
        return
    before, after = (entries.decoded(one.content) | {"item": item} if one else None for one in (was, now))
    if before is None and after is not None:
        found.added.append(after)
    elif after is None and before is not None:
        found.removed.append(before)
    elif before is not None and after is not None and before["label"] != after["label"]:
        found.relabelled.append(Relabelled(item, before, after))
    else:
        found.updated += 1


def _with_causes(before: Version, after: Version, relabelled: Sequence[Relabelled]) -> list[Relabelled]:
    """Return relabelled items with the answers that came in between."""
    since = Answer.objects.filter(
        task__question=after.question_id,
        task__item__in=[one.item for one in relabelled[:MOST_CAUSES]],
        created_at__gt=before.created_at,
        created_at__lte=after.created_at,
    )
    answers: Counter[int] = Counter()
    deciders: dict[int, str] = {}
    for item, decision, name in since.order_by("created_at").values_list(
        "task__item_id", "decision", "worker__username"
    ):
        if decision:
            deciders[item] = name
        else:
            answers[item] += 1
    return [
        Relabelled(one.item, one.before, one.after, answers[one.item], deciders.get(one.item, "")) for one in relabelled
    ]


def next_number(last: str, level: Level) -> str:
    """Return the number of the version that follows another, as MAJOR.MINOR.PATCH."""
    major, minor, patch = map(int, last.split("."))
    if level == Level.MAJOR:
        return f"{major + 1}.0.0"
    return f"{major}.{minor + 1}.0" if level == Level.MINOR else f"{major}.{minor}.{patch + 1}"
