"""Random gestures on each widget: a model in Python says what should be stored, the database says what is.

The quick version makes 12 gestures with a fixed seed, the slow one 2,000 with five seeds of 400.
"""

import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser import questions
from tests.browser.conftest import sign_in
from tests.browser.gesture_models import WORDS, BoxModel, SpanModel
from tests.browser.gestures import Clicks, click, drag
from tests.browser.test_gestures_box import Picture, fits
from tests.browser.test_gestures_span import at

QUICK, SLOW = 12, 400
RUNS = [
    pytest.param(1, QUICK, id="quick"),
    *(pytest.param(seed, SLOW, id=f"seed-{seed}", marks=pytest.mark.slow) for seed in range(2, 7)),
]
TEXT = " ".join(WORDS)
LABELS = {"1": "one", "2": "two"}  # by key


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
