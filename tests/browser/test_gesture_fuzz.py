"""Random gestures on each widget: a model in Python says what should be stored, the database says what is.

The quick version makes 12 gestures with a fixed seed, the slow one 2,000 with five seeds of 400.
"""

import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser import questions
from tests.browser.conftest import sign_in
from tests.browser.gestures import Clicks, click, drag
from tests.browser.test_gestures_box import Picture, fits
from tests.browser.test_gestures_span import at

QUICK, SLOW = 12, 400
RUNS = [
    pytest.param(1, QUICK, id="quick"),
    *(pytest.param(seed, SLOW, id=f"seed-{seed}", marks=pytest.mark.slow) for seed in range(2, 7)),
]
WORDS = ["alpha", "bravo", "😞", "delta", "echo", "foxtrot", "golf", "hotel"]
TEXT = " ".join(WORDS)
LABELS = {"1": "one", "2": "two"}  # by key


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


def on_a_span(desk: questions.Desk, draw: random.Random, count: int) -> None:
    model, page = SpanModel(), desk.page
    clicks, new = Clicks(page, questions.CLICKS), False
    for _ in range(count):
        names = ["click", "double", "drag", "1", "2", "]", "Backspace", "Enter"]
        (name,) = draw.choices(names, [3, 4, 5, 4, 4, 2, 1, 2])
        first, last = sorted(draw.choices(range(len(WORDS)), k=2))
        if name in ("click", "double", "drag"):
            place = at(desk, WORDS[first], 0.02 if name == "drag" else 0.5)
            end = at(desk, WORDS[last], 0.98) if name == "drag" else place
            if draw.random() < 0.5:
                place, end = end, place
            if new:
                clicks.wait(place)
            new = False
            if name == "drag":
                drag(page, place, end, steps=1)
                model.select(first, last)
            else:
                click(page, place, 2 if name == "double" else 1)
                model.click(first)
            clicks.did(place)
        if name == "double":
            model.lately = model.chosen
            model.select(first, first)
        elif name == "Enter":
            assert desk.submit() == model.value()
            model, new = SpanModel(), True
        elif name not in ("click", "drag"):
            desk.press(name)
            if name in LABELS:
                model.label(LABELS[name])
            else:
                model.go() if name == "]" else model.remove()
    assert desk.submit() == model.value()


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


def on_a_box(desk: questions.Desk, draw: random.Random, count: int) -> None:
    model, page = BoxModel("one", "box"), desk.page
    before: tuple[int, int] | None = None
    clicks, new = Clicks(page, questions.CLICKS), False

    def point(place: tuple[float, float], to: tuple[float, float] | None = None) -> None:
        """Click or drag. The first press on an item is not the second click on the one before."""
        nonlocal new
        if new:
            clicks.wait(place)
        new = False
        drag(page, place, to, steps=1) if to else click(page, place)
        clicks.did(place)

    def compare() -> None:
        stored = desk.submit()["shapes"]
        assert len(stored) == len(model.shapes), (stored, model.shapes)
        assert all(fits(shape, meant) for shape, meant in zip(stored, model.shapes, strict=True)), (
            stored,
            model.shapes,
        )

    for _ in range(count):
        names = ["click", "drag", "1", "2", "]", "Backspace", "Escape", "\\", "Enter"]
        name = draw.choices(names, [4, 6, 2, 2, 2, 1, 1, 2, 1])[0]
        picture = Picture(page)
        if name == "click":
            x, y = draw.randrange(1, 15) * 40 + 28, draw.randrange(1, 9) * 40 + 12
            if (x, y) == before:
                page.wait_for_timeout(450)  # not the second click of a double click
            before = (x, y)
            point(picture.at(x, y))
            if model.click(x, y):
                desk.press("Escape")
        elif name == "drag":
            x, y = draw.randrange(1, 16) * 40, draw.randrange(2, 10) * 40
            to_x, to_y = (x + draw.choice([-160, -80, 80, 160]), y + draw.choice([-80, -40, 40, 80]))
            if not (0 < to_x < 640 and 40 < to_y < 400) or model.begins_at_a_corner(x, y):
                continue
            point(picture.at(x, y), picture.at(to_x, to_y))
            model.drag(x, y, to_x, to_y)
        elif name == "Enter":
            compare()
            model, new = BoxModel(model.label, model.tool), True
        else:
            desk.press(name)
            if name == "\\":
                model.tool, model.chosen = "point" if model.tool == "box" else "box", None
            elif name == "Escape":
                model.chosen = None
            else:
                if name in LABELS:
                    model.take(LABELS[name])
                else:
                    model.go() if name == "]" else model.remove()
    compare()


SET = [
    {"name": name, "text": name, "kind": "choice", "config": {"choices": ["x", "y", "z"], "several": True, "least": 0}}
    for name in ("a", "b")
] + [{"name": "c", "text": "c", "kind": "scale", "config": {"points": 3, "low": "low", "high": "high"}}]


def on_a_set(desk: questions.Desk, draw: random.Random, count: int) -> None:
    page = desk.page

    def fresh() -> tuple[dict[str, Any], int, set[int]]:
        return {"a": [], "b": []}, 0, {0}

    def take(place: int, number: int) -> None:
        if place == 2:
            value["c"] = number + 1
        else:
            chosen, choice = value["ab"[place]], "xyz"[number]
            chosen.remove(choice) if choice in chosen else chosen.append(choice)

    value, active, seen = fresh()
    clicks = Clicks(page, questions.CLICKS)
    for _ in range(count):
        name = draw.choices(["1", "2", "3", "click", "ArrowUp", "Enter"], [3, 3, 3, 4, 2, 5])[0]
        if name == "click":
            active, number = draw.randrange(3), draw.randrange(3)
            found = page.locator("#widget .part").nth(active).locator("button").nth(number).bounding_box()
            assert found
            place = (found["x"] + 20, found["y"] + 20)
            clicks.wait(place)
            click(page, place)
            clicks.did(place)
            seen.add(active)
            take(active, number)
        elif name == "ArrowUp":
            desk.press(name)
            active = max(0, active - 1)
            seen.add(active)  # a part that was gone back to was seen
        elif name != "Enter":
            desk.press(name)
            take(active, int(name) - 1)
        elif active < 2:
            desk.press(name)
            active += 1
            seen.add(active)
        elif "c" in value and seen == {0, 1, 2}:
            assert desk.submit() == value
            value, active, seen = fresh()
        else:
            desk.press(name)
            desk.quiet()
            active = 2 if "c" not in value else min({0, 1, 2} - seen)
            seen.add(active)
        assert page.locator(".part.active h2").inner_text() == "abc"[active]


WIDGETS: dict[str, tuple[dict[str, Any], Callable[[int], list], Callable[..., None]]] = {
    "span": ({"labels": ["one", "two"]}, lambda count: questions.texts(TEXT, count), on_a_span),
    "box": ({"labels": ["one", "two"], "shapes": ["box", "point"]}, questions.pictures, on_a_box),
    "set": ({"parts": SET}, lambda count: questions.texts(TEXT, count), on_a_set),
}


@pytest.mark.parametrize(("seed", "count"), RUNS)
@pytest.mark.parametrize("kind", WIDGETS)
def test_random_gestures_store_what_the_model_says(bare, browser, kind, seed, count):
    config, files, act = WIDGETS[kind]
    boss = bare.token("boss", bare.password("boss", "--create", "--may-begin-projects"))
    word = bare.password("kim", "--create")
    base, question = questions.build(bare, boss, kind, config, files(count // 4 + 20))
    context = browser.new_context(viewport={"width": 1100, "height": 1100})
    page = context.new_page()
    page.set_default_timeout(60_000)
    sign_in(page, bare, "kim", word)
    act(questions.desk(page, bare, base, question), random.Random(seed), count)
    context.close()
