"""Choice: one of a few named classes.

Configuration: `{"choices": [{"value": "7", "label": "Seven", "key": "7"}, ...]}`; label and key may be left out.
An answer is the `value` of one choice.
"""

from typing import Any

from annotator.kinds.errors import Invalid

KEYS = "1234567890abcdeghijklmnopqrtuvwxy"  # those the desk does not use itself
MOST_CHOICES = len(KEYS)


class Choice:
    """One of a few."""

    name = "choice"
    title = "Choice: one of a few"
    widget = "kinds/choice/widget.js"

    def check_config(self, config: Any) -> dict[str, Any]:
        """Return the choices, each with value, label and key."""
        choices = config.get("choices") if isinstance(config, dict) else None
        if not isinstance(choices, list) or len(choices) < 2:
            raise Invalid("A choice needs at least two choices.")
        if len(choices) > MOST_CHOICES:
            raise Invalid(f"A choice has at most {MOST_CHOICES} choices, one for each key.")
        chosen = [self._choice(entry) for entry in choices]
        for field in ("value", "key"):
            given = [entry[field] for entry in chosen if entry[field]]
            if len(set(given)) < len(given):
                raise Invalid(f"Two choices have the same {field}.")
        free = [key for key in KEYS if key not in {entry["key"] for entry in chosen}]
        for entry in chosen:
            if not entry["key"]:
                entry["key"] = free.pop(0)
        return {"choices": chosen}

    def _choice(self, entry: Any) -> dict[str, str]:
        if isinstance(entry, str):
            entry = {"value": entry}
        if not isinstance(entry, dict):
            raise Invalid("Each choice is a text, or an object with value, label and key.")
        value, label, key = entry.get("value"), entry.get("label", entry.get("value")), entry.get("key", "")
        for name, text, longest in (("value", value, 100), ("label", label, 200)):
            if not isinstance(text, str) or not text.strip() or len(text) > longest or "\x00" in text:
                raise Invalid(f"The {name} of a choice is a text of 1 to {longest} characters.")
        if not isinstance(key, str) or (key and key not in KEYS):
            raise Invalid(f"The key of a choice is one of: {KEYS}.")
        return {"value": value.strip(), "label": label.strip(), "key": key}

    def check(self, config: dict[str, Any], value: Any) -> str:
        """Return the value of a choice."""
        values = self.classes(config)
        if not isinstance(value, str) or value not in values:
            raise Invalid(f"The answer is none of the choices: {', '.join(values)}.")
        return value

    def agrees(self, config: dict[str, Any], value: Any, known: Any) -> bool:
        """Say whether an answer is the known one."""
        return bool(value == known)

    def text(self, config: dict[str, Any], value: Any) -> str:
        """Return the label of the choice."""
        return next((entry["label"] for entry in config["choices"] if entry["value"] == value), str(value))

    def classes(self, config: dict[str, Any]) -> list[str]:
        """Return the values of the choices."""
        return [entry["value"] for entry in config["choices"]]


KIND = Choice()
