"""Base class and fields of the forms in which managers write a kind's configuration. Each kind has one in its folder."""

from typing import Any

from django import forms

from annotator.kinds import labels as labels_room


class ConfigForm(forms.Form):
    """The form of a kind's configuration. `config` and `initial_of` are inverse to each other."""

    def config(self) -> dict[str, Any]:
        """Return the configuration for the kind to check. The form must be valid."""
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}

    @classmethod
    def initial_of(cls, config: dict[str, Any]) -> dict[str, Any]:
        """Return the form's initial values for a configuration."""
        return config


class LabelsField(forms.CharField):
    """Labels, one per line: `Label`, `value | Label` or `value | Label | key`. An indented line is under the one above it."""

    def __init__(self, *, rows: int = 6, tree: bool = False, **named: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": rows, "spellcheck": "false"}), strip=False, **named)
        self.tree = tree

    def clean(self, value: Any) -> list[Any]:
        """Return the labels in the form of a configuration."""
        found: list[dict[str, Any]] = []
        above: list[tuple[int, str]] = []
        for line in super().clean(value).expandtabs(2).splitlines():
            if not line.strip():
                continue
            depth = len(line) - len(line.lstrip())
            value, *rest = (part.strip() for part in line.split("|"))
            entry = (
                {"value": value}
                | ({"label": rest[0]} if rest and rest[0] else {})
                | ({"key": rest[1]} if rest[1:] else {})
            )
            while above and above[-1][0] >= depth:
                above.pop()
            if self.tree and above:
                entry["under"] = above[-1][1]
            above.append((depth, value))
            found.append(entry)
        return found


def lines_of(labels: list[dict[str, Any]]) -> str:
    """Return labels as text for `LabelsField`, with a hierarchy indented. Keys are included if they differ from the default."""
    usual = labels_room.check_labels([entry["value"] for entry in labels], "Labels", len(labels)) if labels else []
    keyed = [entry["key"] for entry in usual] != [entry.get("key", "") for entry in labels]
    children: dict[str, list[dict[str, Any]]] = {}
    for entry in labels:
        children.setdefault(entry.get("under", ""), []).append(entry)

    lines = []
    rest = [(0, entry) for entry in reversed(children.get("", []))]
    while rest:  # an explicit stack: a deep hierarchy must not exceed the recursion limit
        depth, entry = rest.pop()
        parts = [entry["value"]]
        if keyed or entry["label"] != entry["value"]:
            parts.append(entry["label"])
        if keyed:
            parts.append(entry.get("key", ""))
        lines.append("  " * depth + " | ".join(parts).rstrip(" |"))
        rest += [(depth + 1, below) for below in reversed(children.get(entry["value"], []))]
    return "\n".join(lines)
