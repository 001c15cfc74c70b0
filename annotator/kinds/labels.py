"""Named labels with keys, as used by choices, spans and shapes."""

from typing import Any

from annotator.kinds.errors import Invalid
from annotator.kinds.plain import known, words

KEYS = "1234567890abcdeghijklmnopqrtuvwxy"  # keys that the desk does not use itself


def check_labels(given: Any, what: str, most: int, taken: str = "") -> list[dict[str, Any]]:
    """Return labels, each as `{"value", "label", "key"}`. A string alone is both value and label. Raises Invalid.

    Missing keys are filled in with the first free keys, unless there are more labels than keys; then none are filled in.
    `taken` are keys that are already used for something else.
    """
    if not isinstance(given, list) or not given:
        raise Invalid(f"{what} are a list with at least one entry.")
    if len(given) > most:
        raise Invalid(f"There are at most {most:,} {what[0].lower()}{what[1:]}.")
    labels = [_one(entry, what) for entry in given]
    for name in ("value", "key"):
        used = [entry[name] for entry in labels if entry[name]]
        if len(set(used)) < len(used):
            raise Invalid(f"Two of the {what[0].lower()}{what[1:]} have the same {name}.")
    if len(labels) <= len(KEYS) - len(taken):
        taken_keys = {entry["key"] for entry in labels} | set(taken)
        free = [key for key in KEYS if key not in taken_keys]
        for entry in labels:
            entry["key"] = entry["key"] or free.pop(0)
    return labels


def _one(entry: Any, what: str) -> dict[str, Any]:
    if isinstance(entry, str):
        entry = {"value": entry}
    if not isinstance(entry, dict):
        raise Invalid(f"Each of the {what[0].lower()}{what[1:]} is a text, or an object with value, label and key.")
    known(entry, ("value", "label", "key", "under"), f"One of the {what[0].lower()}{what[1:]}")
    value = words(entry.get("value"), f"The value of one of the {what[0].lower()}{what[1:]}", 100)
    label = words(entry.get("label", value), f"The label of “{value}”", 200)
    key = entry.get("key", "")
    if not isinstance(key, str) or (key and (key not in KEYS or len(key) > 1)):
        raise Invalid(f"The key of “{value}” is one of: {KEYS}.")
    return {"value": value, "label": label, "key": key}


def name(labels: list[dict[str, Any]], value: Any) -> str:
    """Return the label of a value, for people."""
    return next((entry["label"] for entry in labels if entry["value"] == value), str(value))


def keep(old: list[dict[str, Any]], new: list[dict[str, Any]], what: str) -> None:
    """Raise Invalid if a value is missing that answers may have named."""
    kept = {entry["value"] for entry in new}
    gone = [entry["label"] for entry in old if entry["value"] not in kept]
    if gone:
        raise Invalid(f"“{gone[0]}” may have been answered: {what} can be renamed and added, not taken away.")
