"""Pair: which of two is better.

Configuration: `{"tie": true, "better": "better"}`; `tie` says whether “both alike” can be answered.
An answer is `"left"`, `"right"` or `"tie"`, by the names the item gives its parts. The desk shows the parts in an order
drawn for each person and task, so that a preference for one side of the screen does not bias the answers.
"""

from typing import Any

from annotator.kinds.base import About, Kind, Template
from annotator.kinds.errors import Invalid
from annotator.kinds.pair import schema
from annotator.kinds.plain import known, words


class Pair(Kind):
    """One of two, or a tie."""

    name = "pair"
    title = "Pair: which of two is better"
    widget = "kinds/pair/widget.js"
    form = "annotator.kinds.pair.form.PairForm"
    config_schema, value_schema = schema.CONFIG, schema.VALUE
    templates = (Template("better", "Compare two", "Which answer helps more?", {"tie": True}, modality="pair"),)

    def check_config(self, config: Any) -> dict[str, Any]:
        """Return whether a tie is allowed, and the word for better."""
        known(config, ("tie", "better"), "A pair question")
        tie = config.get("tie", True) if isinstance(config, dict) else None
        if not isinstance(tie, bool):
            raise Invalid("“tie” is true or false.")
        return {"tie": tie, "better": words(config.get("better", "better"), "The word for better", 40)}

    def check_change(self, config: dict[str, Any], new: dict[str, Any]) -> None:
        """Allow a tie to be added."""
        if config["tie"] and not new["tie"]:
            raise Invalid("A tie may have been answered; it cannot be taken away.")

    def modalities(self, config: dict[str, Any]) -> frozenset[str]:
        """Return pairs only."""
        return frozenset({"pair"})

    def check(self, config: dict[str, Any], value: Any, item: About) -> str:
        """Return the side or the tie. Raises Invalid."""
        if not isinstance(value, str) or value not in self.classes(config):
            raise Invalid(f"The answer is one of: {', '.join(self.classes(config))}.")
        return value

    def text(self, config: dict[str, Any], value: Any) -> str:
        """Return the answer in words."""
        return {"left": f"the first is {config['better']}", "right": f"the second is {config['better']}"}.get(
            value, "a tie"
        )

    def classes(self, config: dict[str, Any]) -> list[str]:
        """Return the possible answers."""
        return ["left", "right"] + (["tie"] if config["tie"] else [])


KIND = Pair()
