"""What differs between two versions of a question: items added, removed and relabelled."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from annotator.models import Answer
from datasets.models import Version
from datasets.versions import frozen_items


class Level(StrEnum):
    """How much two versions differ, in the sense of Croissant's version numbers."""

    MAJOR = "major"  # items were relabelled or removed
    MINOR = "minor"  # items were only added
    PATCH = "patch"  # the data are the same; what is known of them is not


@dataclass
class Comparison:
    """What a later version has and an earlier one has not, and the other way round, as ids of frozen items.

    `relabelled` are pairs: before and after. `updated` is how many items have the same label and another probability, number of
    answers or name. `erased` is how many items that differ were erased since: nothing else is known of them.
    """

    added: list[int] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)
    relabelled: list[tuple[int, int]] = field(default_factory=list)
    updated: int = 0
    erased: int = 0

    @property
    def level(self) -> Level:
        """Return how much the versions differ."""
        if self.removed or self.relabelled or self.erased:
            return Level.MAJOR
        return Level.MINOR if self.added else Level.PATCH


@dataclass(frozen=True)
class Relabelled:
    """An item with another label. `answers` are those that came in between; `decided_by` is who decided last, if anybody."""

    item: int
    before: dict[str, Any]
    after: dict[str, Any]
    answers: int
    decided_by: str


def between(before: Version, after: Version) -> Comparison:
    """Compare two versions of a question. Raises ValueError if they are of different ones."""
    if before.question_id != after.question_id:
        raise ValueError("These are versions of different questions.")
    return of_ids(before.manifest.frozen_items, after.manifest.frozen_items)


def of_ids(before: Sequence[int], after: Sequence[int]) -> Comparison:
    """Compare two lists of frozen items, by their ids. Only the labels of what differs are read."""
    common = set(before) & set(after)
    old, new = (
        {item: (pk, label) for pk, item, label in frozen_items.labels_of([pk for pk in ids if pk not in common])}
        for ids in (before, after)
    )
    found = Comparison()
    for item in dict.fromkeys([*old, *new]):
        was, now = old.get(item), new.get(item)
        if (was and was[1] is None) or (now and now[1] is None):
            found.erased += 1
        elif was is None and now is not None:
            found.added.append(now[0])
        elif now is None and was is not None:
            found.removed.append(was[0])
        elif was is not None and now is not None and was[1] != now[1]:
            found.relabelled.append((was[0], now[0]))
        else:
            found.updated += 1
    return found


def entries_of(ids: Sequence[int]) -> list[dict[str, Any]]:
    """Return the entries of some frozen items, each with its `item`. Those that were erased are left out."""
    return [one.entry | {"item": one.item} for one in frozen_items.some(ids) if one.content]


def relabelled(before: Version, after: Version, pairs: Sequence[tuple[int, int]]) -> list[Relabelled]:
    """Return items with another label, with what led to it."""
    old, new = (
        ({one["item"]: one for one in entries_of(ids)} for ids in zip(*pairs, strict=True)) if pairs else ({}, {})
    )
    since = Answer.objects.filter(
        task__question=after.question_id,
        task__item__in=list(new),
        created_at__gt=before.created_at,
        created_at__lte=after.created_at,
    )
    answers: Counter[int] = Counter()
    deciders: dict[int, str] = {}
    rows = since.order_by("created_at").values_list("task__item_id", "decision", "worker__username")
    for item, decision, name in rows:
        if decision:
            deciders[item] = name
        else:
            answers[item] += 1
    return [
        Relabelled(item, old[item], entry, answers[item], deciders.get(item, ""))
        for item, entry in new.items()
        if item in old
    ]


def next_number(last: str, level: Level) -> str:
    """Return the number of the version that follows another, as MAJOR.MINOR.PATCH."""
    major, minor, patch = map(int, last.split("."))
    if level == Level.MAJOR:
        return f"{major + 1}.0.0"
    return f"{major}.{minor + 1}.0" if level == Level.MINOR else f"{major}.{minor}.{patch + 1}"
