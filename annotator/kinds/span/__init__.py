"""Span: labelled stretches of a text, which may overlap, and relations between them.

Configuration: `{"labels": [...], "relations": [...], "least": 0}`. Each label has value, label and key. Relations may be
left out.
An answer is `{"spans": [{"start", "end", "label"}, ...], "relations": [{"from", "to", "label"}, ...]}`. `start` and `end`
count Unicode code points of the original text; `end` is the first one after the span. `from` and `to` are indices into
`spans`. `relations` is present only if the question has relations.
"""

from typing import Any

from annotator.kinds import labels
from annotator.kinds.base import About, Kind, Template
from annotator.kinds.errors import Invalid
from annotator.kinds.plain import fields, known, whole
from annotator.kinds.span import schema
from annotator.kinds.span.schema import MOST_LABELS, MOST_SPANS


class Span(Kind):
    """Stretches of a text."""

    name = "span"
    title = "Span: mark words in a text"
    widget = "kinds/span/widget.js"
    form = "annotator.kinds.span.form.SpanForm"
    config_schema, value_schema = schema.CONFIG, schema.VALUE
    agreement = 0.7
    templates = (
        Template(
            "words-that-show-it",
            "Highlight words",
            "Which words show the disappointment?",
            {"labels": [{"value": "disappointment", "key": "1"}]},
            "Mark as few words as show it. If no word does, mark none.",
        ),
        Template(
            "entities",
            "Names and how they belong together",
            "Mark the people, places and organisations.",
            {"labels": ["person", "place", "organisation"], "relations": ["works for", "lives in"]},
        ),
    )

    def check_config(self, config: Any) -> dict[str, Any]:
        """Return the labels, the relations and the minimum number of spans."""
        known(config, ("labels", "relations", "least"), "A span question")
        if not isinstance(config, dict):
            raise Invalid("A span question has labels.")
        named = labels.check_labels(config.get("labels"), "Labels", MOST_LABELS)
        stored: dict[str, Any] = {"labels": named, "least": whole(config.get("least", 0), "The fewest spans", 0, 100)}
        if config.get("relations"):
            taken = "".join(entry["key"] for entry in named)
            related = labels.check_labels(config["relations"], "Relations", MOST_LABELS - len(named), taken)
            if {entry["key"] for entry in related} & set(taken):
                raise Invalid("A label and a relation have the same key.")
            stored["relations"] = related
        return stored

    def check_change(self, config: dict[str, Any], new: dict[str, Any]) -> None:
        """Allow labels and relations to be renamed and added, and the minimum to be lowered."""
        labels.keep(config["labels"], new["labels"], "labels")
        labels.keep(config.get("relations", []), new.get("relations", []), "relations")
        if new.get("relations") and not config.get("relations"):
            raise Invalid("Relations cannot be added: the answers given are of another shape.")
        if new["least"] > config["least"]:
            raise Invalid("The fewest spans can be lowered, not raised.")

    def modalities(self, config: dict[str, Any]) -> frozenset[str]:
        """Return texts only."""
        return frozenset({"text"})

    def check(self, config: dict[str, Any], value: Any, item: About) -> dict[str, Any]:
        """Return the spans and relations. Raises Invalid."""
        needed: dict[str, Any] = {"spans": list} | ({"relations": list} if config.get("relations") else {})
        fields(value, needed, "The answer")
        if not config["least"] <= len(value["spans"]) <= MOST_SPANS:
            raise Invalid(f"Mark at least {config['least']:,} and at most {MOST_SPANS:,} spans.")
        names = {entry["value"] for entry in config["labels"]}
        seen = set()
        for place, span in enumerate(value["spans"], start=1):
            what = f"Span {place:,}"
            fields(span, {"start": int, "end": int, "label": str}, what)
            if not 0 <= span["start"] < span["end"]:
                raise Invalid(f"{what} ends before it begins.")
            if span["end"] > item.length:
                raise Invalid(f"{what} ends at {span['end']:,}, past the end of the text at {item.length:,}.")
            if span["label"] not in names:
                raise Invalid(f"{what} has the label “{span['label'][:40]}”, which is none of the question's.")
            stretch = (span["start"], span["end"], span["label"])
            if stretch in seen:
                raise Invalid(f"{what} is marked twice.")
            seen.add(stretch)
        if config.get("relations"):
            self._check_relations(config, value)
        return value

    def _check_relations(self, config: dict[str, Any], value: dict[str, Any]) -> None:
        names, count = {entry["value"] for entry in config["relations"]}, len(value["spans"])
        if len(value["relations"]) > MOST_SPANS:
            raise Invalid(f"There are at most {MOST_SPANS:,} relations.")
        seen = set()
        for place, relation in enumerate(value["relations"], start=1):
            what = f"Relation {place:,}"
            fields(relation, {"from": int, "to": int, "label": str}, what)
            if (
                not (0 <= relation["from"] < count and 0 <= relation["to"] < count)
                or relation["from"] == relation["to"]
            ):
                raise Invalid(f"{what} does not lead from one span to another.")
            if relation["label"] not in names:
                raise Invalid(f"{what} has the label “{relation['label'][:40]}”, which is none of the question's.")
            ends = (relation["from"], relation["to"], relation["label"])
            if ends in seen:
                raise Invalid(f"{what} is named twice.")
            seen.add(ends)

    def similarity(self, config: dict[str, Any], one: Any, other: Any) -> float:
        """Return the F1 score of labelled characters over all labels: 1 for the same marks, 0 for none in common."""
        first, second = _stretches(one), _stretches(other)
        together = sum(_length(stretches) for marks in (first, second) for stretches in marks.values())
        shared = sum(_shared(stretches, second[label]) for label, stretches in first.items() if label in second)
        return 2 * shared / together if together else 1.0

    def size(self, value: Any) -> int:
        """Return the number of spans plus 1."""
        return 1 + len(value["spans"])

    def text(self, config: dict[str, Any], value: Any) -> str:
        """Return the number of spans of each label, and of relations, in words."""
        counts: dict[str, int] = {}
        for span in value["spans"]:
            named = labels.name(config["labels"], span["label"])
            counts[named] = counts.get(named, 0) + 1
        said = ", ".join(f"{count} × {named}" for named, count in counts.items()) or "nothing marked"
        related = len(value.get("relations", []))
        return said + (f", {related} relation{'s' if related > 1 else ''}" if related else "")


def _stretches(value: dict[str, Any]) -> dict[str, list[tuple[int, int]]]:
    """Return the marked characters of each label as ordered stretches that do not touch.

    Stretches are used instead of characters, so the time depends on the number of marks, not on their length.
    """
    found: dict[str, list[tuple[int, int]]] = {}
    for start, end, label in sorted((span["start"], span["end"], span["label"]) for span in value["spans"]):
        stretches = found.setdefault(label, [])
        if stretches and start <= stretches[-1][1]:
            stretches[-1] = stretches[-1][0], max(end, stretches[-1][1])
        else:
            stretches.append((start, end))
    return found


def _length(stretches: list[tuple[int, int]]) -> int:
    return sum(end - start for start, end in stretches)


def _shared(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> int:
    """Return how many characters are in both, in one pass over the two lists."""
    shared = first = second = 0
    while first < len(one) and second < len(other):
        end = min(one[first][1], other[second][1])
        shared += max(0, end - max(one[first][0], other[second][0]))
        if one[first][1] == end:
            first += 1
        else:
            second += 1
    return shared


KIND = Span()
