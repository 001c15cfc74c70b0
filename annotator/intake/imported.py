"""Labels that a file has already: answers of named people, finished labels, or gold items."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.db import transaction
from django.utils import timezone

from annotator import audit, kinds
from annotator.intake import times
from annotator.kinds.reading import LabelReader
from annotator.models import Item, Project, Question, User
from annotator.people import imported as people
from annotator.people.imported import BadName
from annotator.quality import gold
from annotator.queue.imported_answers import MOST_AN_ITEM, ImportedAnswer, StoredAnswers, store_answers, store_labels

How = Literal["answers", "labels", "gold"]


@dataclass(frozen=True)
class RawAnswer:
    """A label as a file says it: of whom, what, when, and how many seconds it took."""

    worker: str
    label: Any
    time: str | int | float | None = None
    seconds: float | None = None


def take_in(
    project: Project, question: Question, by: User, rows: Sequence[tuple[int, RawAnswer]], how: How, source: str
) -> list[str | None]:
    """Store labels of a file. Return for each row the reason why it was refused, or None. Storing them again changes nothing.

    Call it before tasks are created for new items: what is answered already then reserves no money.

    Args:
        rows: each with the id of its item.
        how: `answers` of the people that the rows name; finished `labels`, whose author is the source; or `gold`.
        source: the file's name.

    Raises Refused for a draft.
    """
    return take_in_stored(project, question, by, rows, how, source).reasons


def take_in_stored(
    project: Project, question: Question, by: User, rows: Sequence[tuple[int, RawAnswer]], how: How, source: str
) -> StoredAnswers:
    """Store labels as `take_in` does, and also return which of them are new."""
    reasons: list[str | None] = [None] * len(rows)
    reader, now = LabelReader(question.kind, question.config), timezone.now()
    found = Item.objects.filter(project=project, pk__in={item for item, _ in rows})
    columns = "pk", "modality", "width", "height", "length"
    items = {pk: kinds.About(*about) for pk, *about in found.values_list(*columns)}
    clean: dict[str, str] = {}
    counts = Counter[int]()  # answers of each item: nobody is created whose answer cannot be stored
    good: list[
        tuple[int, str, ImportedAnswer]
    ] = []  # the row's place, the person, and the answer without its person's id
    for place, (item, raw) in enumerate(rows):
        try:
            about = items.get(item)
            if about is None:
                raise kinds.Invalid("There is no such item in this project.")
            if counts[item] >= MOST_AN_ITEM:
                raise kinds.Invalid(f"At most {MOST_AN_ITEM:,} answers to an item are taken.")
            value = reader.value_of(raw.label, about)
            who = _person(source[: people.LONGEST] if how == "labels" else raw.worker, clean) if how != "gold" else ""
            answer = ImportedAnswer(item, 0, value, times.parse(raw.time, now), _milliseconds(raw.seconds))
            good.append((place, who, answer))
            counts[item] += 1
        except (kinds.Invalid, BadName, times.BadTime) as problem:
            reasons[place] = str(problem)
    with transaction.atomic():
        answers = [answer for _, _, answer in good]
        if how == "gold":
            stored = StoredAnswers(*gold.add_many(question, by, [(one.item_id, one.value) for one in answers], source))
        else:
            note = "finished labels of this file" if how == "labels" else f"from {source}"
            ids = people.people_of(project, {who for _, who, _ in good}, note)
            named = [
                ImportedAnswer(one.item_id, ids[who], one.value, one.answered_at, one.active_ms) for _, who, one in good
            ]
            stored = (store_labels if how == "labels" else store_answers)(question, by, named, source)
            if stored.new:
                count = len(stored.new)
                audit.record(by, project, f"imported {how}", question=question.pk, source=source[:200], count=count)
    for (place, _, _), reason in zip(good, stored.reasons, strict=True):
        reasons[place] = reason
    return StoredAnswers(reasons, [good[new][0] for new in stored.new])


def _person(name: Any, clean: dict[str, str]) -> str:
    if not isinstance(name, str):
        raise BadName("The person who answered has no name.")
    if name not in clean:
        clean[name] = people.clean_person(name)
    return clean[name]


def _milliseconds(seconds: Any) -> int:
    """Return how long an answer took; 0 if that is not known. Raises Invalid."""
    if seconds is None:
        return 0
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not math.isfinite(seconds) or seconds < 0:
        raise kinds.Invalid("How many seconds an answer took is a number from 0 on.")
    return int(min(seconds, 1e6) * 1000)
