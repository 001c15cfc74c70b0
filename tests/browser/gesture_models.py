"""What gestures on a widget should store: models of a text whose words are marked, and of a picture on which is drawn."""

from typing import Any

WORDS = ["alpha", "bravo", "😞", "delta", "echo", "foxtrot", "golf", "hotel"]


class SpanModel:
    """What is marked, selected and chosen in a text of different words."""

    def __init__(self) -> None:
        self.marks: list[tuple[int, int, str]] = []
        self.selected: tuple[int, int] | None = None
        self.chosen: tuple[int, int, str] | None = None
        self.lately: tuple[int, int, str] | None = None

    def place(self, word: int) -> tuple[int, int]:
        start = len(" ".join(WORDS[:word])) + (1 if word else 0)
        return start, start + len(WORDS[word])

    def select(self, first: int, last: int) -> None:
        self.selected, self.chosen = (self.place(first)[0], self.place(last)[1]), None

    def click(self, word: int) -> None:
        start, end = self.place(word)
        under = sorted(
            (mark for mark in self.marks if mark[0] <= start and end <= mark[1]), key=lambda mark: mark[1] - mark[0]
        )
        if under:
            self.chosen = under[(under.index(self.lately) + 1) % len(under)] if self.lately in under else under[0]
            self.selected = self.chosen[:2]
        else:
            self.chosen = self.selected = None
        self.lately = self.chosen

    def label(self, label: str) -> None:
        if self.selected is None:
            return
        mark = (*self.selected, label)
        if mark not in self.marks:
            self.marks.append(mark)
        self.chosen = mark

    def go(self) -> None:
        if self.marks:
            order = sorted(self.marks, key=lambda mark: mark[:2])
            self.chosen = order[(order.index(self.chosen) + 1) % len(order)] if self.chosen else order[0]
            self.selected = self.chosen[:2]

    def remove(self) -> None:
        mark = self.chosen or (self.marks[-1] if self.marks else None)
        if mark:
            self.marks.remove(mark)
            self.chosen = None

    def value(self) -> dict[str, Any]:
        return {"spans": [{"start": start, "end": end, "label": label} for start, end, label in self.marks]}


class BoxModel:
    """What is drawn and selected. Corners lie on a grid of 40 pixels, clicks in its fields, so that no hit hangs on a pixel."""

    def __init__(self, label: str, tool: str) -> None:
        self.shapes: list[dict[str, Any]] = []
        self.chosen: dict[str, Any] | None = None
        self.label, self.tool = label, tool

    def under(self, x: int, y: int, kind: str = "") -> dict[str, Any] | None:
        def is_at(shape: dict[str, Any]) -> bool:
            right, bottom = shape["x"] + shape.get("width", 0), shape["y"] + shape.get("height", 0)
            return shape["x"] <= x <= right and shape["y"] <= y <= bottom and (not kind or shape["type"] == kind)

        hits = [shape for shape in self.shapes if is_at(shape)]
        return min(hits, key=lambda shape: shape.get("width", 0) * shape.get("height", 0), default=None)

    def click(self, x: int, y: int) -> bool:
        """Click; return whether a corner was set, which is to be given up."""
        hit = self.under(x, y, "" if self.tool == "box" else "point")
        if hit:
            self.chosen = hit
        elif self.tool == "point":
            self.shapes.append({"type": "point", "label": self.label, "x": x, "y": y})
            self.chosen = None
        elif self.chosen:
            self.chosen = None
        else:
            return True
        return False

    def begins_at_a_corner(self, x: int, y: int) -> bool:
        one = self.chosen
        return bool(
            one
            and one["type"] == "box"
            and x in (one["x"], one["x"] + one["width"])
            and y in (one["y"], one["y"] + one["height"])
        )

    def drag(self, x: int, y: int, to_x: int, to_y: int) -> None:
        one = self.chosen
        if one and one["x"] <= x <= one["x"] + one.get("width", 0) and one["y"] <= y <= one["y"] + one.get("height", 0):
            one["x"] += min(max(to_x - x, -one["x"]), 640 - one["x"] - one.get("width", 0))
            one["y"] += min(max(to_y - y, -one["y"]), 400 - one["y"] - one.get("height", 0))
            return
        self.chosen = None
        if self.tool == "point":
            self.shapes.append({"type": "point", "label": self.label, "x": to_x, "y": to_y})
        else:
            left, top = min(x, to_x), min(y, to_y)
            self.shapes.append(
                {
                    "type": "box",
                    "label": self.label,
                    "x": left,
                    "y": top,
                    "width": abs(x - to_x),
                    "height": abs(y - to_y),
                }
            )

    def take(self, label: str) -> None:
        self.label = label
        if self.chosen:
            self.chosen["label"] = label

    def go(self) -> None:
        if self.shapes:
            place = next((number for number, shape in enumerate(self.shapes) if shape is self.chosen), -1)
            self.chosen = self.shapes[(place + 1) % len(self.shapes)]

    def remove(self) -> None:
        gone = self.chosen or (self.shapes[-1] if self.shapes else None)
        self.shapes = [shape for shape in self.shapes if shape is not gone]
        self.chosen = None
