"""Rules that choose the training items of a version. Test items are never chosen: all of them are in."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from annotator.models import Flag, Question, Split
from datasets.models import Label

# Each rule, in the order in which they are applied, and what it removes.
REMOVED = {
    "min_probability": "less probable than the minimum",
    "min_answers": "fewer answers than the minimum",
    "only_decided": "not decided by a reviewer",
    "without_flagged": "a comment waits for a reply",
    "balance": "more than the rarest class has",
    "sample": "more than were asked for",
}


class BadRules(ValueError):
    """The rules cannot be applied to these labels. The message says why."""


@dataclass(frozen=True)
class FreezeRules:
    """Which training labels a version takes.

    min_probability: leave out labels that are less probable, from 0 to 1.
    min_answers: leave out items with fewer answers, unless their label was decided.
    only_decided: take only labels that a reviewer decided, or that were imported as finished.
    without_flagged: leave out items about which somebody's comment was not settled yet.
    balance: take as many items of each class as the rarest has.
    sample: the most items that are taken, as many of each class if they are balanced; None for all.
    """

    min_probability: float = 0.0
    min_answers: int = 1
    only_decided: bool = False
    without_flagged: bool = False
    balance: bool = False
    sample: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the rules that differ from taking everything, and the two that every version names."""
        always = ("min_probability", "min_answers")
        return {
            one.name: value
            for one in fields(self)
            if (value := getattr(self, one.name)) != one.default or one.name in always
        }


@dataclass(frozen=True)
class Candidate:
    """A training item with a label, as far as rules look at it."""

    sha256: str
    label: Any
    probability: float
    answers: int
    decided: bool


@dataclass(frozen=True)
class Selection:
    """The SHA-256 of the items that the rules take, and how many each rule removes; rules that remove nothing are left out."""

    kept: frozenset[str]
    removed: dict[str, int]


def select(question: Question, rules: FreezeRules) -> Selection:
    """Apply the rules to the labels of a question as they are now. Raises BadRules."""
    labels = Label.objects.filter(question=question, item__withdrawn_at=None, item__split=Split.TRAIN)
    rows = labels.values_list("item__sha256", "value", "probability", "answers", "decided")
    return apply(rules, [Candidate(*row) for row in rows], _flagged(question, rules), question.project.salt)


def _flagged(question: Question, rules: FreezeRules) -> set[str]:
    if not rules.without_flagged:
        return set()
    waiting = Flag.objects.filter(question=question, settled_at=None, task__isnull=False)
    return set(waiting.values_list("task__item__sha256", flat=True))


def apply(rules: FreezeRules, candidates: Sequence[Candidate], flagged: set[str], salt: str) -> Selection:
    """Apply rules to training items.

    Where only some are taken, a hash of the salt and the content chooses them. So a larger sample holds every smaller one.
    Raises BadRules if classes cannot be balanced.
    """
    filters: dict[str, Callable[[Candidate], bool]] = {
        "min_probability": lambda one: round(one.probability, 6) >= rules.min_probability,
        "min_answers": lambda one: one.answers >= rules.min_answers or one.decided,
        "only_decided": lambda one: one.decided or not rules.only_decided,
        "without_flagged": lambda one: one.sha256 not in flagged,
    }
    kept, removed = list(candidates), {}
    for name, passes in filters.items():
        before = len(kept)
        kept = [one for one in kept if passes(one)]
        removed[name] = before - len(kept)
    kept.sort(key=lambda one: hashlib.sha256(f"{salt}:version:{one.sha256}".encode()).digest())
    if rules.balance and kept:
        classes = Counter(map(_class, kept))
        balanced = _of_each(kept, min(classes.values()))
        removed["balance"] = len(kept) - len(balanced)
        kept = balanced if rules.sample is None else _of_each(balanced, rules.sample // len(classes))
        removed["sample"] = len(balanced) - len(kept)
    elif rules.sample is not None:
        removed["sample"] = max(0, len(kept) - rules.sample)
        kept = kept[: rules.sample]
    return Selection(frozenset(one.sha256 for one in kept), {name: count for name, count in removed.items() if count})


def _of_each(candidates: Sequence[Candidate], most: int) -> list[Candidate]:
    """Return the first items of each class."""
    taken: Counter[str] = Counter()
    found = []
    for one in candidates:
        taken[_class(one)] += 1
        if taken[_class(one)] <= most:
            found.append(one)
    return found


def _class(one: Candidate) -> str:
    if isinstance(one.label, dict | list):
        raise BadRules("Classes can be balanced only if a label is one word or number.")
    return json.dumps(one.label)
