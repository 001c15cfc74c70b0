"""Each gesture in each state of a set: the answer goes to the part that was seen, and to no other (docs/gestures.md)."""

from typing import Any

import pytest

from tests.browser import questions
from tests.browser.conftest import sign_in
from tests.browser.gestures import LONG, cells, click, drag, middle, named, quickly, touch
from tests.browser.test_gestures_box import Picture, box, fits

LABELS = {"labels": ["cup", "rim"], "shapes": ["box", "point"]}
PARTS = [
    {"name": "first", "text": "Cups?", "kind": "box", "config": LABELS},
    {"name": "second", "text": "Plates?", "kind": "box", "config": LABELS},
    {
        "name": "light",
        "text": "Light?",
        "kind": "choice",
        "config": {"choices": ["day", "night"], "several": True, "least": 0},
    },
]
STATES = ("first", "second", "last")
GESTURES = ("key", "click", "double", "drag", "touch", "long_press", "enter_twice", "done")


@pytest.fixture(scope="module")
def set_desk(bare, browser):
    boss = bare.token("boss", bare.password("boss", "--create", "--may-begin-projects"))
    word = bare.password("kim", "--create")
    base, question = questions.build(bare, boss, "set", {"parts": PARTS}, questions.pictures(40))
    context = browser.new_context(viewport={"width": 1100, "height": 1400})
    page = context.new_page()
    page.set_default_timeout(60_000)
    sign_in(page, bare, "kim", word)
    yield questions.desk(page, bare, base, question)
    context.close()


def active(desk: questions.Desk) -> str:
    return desk.page.locator(".part.active h2").inner_text()


@pytest.mark.parametrize(("name", "state"), cells(GESTURES, STATES, ("enter_twice", "last"), ("drag", "last")))
def test_set(set_desk, name, state):
    desk, page = set_desk, set_desk.page
    page.wait_for_timeout(questions.CLICKS)
    assert active(desk) == "Cups?", "a set opens at its first part, although all may stay empty"
    number = STATES.index(state)
    for _ in range(number):
        desk.press("Enter")
    assert active(desk) == PARTS[number]["text"]
    part = PARTS[number]["name"]
    picture = Picture(page)
    shapes: dict[str, list[dict[str, Any]]] = {"first": [], "second": []}
    taken: list[str] = []
    drawn = box("cup", 430, 280, 500, 320)
    last = state == "last"
    if name == "key":
        if last:
            desk.press("2")
            taken = ["night"]
        else:
            desk.press("\\", "2", "Space", "\\", "1")
            shapes[part] = [{"type": "point", "label": "rim", "x": 320, "y": 200}]
    elif name in ("click", "double", "touch", "long_press"):
        if last:
            at = middle(page, ".part.active .keys button")
            if name in ("click", "double"):
                click(page, at, 2 if name == "double" else 1)
            else:
                touch(page, at, hold=LONG if name == "long_press" else 0)
            taken = ["day"]
        else:
            page.locator(".part.active [data-tool=point]").click()
            if name in ("click", "double"):
                click(page, picture.at(100, 100), 2 if name == "double" else 1)
            else:
                touch(page, picture.at(100, 100), hold=LONG if name == "long_press" else 0)
            shapes[part] = [{"type": "point", "label": "cup", "x": 100, "y": 100}]
            page.locator(".part.active [data-tool=box]").click()
    elif name == "drag":
        drag(page, picture.at(430, 280), picture.at(500, 320))
        if not last:  # there the picture belongs to neither of two parts
            shapes[part] = [drawn]
    elif name == "enter_twice":
        shown = desk.task()
        desk.meant("Enter")
        quickly(page, ("Enter", "Enter"), 0)
        if not last:
            desk.quiet()
            assert active(desk) == PARTS[number + 1]["text"], "one part further, not two"
    elif name == "done" and not last:
        before = desk.task()
        page.locator("#finish").click()
        desk.quiet()
        assert desk.task() == before and active(desk) == PARTS[number + 1]["text"], (
            "a part that was not seen comes first"
        )
    if name == "enter_twice" and last:
        value = desk.arrived(shown)
    else:
        while active(desk) != PARTS[-1]["text"]:
            desk.press("Enter")
        value = desk.submit()
    assert value["light"] == taken
    for one in ("first", "second"):
        assert len(value[one]["shapes"]) == len(shapes[one]), value
        for shape, meant in zip(value[one]["shapes"], shapes[one], strict=True):
            assert fits(shape, meant), (value, shapes)


def test_every_cell_of_the_table_has_its_test():
    assert named("test_set") == {f"test_set[{name}-{state}]" for name in GESTURES for state in STATES}
