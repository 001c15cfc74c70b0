"""The questions of an export: one for each control (`from_name`), with its kind and what people can answer."""

import re
from collections import Counter
from typing import Any

from annotator.intake.label_studio import shapes

IMAGE_TYPES = frozenset({*shapes.TYPES, "brushlabels", "rectangle", "polygon", "keypoint", "ellipse", "brush"})
FILE = re.compile(
    r"\.(png|jpe?g|gif|webp|bmp|tiff?|heic|heif|avif|wav|mp3|ogg|oga|flac|m4a)(\?[^\s]*)?$", re.IGNORECASE
)
PATH = " / "  # between the levels of a taxonomy
MOST_CONTROLS, MOST_NAMES = 200, 20_000
WHY_NOT = {
    "hypertextlabels": "marks in formatted text are kept by their place in the HTML, which is not the text that we show",
    "paragraphlabels": "marks in dialogues",
    "brushlabels": "painted regions have no outline",
    "brush": "painted regions have no outline",
    "timeserieslabels": "marks in time series",
    "videorectangle": "boxes in videos",
    "relation": "relations between regions",
    "ranker": "rankings",
    "datetime": "dates",
}


class Control:
    """One control: the type of its results, and what they say together."""

    def __init__(self, name: str) -> None:
        self.name, self.types = name, Counter[str]()
        self.names: dict[str, None] = {}
        self.several = self.lines = False
        self.most, self.whole, self.longest = 0.0, True, 0
        self.shapes: set[str] = set()
        self.sound = False

    @property
    def type(self) -> str:
        """The type of most of its results."""
        return self.types.most_common(1)[0][0]

    def see(self, kind: str, value: dict[str, Any]) -> None:
        """Learn from one result."""
        self.types[kind] += 1
        if kind in ("choices", "labels", *shapes.TYPES):
            self._see_names(kind, value)
        elif kind == "taxonomy":
            paths = taxonomy_paths(value)
            self.several |= len(paths) > 1
            for path in paths:
                for depth in range(len(path)):
                    self._add(PATH.join(path[: depth + 1]))
        elif kind in ("rating", "number"):
            found = value.get(kind)
            fits = isinstance(found, (int, float)) and not isinstance(found, bool) and 1 <= found <= 10
            self.whole &= fits and found == int(found)  # type: ignore[arg-type]
            self.most = max(self.most, float(found)) if fits else self.most  # type: ignore[arg-type]
        elif kind == "textarea":
            text = textarea_text(value)
            self.longest = max(self.longest, len(text))
            self.lines |= "\n" in text

    def _see_names(self, kind: str, value: dict[str, Any]) -> None:
        found = texts_of(value.get(kind))
        self.several |= kind == "choices" and len(found) > 1
        self.sound |= kind == "labels" and "text" not in value and isinstance(value.get("start"), float)
        for one in found:
            self._add(one)
        if kind in shapes.TYPES:
            shape = shapes.TYPES[kind]
            turned = shape == "box" and value.get("rotation") not in (None, 0, 0.0)
            self.shapes.add("polygon" if shape == "ellipse" or turned else shape)

    def _add(self, name: str) -> None:
        if len(self.names) < MOST_NAMES:
            self.names[name] = None

    def described(self) -> dict[str, Any]:
        """Return the control as a question: its kind and configuration, or why it is none (`problem`)."""
        kind, config, problem = self._question()
        return {
            "name": self.name,
            "type": self.type,
            "results": self.types.total(),
            "kind": kind,
            "config": config,
            "problem": problem,
        }

    def _question(self) -> tuple[str, dict[str, Any], str]:
        names = list(self.names)
        if self.type in WHY_NOT:
            return "", {}, WHY_NOT[self.type]
        if self.type in ("choices", "taxonomy"):
            return "choice", {"choices": self._choices(names)} | ({"several": True} if self.several else {}), ""
        if self.type in ("rating", "number"):
            if self.whole and self.most:
                points = max(5, int(self.most)) if self.type == "rating" else max(2, int(self.most))
                return "scale", {"points": points, "low": "lowest", "high": "highest"}, ""
            if self.type == "rating":
                return "", {}, "ratings that are not whole numbers from 1 to 10"
            return "text", {"form": "number"}, ""
        if self.type == "textarea":
            lines = {"lines": 4} if self.lines else {}
            return "text", lines | {"longest": min(max(2000, self.longest), 100_000)}, ""
        if self.type == "labels":
            if self.sound:
                return "", {}, "marks in sounds"
            return "span", {"labels": names}, ""
        if self.type in shapes.TYPES:
            return "box", {"labels": names, "shapes": sorted(self.shapes)}, ""
        if self.type == "pairwise":
            return "pair", {"tie": False}, ""
        return "", {}, f"results of the type “{self.type[:40]}”"

    def _choices(self, names: list[str]) -> list[Any]:
        if self.type == "choices":
            return names if len(names) > 1 else [*names, "something else"]
        found: list[Any] = []
        for name in names:
            above, _, last = name.rpartition(PATH)
            found.append({"value": name, "label": last or name} | ({"under": above} if above else {}))
        return found if len(found) > 1 else [*found, "something else"]


def texts_of(given: Any) -> list[str]:
    """Return the texts of a list, or a text alone as one; nothing else."""
    if isinstance(given, str):
        given = [given]
    return [one.strip() for one in given if isinstance(one, str) and one.strip()] if isinstance(given, list) else []


def taxonomy_paths(value: dict[str, Any]) -> list[list[str]]:
    """Return the paths of a taxonomy's result, each from the top down."""
    given = value.get("taxonomy")
    if not isinstance(given, list):
        return []
    if given and all(isinstance(one, str) for one in given):
        given = [given]
    return [path for path in (texts_of(one) for one in given if isinstance(one, list)) if path]


def textarea_text(value: dict[str, Any]) -> str:
    """Return the text of a text area: its lines, if it has several."""
    given = value.get("text")
    if isinstance(given, list):
        return "\n".join(one for one in given if isinstance(one, str))
    return given if isinstance(given, str) else ""
