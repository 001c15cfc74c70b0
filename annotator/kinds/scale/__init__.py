"""Scale: an ordinal judgement with named ends.

Configuration: `{"points": 5, "low": "not at all", "high": "very much", "middle": ""}`, with 2 to 10 points.
An answer is a whole number from 1 to `points`.
"""

from typing import Any

from annotator.kinds.base import About, Kind, Template
from annotator.kinds.errors import Invalid
from annotator.kinds.plain import known, whole, words
from annotator.kinds.scale import schema


class Scale(Kind):
    """From one named end to the other."""

    name = "scale"
    title = "Scale: how much, from one end to the other"
    widget = "kinds/scale/widget.js"
    form = "annotator.kinds.scale.form.ScaleForm"
    config_schema, value_schema = schema.CONFIG, schema.VALUE
    templates = (
        Template(
            "disappointment",
            "How much a text conveys",
            "Does this text convey disappointment?",
            {"points": 5, "low": "not at all", "high": "very much"},
            "Judge the words, not whether the writer has a point.",
        ),
    )

    def check_config(self, config: Any) -> dict[str, Any]:
        """Return the number of points and the names of both ends, and of the middle if it has one."""
        known(config, ("points", "low", "middle", "high"), "A scale")
        if not isinstance(config, dict):
            raise Invalid("A scale has points, low and high.")
        stored = {
            "points": whole(config.get("points", 5), "The number of points", 2, 10),
            "low": words(config.get("low"), "The name of the low end", 60),
            "high": words(config.get("high"), "The name of the high end", 60),
        }
        if config.get("middle"):
            stored["middle"] = words(config["middle"], "The name of the middle", 60)
        return stored

    def check_change(self, config: dict[str, Any], new: dict[str, Any]) -> None:
        """Allow the names to change."""
        if config["points"] != new["points"]:
            raise Invalid("The number of points stands: a 3 of 5 is no 3 of 7.")

    def check(self, config: dict[str, Any], value: Any, item: About) -> int:
        """Return the point. Raises Invalid."""
        return whole(value, "The answer", 1, config["points"])

    def similarity(self, config: dict[str, Any], one: Any, other: Any) -> float:
        """Return 1 minus the distance as a share of the largest possible distance."""
        return 1 - abs(one - other) / (config["points"] - 1)

    def agrees(self, config: dict[str, Any], value: Any, known: Any) -> bool:
        """Check whether a point equals the known one; with five or more points, a neighbour agrees too."""
        return abs(value - known) <= (1 if config["points"] >= 5 else 0)

    def text(self, config: dict[str, Any], value: Any) -> str:
        """Return the point in words, with the end's name at an end."""
        named = {1: config["low"], config["points"]: config["high"]}
        return f"{value} of {config['points']}" + (f", {named[value]}" if value in named else "")

    def classes(self, config: dict[str, Any]) -> list[int]:
        """Return the points."""
        return list(range(1, config["points"] + 1))


KIND = Scale()
