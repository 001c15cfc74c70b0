"""Set: several questions about one item, where later ones may depend on earlier answers.

Configuration: `{"parts": [{"name": "how", "text": "...", "kind": "scale", "config": {...},
"when": {"part": "name", "is": [...]}}, ...]}`.
A part without `when` is always asked. A part with `when` is asked only if the earlier part was answered with one of these
values (for several choices: with any of them). An answer is an object with the answer of each asked part, by its name.
"""

import re
from typing import Any

from annotator import kinds
from annotator.kinds.base import EVERY_MEDIUM, About, Kind, Template
from annotator.kinds.errors import Invalid
from annotator.kinds.plain import known, words
from annotator.kinds.set import schema
from annotator.kinds.set.schema import MOST_PARTS

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")


class QuestionSet(Kind):
    """Several questions about one item."""

    name = "set"
    title = "Set: several questions about one item"
    widget = "kinds/set/widget.js"
    form = "annotator.kinds.set.form.SetForm"
    config_schema, value_schema = schema.CONFIG, schema.VALUE
    agreement = 0.75
    templates = (
        Template(
            "disappointed-why",
            "A question, and why",
            "How disappointed is the writer, and what about?",
            {
                "parts": [
                    {
                        "name": "how_much",
                        "text": "Does this text convey disappointment?",
                        "kind": "scale",
                        "config": {"points": 5, "low": "not at all", "high": "very much"},
                    },
                    {
                        "name": "about",
                        "text": "What is it about?",
                        "kind": "choice",
                        "config": {"choices": ["delivery", "price", "quality", "service"], "several": True, "least": 1},
                        "when": {"part": "how_much", "is": [3, 4, 5]},
                    },
                ]
            },
        ),
    )

    def check_config(self, config: Any) -> dict[str, Any]:
        """Return the parts, each checked by its kind."""
        known(config, ("parts",), "A set")
        given = config.get("parts") if isinstance(config, dict) else None
        if not isinstance(given, list) or not 2 <= len(given) <= MOST_PARTS:
            raise Invalid(f"A set has 2 to {MOST_PARTS} parts.")
        parts: list[dict[str, Any]] = []
        for entry in given:
            parts.append(self._part(entry, parts))
        if not self.modalities({"parts": parts}):
            raise Invalid("No item fits all parts: one asks about texts, another about pictures.")
        return {"parts": parts}

    def _part(self, entry: Any, earlier: list[dict[str, Any]]) -> dict[str, Any]:
        if not isinstance(entry, dict):
            raise Invalid("Each part is an object with name, text, kind and config.")
        known(entry, ("name", "text", "kind", "config", "when"), "A part of a set")
        name, kind = entry.get("name"), entry.get("kind")
        if not isinstance(name, str) or not _NAME.match(name):
            raise Invalid("The name of a part is small letters, digits and _, and begins with a letter.")
        if name in [part["name"] for part in earlier]:
            raise Invalid(f"Two parts are named “{name}”.")
        if not isinstance(kind, str) or kind == self.name:
            raise Invalid(f"“{name}” is of a kind that cannot be part of a set.")
        part = {
            "name": name,
            "text": words(entry.get("text"), f"The text of “{name}”", 500),
            "kind": kind,
            "config": kinds.get(kind).check_config(entry.get("config")),
        }
        if entry.get("when"):
            part["when"] = self._when(entry["when"], name, earlier)
        return part

    def _when(self, when: Any, name: str, earlier: list[dict[str, Any]]) -> dict[str, Any]:
        known(when, ("part", "is"), "A part's “when”")
        above = next((part for part in earlier if isinstance(when, dict) and part["name"] == when.get("part")), None)
        values = when.get("is") if isinstance(when, dict) else None
        if above is None or not isinstance(values, list) or not values:
            raise Invalid(f"“{name}” depends on an earlier part and the values it may have.")
        possible = set(
            kinds.get(above["kind"]).classes(above["config"])
            or [choice["value"] for choice in above["config"].get("choices", [])]
        )
        if any(type(value) not in (str, int, float) or value not in possible for value in values):
            raise Invalid(f"“{name}” depends on a value that “{above['name']}” cannot have.")
        return {"part": above["name"], "is": values}

    def check_change(self, config: dict[str, Any], new: dict[str, Any]) -> None:
        """Allow texts to change, and what each part's kind allows."""
        if [(p["name"], p["kind"], p.get("when")) for p in config["parts"]] != [
            (p["name"], p["kind"], p.get("when")) for p in new["parts"]
        ]:
            raise Invalid("The parts of a set, and what they depend on, stand; their texts can change.")
        for old, part in zip(config["parts"], new["parts"], strict=True):
            kinds.get(old["kind"]).check_change(old["config"], part["config"])

    def modalities(self, config: dict[str, Any]) -> frozenset[str]:
        """Return the modalities that fit all parts."""
        found = EVERY_MEDIUM
        for part in config["parts"]:
            found &= kinds.get(part["kind"]).modalities(part["config"])
        return found

    def check(self, config: dict[str, Any], value: Any, item: About) -> dict[str, Any]:
        """Return the answers of exactly the parts that are asked. Raises Invalid."""
        if not isinstance(value, dict):
            raise Invalid("The answer is an object with the answer of each part.")
        asked: set[str] = set()
        for part in config["parts"]:
            name = part["name"]
            if not _asked(part, value):
                if name in value:
                    raise Invalid(f"“{part['text']}” was not asked, going by the other answers.")
                continue
            asked.add(name)
            if name not in value:
                raise Invalid(f"“{part['text']}” is not answered yet.")
            try:
                kinds.get(part["kind"]).check(part["config"], value[name], item)
            except Invalid as problem:
                raise Invalid(f"“{part['text']}”: {problem}") from None
        if unknown := sorted(set(value) - asked):
            raise Invalid(f"There is no part “{unknown[0][:40]}”.")
        return value

    def is_asked(self, part: dict[str, Any], value: dict[str, Any]) -> bool:
        """Check whether a part is asked, given the answers to the parts before it."""
        return _asked(part, value)

    def similarity(self, config: dict[str, Any], one: Any, other: Any) -> float:
        """Return the mean similarity over the parts that either answer has; a part that only one has counts 0."""
        parts = [part for part in config["parts"] if part["name"] in one or part["name"] in other]
        alike = [
            kinds.get(part["kind"]).similarity(part["config"], one[part["name"]], other[part["name"]])
            for part in parts
            if part["name"] in one and part["name"] in other
        ]
        return sum(alike) / len(parts) if parts else 1.0

    def size(self, value: Any) -> int:
        """Return how much there is to compare in all parts, judged by each value's shape, because its kind is not known here."""
        return sum(_size(part) for part in value.values())

    def text(self, config: dict[str, Any], value: Any) -> str:
        """Return the answers of the parts in words, in order."""
        return "; ".join(
            kinds.get(part["kind"]).text(part["config"], value[part["name"]])
            for part in config["parts"]
            if part["name"] in value
        )


def _size(part: Any) -> int:
    if isinstance(part, dict):
        return 1 + sum(len(one) for one in part.values() if isinstance(one, list))
    return 1 + len(part) if isinstance(part, list | str) else 1


def _asked(part: dict[str, Any], value: dict[str, Any]) -> bool:
    when = part.get("when")
    if not when:
        return True
    said = value.get(when["part"])
    if not isinstance(said, list):
        return said in when["is"]
    wanted = set(when["is"])
    return any(isinstance(one, str) and one in wanted for one in said)


KIND = QuestionSet()
