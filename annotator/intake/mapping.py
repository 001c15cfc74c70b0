"""Mappings: what each column of a table is used for.

A column is shown, names or places the item, holds an answer, or is kept as a field. Fields are never shown to those who answer.
Nothing here needs the database: the process that reads a file applies its mapping.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from annotator.intake.cells import SPLITS


class ColumnUse(StrEnum):
    """What a column is used for."""

    TEXT = "text"
    HTML = "html"
    LEFT = "left"
    RIGHT = "right"
    ABOUT = "about"
    ADDRESS = "address"
    SHOWN = "shown"
    EXTERNAL_ID = "external_id"
    GROUP = "group"
    SPLIT = "split"
    PRIORITY = "priority"
    TAGS = "tags"
    LABEL = "label"
    WORKER = "worker"
    TIME = "time"
    FIELD = "field"
    IGNORED = "ignored"


LABELS: dict[str, str] = {
    ColumnUse.TEXT: "Text to show",
    ColumnUse.HTML: "Formatted text to show",
    ColumnUse.LEFT: "Left side of a pair",
    ColumnUse.RIGHT: "Right side of a pair",
    ColumnUse.ABOUT: "What a pair is about",
    ColumnUse.ADDRESS: "Address of a file",
    ColumnUse.SHOWN: "Shown in a record",
    ColumnUse.EXTERNAL_ID: "External id",
    ColumnUse.GROUP: "Group",
    ColumnUse.SPLIT: "Split",
    ColumnUse.PRIORITY: "Priority",
    ColumnUse.TAGS: "Tags",
    ColumnUse.LABEL: "Label or answer",
    ColumnUse.WORKER: "Who answered",
    ColumnUse.TIME: "When they answered",
    ColumnUse.FIELD: "Field, not shown",
    ColumnUse.IGNORED: "Not imported",
}
MANY = frozenset({ColumnUse.SHOWN, ColumnUse.FIELD, ColumnUse.IGNORED})  # uses that several columns may have
# The uses that make an item. One group of them is needed, unless the file only brings answers for items that are here.
CONTENT = frozenset(
    {ColumnUse.TEXT, ColumnUse.HTML, ColumnUse.LEFT, ColumnUse.RIGHT, ColumnUse.ADDRESS, ColumnUse.SHOWN}
)
ANSWER = frozenset({ColumnUse.LABEL, ColumnUse.WORKER, ColumnUse.TIME})
# Whole names, in lower case and without spaces, that tell what a column is.
_NAMES: dict[ColumnUse, frozenset[str]] = {
    ColumnUse.TEXT: frozenset({"text", "message", "comment", "sentence", "review", "tweet", "content", "body"}),
    ColumnUse.HTML: frozenset({"html"}),
    ColumnUse.LEFT: frozenset({"left", "text1", "texta", "premise", "sentence1"}),
    ColumnUse.RIGHT: frozenset({"right", "text2", "textb", "hypothesis", "sentence2"}),
    ColumnUse.ABOUT: frozenset({"about"}),
    ColumnUse.ADDRESS: frozenset(
        {"url", "imageurl", "pictureurl", "image", "picture", "uri", "address", "audio", "file"}
    ),
    ColumnUse.EXTERNAL_ID: frozenset({"id", "externalid", "itemid", "uuid", "key", "documentid", "docid", "item"}),
    ColumnUse.GROUP: frozenset(
        {
            "group",
            "groupid",
            "customer",
            "customerid",
            "patient",
            "patientid",
            "recording",
            "recordingid",
            "userid",
            "thread",
        }
    ),
    ColumnUse.SPLIT: frozenset({"split", "set", "subset", "partition", "fold"}),
    ColumnUse.PRIORITY: frozenset({"priority"}),
    ColumnUse.TAGS: frozenset({"tags"}),
    ColumnUse.LABEL: frozenset(
        {
            "label",
            "labels",
            "class",
            "category",
            "target",
            "answer",
            "gold",
            "goldlabel",
            "sentiment",
            "y",
            "truth",
            "annotation",
        }
    ),
    ColumnUse.WORKER: frozenset({"worker", "workerid", "annotator", "annotatorid", "rater", "labeler", "labeller"}),
    ColumnUse.TIME: frozenset({"time", "answeredat", "annotatedat", "labeledat", "labelledat"}),
}
_ADDRESS = re.compile(r"^(https?|s3)://\S+\Z", re.IGNORECASE)
_NUMBER = re.compile(r"^-?\d+([.,]\d+)?\Z")


class BadMapping(ValueError):
    """The columns cannot be used like that. The message says why."""


@dataclass(frozen=True)
class Column:
    """A column as it was recognised: its name, the type of its values, and some of them as they are written."""

    name: str
    type: str
    samples: tuple[str, ...]
    filled: int
    distinct: int

    def as_dict(self) -> dict[str, Any]:
        """Return what pages and the API show."""
        return {
            "name": self.name,
            "type": self.type,
            "samples": list(self.samples),
            "filled": self.filled,
            "distinct": self.distinct,
        }


def _written(value: Any) -> str:
    """Return a value as a file writes it."""
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, (list, dict)) else str(value)


def recognised(rows: Sequence[Mapping[str, Any]]) -> list[Column]:
    """Return the columns of some rows of a table, in the order in which they come."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    found = []
    for name in names:
        values = [value for row in rows if (value := row.get(name)) not in (None, "")]
        texts = [_written(value) for value in values]
        samples = tuple(text[:200].replace("\x00", "␀") for text in dict.fromkeys(texts[:50]))[:3]
        found.append(Column(name, _type(values, texts), samples, len(values), len(set(texts))))
    return found


def _type(values: Sequence[Any], texts: Sequence[str]) -> str:
    if not values:
        return "empty"
    if all(isinstance(value, bool) for value in values):
        return "yes or no"
    if any(isinstance(value, (list, dict)) for value in values):
        return "list"
    if all(_NUMBER.match(text) for text in texts):
        return "number"
    if all(_ADDRESS.match(text) for text in texts):
        return "address"
    return "text"


def guess(columns: Sequence[Column]) -> dict[str, str]:
    """Return a use for each column, by its name and its values. A column that may hold a label is never shown."""
    uses: dict[str, str] = {}
    taken: set[ColumnUse] = set()
    answered = any(_plain(column.name) in _NAMES[ColumnUse.WORKER] for column in columns)
    for use, names in _NAMES.items():
        for column in columns:
            if use in taken or column.name in uses:
                continue
            if _plain(column.name) in names and _fits(use, column, answered):
                uses[column.name] = use
                taken.add(use)
    if (ColumnUse.LEFT in taken) != (ColumnUse.RIGHT in taken):
        uses = {name: use for name, use in uses.items() if use not in (ColumnUse.LEFT, ColumnUse.RIGHT)}
        taken -= {ColumnUse.LEFT, ColumnUse.RIGHT}
    if ColumnUse.LEFT not in taken:
        uses = {name: use for name, use in uses.items() if use != ColumnUse.ABOUT}
    _one_content(uses)
    if not CONTENT & set(uses.values()):
        _guess_content(columns, uses)
    return {column.name: uses.get(column.name, ColumnUse.FIELD) for column in columns}


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]", "", name.lower())


def _fits(use: ColumnUse, column: Column, answered: bool) -> bool:
    """Check whether the values of a column fit a use. `answered` says that rows name who answered, several for an item."""
    if use == ColumnUse.ADDRESS:
        return column.type == "address"
    if use == ColumnUse.EXTERNAL_ID:
        return answered or column.filled == 0 or column.distinct == column.filled  # an id does not come twice
    if use == ColumnUse.SPLIT:
        return all(sample.strip().lower() in SPLITS for sample in column.samples)
    if use == ColumnUse.PRIORITY:
        return column.type in ("number", "empty")
    return True


def _one_content(uses: dict[str, str]) -> None:
    """Keep one way to make an item: a pair, or else a formatted text, a text, an address."""
    ways = ((ColumnUse.LEFT, ColumnUse.RIGHT), (ColumnUse.HTML,), (ColumnUse.TEXT,), (ColumnUse.ADDRESS,))
    chosen = next((way for way in ways if set(way) <= set(uses.values())), ())
    for name, use in list(uses.items()):
        if use in CONTENT and use not in chosen:
            del uses[name]


def _guess_content(columns: Sequence[Column], uses: dict[str, str]) -> None:
    """Choose what is shown where no name tells: the column of the longest texts, an address, or else all that is no label."""
    rest = [column for column in columns if column.name not in uses]
    usual = max((column.filled for column in columns), default=0)
    # Objects of JSON may have each its own keys; a column that most rows lack is not what an item is made of.
    common = [column for column in rest if column.filled * 2 >= usual]
    texts = [column for column in common if column.type == "text" and max(map(len, column.samples)) >= 30]
    if texts:
        uses[max(texts, key=lambda column: sum(map(len, column.samples)) / len(column.samples)).name] = ColumnUse.TEXT
        return
    addresses = [column for column in common if column.type == "address"]
    if addresses:
        uses[addresses[0].name] = ColumnUse.ADDRESS
        return
    if {ColumnUse.EXTERNAL_ID, ColumnUse.LABEL} <= set(uses.values()) and not rest:
        return  # a file of answers
    uses |= dict.fromkeys((column.name for column in rest), ColumnUse.SHOWN)


def checked(uses: Mapping[str, str], names: Iterable[str]) -> dict[str, ColumnUse]:
    """Return the use of each column; columns that are not named are kept as fields. Raises BadMapping."""
    names = list(names)
    known = set(names)
    found: dict[str, ColumnUse] = {}
    for name, use in uses.items():
        if name not in known:
            raise BadMapping(f"There is no column “{name[:60]}”.")
        if use not in LABELS:
            raise BadMapping(f"“{str(use)[:40]}” is no use of a column; these are: {', '.join(LABELS)}.")
        found[name] = ColumnUse(use)
    given = list(found.values())
    for one in ColumnUse:
        if one not in MANY and given.count(one) > 1:
            raise BadMapping(f"Only one column can be used as “{LABELS[one]}”.")
    if (ColumnUse.LEFT in given) != (ColumnUse.RIGHT in given):
        raise BadMapping("A pair needs a left and a right side.")
    ways = [
        way
        for way in (ColumnUse.TEXT, ColumnUse.HTML, ColumnUse.LEFT, ColumnUse.ADDRESS, ColumnUse.SHOWN)
        if way in given
    ]
    if len(ways) > 1:
        raise BadMapping(f"An item is made in one way; choose one of: {', '.join(LABELS[way] for way in ways)}.")
    if not ways and not (ColumnUse.EXTERNAL_ID in given and ColumnUse.LABEL in given):
        raise BadMapping(
            "Choose what people see: a text, a formatted text, two sides of a pair, an address, or lines of a record. "
            "For answers to items that are here already, choose the external id and the label."
        )
    if ColumnUse.LABEL not in given and (ColumnUse.WORKER in given or ColumnUse.TIME in given):
        raise BadMapping("Who answered, and when, needs a column with the answer.")
    return {name: found.get(name, ColumnUse.FIELD) for name in names}
