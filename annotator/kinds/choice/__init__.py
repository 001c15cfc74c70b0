"""Choice: one of a few, several of many, one of thousands, or one of a hierarchy.

Configuration: `{"choices": [{"value": "7", "label": "Seven", "key": "7", "under": "odd"}, ...], "several": false}`.
Label, key and under may be left out. `under` names the parent choice in a hierarchy. With `several`, `least` and `most`
limit how many are chosen.
An answer is the `value` of one choice; with `several`, a list of values in any order.
"""

from typing import Any

from annotator.kinds import labels
from annotator.kinds.base import About, Kind, Template
from annotator.kinds.choice import schema
from annotator.kinds.choice.schema import MOST_CHOICES
from annotator.kinds.errors import Invalid
from annotator.kinds.plain import known, whole

MOST_LEVELS = 100
NAMED = 12


class Choice(Kind):
    """One choice, or several."""

    name = "choice"
    title = "Choice: one, or several, of some"
    widget = "kinds/choice/widget.js"
    form = "annotator.kinds.choice.form.ChoiceForm"
    config_schema, value_schema = schema.CONFIG, schema.VALUE
    agreement = 0.75
    templates = (
        Template("yes-no", "Yes or no", "Is this a cat?", {"choices": ["yes", "no"]}, modality="picture"),
        Template(
            "topic",
            "Topics of a text, several of many",
            "What is this message about?",
            {"choices": ["delivery", "price", "quality", "service", "something else"], "several": True, "least": 1},
        ),
        Template(
            "animal",
            "One of a hierarchy",
            "Which animal is it?",
            {
                "choices": [
                    "mammal",
                    {"value": "cat", "under": "mammal"},
                    {"value": "dog", "under": "mammal"},
                    "bird",
                    {"value": "owl", "under": "bird"},
                    {"value": "crow", "under": "bird"},
                ]
            },
            modality="picture",
        ),
    )

    def check_config(self, config: Any) -> dict[str, Any]:
        """Return the choices, each with value, label and key, and the limits if several may be chosen."""
        known(config, ("choices", "several", "least", "most"), "A choice")
        given = config.get("choices") if isinstance(config, dict) else None
        if not isinstance(given, list) or len(given) < 2:
            raise Invalid("A choice needs at least two choices.")
        choices = labels.check_labels(given, "Choices", MOST_CHOICES)
        self._place(given, choices)
        several = config.get("several", False)
        if not isinstance(several, bool):
            raise Invalid("“several” is true or false.")
        if not several:
            return {"choices": choices}
        least = whole(config.get("least", 1), "The fewest to be taken", 0, len(choices))
        most = whole(config.get("most", len(choices)), "The most to be taken", max(1, least), len(choices))
        return {"choices": choices, "several": True, "least": least, "most": most}

    def _place(self, given: list[Any], choices: list[dict[str, Any]]) -> None:
        """Store the parent of each choice, and check that the hierarchy has no cycle and at most MOST_LEVELS levels."""
        under = {}
        for entry, choice in zip(given, choices, strict=True):
            above = entry.get("under") if isinstance(entry, dict) else None
            if above not in (None, ""):
                choice["under"] = under[choice["value"]] = above
        values = {choice["value"] for choice in choices}
        for value, above in under.items():
            if not isinstance(above, str) or above not in values:
                raise Invalid(f"“{value}” stands under “{str(above)[:100]}”, which is none of the choices.")
        levels = dict.fromkeys(values - under.keys(), 1)
        for value in under:
            trail: dict[str, None] = {}  # ends at a choice whose level is known, so that none is visited twice
            at = value
            while at not in levels:
                if at in trail:
                    raise Invalid(f"“{at}” stands under itself.")
                trail[at] = None
                at = under[at]
            for level, passed in enumerate(reversed(trail), start=levels[at] + 1):
                levels[passed] = level
                if level > MOST_LEVELS:
                    raise Invalid(
                        f"“{passed}” stands at level {level:,}; a hierarchy has at most {MOST_LEVELS} levels."
                    )

    def check_change(self, config: dict[str, Any], new: dict[str, Any]) -> None:
        """Allow choices to be renamed and added, and the limits to be widened."""
        labels.keep(config["choices"], new["choices"], "choices")
        if bool(config.get("several")) != bool(new.get("several")):
            raise Invalid("One of some cannot become several of them: the answers given are of another shape.")
        if new.get("several") and (new["least"] > config["least"] or new["most"] < config["most"]):
            raise Invalid("How many may be taken can be widened, not narrowed.")

    def check(self, config: dict[str, Any], value: Any, item: About) -> Any:
        """Return the value of a choice, or a list of values. Raises Invalid."""
        values = {entry["value"] for entry in config["choices"]}
        if not config.get("several"):
            if not isinstance(value, str) or value not in values:
                raise Invalid(f"The answer is none of the choices: {self._named(config)}.")
            return value
        if not isinstance(value, list) or not all(isinstance(one, str) and one in values for one in value):
            raise Invalid(f"The answer is a list of choices, of these: {self._named(config)}.")
        if len(set(value)) < len(value):
            raise Invalid("A choice is named twice.")
        if not config["least"] <= len(value) <= config["most"]:
            raise Invalid(f"Take {config['least']} to {config['most']} choices.")
        return value

    def _named(self, config: dict[str, Any]) -> str:
        values = [entry["value"] for entry in config["choices"]]
        return ", ".join(values[:NAMED]) + (f" and {len(values) - NAMED:,} more" if len(values) > NAMED else "")

    def similarity(self, config: dict[str, Any], one: Any, other: Any) -> float:
        """Return 1 for the same choice, otherwise 0; for several, their Jaccard index."""
        if not config.get("several"):
            return float(one == other)
        either = set(one) | set(other)
        return len(set(one) & set(other)) / len(either) if either else 1.0

    def size(self, value: Any) -> int:
        """Return how many choices the answer has."""
        return len(value) if isinstance(value, list) else 1

    def text(self, config: dict[str, Any], value: Any) -> str:
        """Return the label of the choice, or the labels."""
        if isinstance(value, list):
            named = {entry["value"]: entry["label"] for entry in config["choices"]}
            return ", ".join(named.get(one, str(one)) for one in value) or "none of them"
        return labels.name(config["choices"], value)

    def classes(self, config: dict[str, Any]) -> list[str]:
        """Return the values of the choices if only one is chosen, otherwise an empty list."""
        return [] if config.get("several") else [entry["value"] for entry in config["choices"]]


KIND = Choice()
