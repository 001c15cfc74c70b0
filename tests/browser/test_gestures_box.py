"""Each gesture in each state of a box question: what is stored is what was meant (docs/gestures.md)."""

import functools
import operator
from typing import Any

import pytest

from tests.browser import questions
from tests.browser.conftest import ready, sign_in
from tests.browser.gestures import LONG, cells, click, drag, named, quickly, touch

STATES = ("none", "drawn", "selected", "zoomed")
GESTURES = (
    "two_clicks", "double", "triple", "drag", "backwards", "drag_out", "drag_in", "inside", "select", "tap", "touch_drag",
    "long_press", "outline", "outline_double", "point", "point_double", "keyboard",
)  # fmt: skip
BIG = {"type": "box", "x": 100, "y": 60, "width": 300, "height": 200}


class Picture:
    """Where a point of the picture is on the page."""

    def __init__(self, page: Any) -> None:
        self.left, self.top, self.ratio = page.evaluate(
            "() => { const box = document.querySelector('#item img').getBoundingClientRect();"
            " return [box.left, box.top, box.width / 640] }"
        )

    def at(self, x: float, y: float) -> tuple[float, float]:
        return self.left + x * self.ratio, self.top + y * self.ratio


def box(label: str, left: float, top: float, right: float, bottom: float) -> dict[str, Any]:
    return {"type": "box", "label": label, "x": left, "y": top, "width": right - left, "height": bottom - top}


def fits(shape: dict[str, Any], wanted: dict[str, Any], near: float = 2) -> bool:
    if shape["type"] != wanted["type"] or shape["label"] != wanted["label"]:
        return False
    if shape["type"] == "polygon":
        pairs = zip(
            functools.reduce(operator.iadd, shape["points"], []),
            functools.reduce(operator.iadd, wanted["points"], []),
            strict=True,
        )
        return len(shape["points"]) == len(wanted["points"]) and all(abs(a - b) <= near for a, b in pairs)
    return all(abs(shape[name] - wanted[name]) <= near for name in ("x", "y", "width", "height") if name in wanted)


def tool(desk: questions.Desk, name: str) -> None:
    desk.page.locator(f"[data-tool={name}]").click()


def gesture(desk: questions.Desk, name: str) -> list[dict[str, Any]]:
    """Do a gesture with the label “rim”, and return the shapes that it means."""
    page, at = desk.page, Picture(desk.page).at
    a, b = (150, 100), (250, 180)  # within the big box
    meant = [box("rim", *a, *b)]
    if name == "two_clicks":
        # Nothing lies at the first corner; the second is within the big box.
        click(page, at(60, 30))
        click(page, at(*b))
        return [box("rim", 60, 30, *b)]
    if name in ("double", "triple"):
        click(page, at(60, 30), 2 if name == "double" else 3)
        page.wait_for_timeout(questions.CLICKS)
        click(page, at(*b))
        return [box("rim", 60, 30, *b)]
    if name == "drag":
        drag(page, at(430, 280), at(500, 320))
        return [box("rim", 430, 280, 500, 320)]
    if name == "backwards":
        drag(page, at(500, 320), at(430, 280))
        return [box("rim", 430, 280, 500, 320)]
    if name == "drag_out":
        drag(page, at(430, 280), (at(430, 280)[0] + 30, at(0, 400)[1] + 30))
        x = 430 + 30 / Picture(page).ratio
        return [box("rim", 430, 280, x, 400)]
    if name == "drag_in":
        drag(page, (at(0, 0)[0] + 60, at(0, 400)[1] + 12), at(*b))
        return []
    if name == "inside":
        drag(page, at(*a), at(*b))
        return meant
    if name == "select":
        click(page, at(*a))
        return []
    if name == "tap":
        touch(page, at(60, 30))
        touch(page, at(*b))
        return [box("rim", 60, 30, *b)]
    if name == "touch_drag":
        touch(page, at(430, 280), at(460, 300), at(500, 320))
        return [box("rim", 430, 280, 500, 320)]
    if name == "long_press":
        touch(page, at(60, 30), hold=LONG)
        touch(page, at(*b))
        return [box("rim", 60, 30, *b)]
    corners = [(150, 100), (250, 100), (250, 180)]
    if name.startswith("outline"):
        tool(desk, "polygon")
        for corner in corners:
            click(page, at(*corner), 2 if name.endswith("double") else 1)
        desk.press("Enter")
        return [{"type": "polygon", "label": "rim", "points": [list(corner) for corner in corners]}]
    if name.startswith("point"):
        tool(desk, "point")
        click(page, at(*a), 2 if name.endswith("double") else 1)
        return [{"type": "point", "label": "rim", "x": a[0], "y": a[1]}]
    desk.press("Escape", "\\", "\\", "Space")
    place = page.evaluate("document.querySelector('.said').textContent")
    assert "at" in place
    return [{"type": "point", "label": "rim"}]


@pytest.fixture(scope="module")
def box_desk(bare, browser):
    boss = bare.token("boss", bare.password("boss", "--create", "--may-begin-projects"))
    word = bare.password("kim", "--create")
    config = {"labels": ["cup", "rim"], "shapes": ["box", "polygon", "point"]}
    files = questions.pictures(len(STATES) * len(GESTURES) + 12)
    base, question = questions.build(bare, boss, "box", config, files)
    context = browser.new_context(viewport={"width": 1100, "height": 900})
    page = context.new_page()
    page.set_default_timeout(60_000)
    sign_in(page, bare, "kim", word)
    yield questions.desk(page, bare, base, question)
    context.close()


def prepare(desk: questions.Desk, state: str) -> list[dict[str, Any]]:
    """Bring an item into a state, with the label “rim” taken for what comes; return what is drawn."""
    page = desk.page
    page.wait_for_timeout(questions.CLICKS)
    page.evaluate("window.scrollTo(0, 0)")
    tool(desk, "box")
    desk.press("Home")
    wanted = []
    if state in ("drawn", "selected"):
        at = Picture(page).at
        desk.press("1")
        drag(page, at(100, 60), at(400, 260))
        wanted.append(BIG | {"label": "cup"})
    desk.press("2")
    if state == "selected":
        desk.press("]")
    if state == "zoomed":
        desk.press("+")
        page.evaluate("document.querySelector('.frame').scrollTo(40, 10)")
    return wanted


@pytest.mark.parametrize(
    ("name", "state"), cells(GESTURES, STATES, ("inside", "drawn"), ("inside", "selected"), ("point", "drawn"))
)
def test_box(box_desk, name, state):
    desk = box_desk
    wanted = prepare(desk, state)
    if state == "zoomed" and name in ("drag", "backwards", "drag_out", "drag_in", "touch_drag"):
        desk.press("Home", "+")
        desk.page.evaluate(
            "const frame = document.querySelector('.frame'); frame.scrollTo(frame.scrollWidth, frame.scrollHeight)"
        )
    if name == "select" and state in ("none", "zoomed"):
        desk.press("1")
        at = Picture(desk.page).at
        drag(desk.page, at(100, 60), at(300, 200))
        wanted.append(box("cup", 100, 60, 300, 200))
        desk.press("2")
        desk.page.wait_for_timeout(questions.CLICKS)
    if state == "selected" and name == "inside":
        # The shape was selected on purpose: a drag within moves it.
        gesture(desk, name)
        wanted = [BIG | {"label": "cup", "x": 200, "y": 140}]
    elif state == "selected" and name in ("two_clicks", "double", "triple", "tap", "long_press"):
        # The first click beside it only lets go of it.
        at = Picture(desk.page).at
        click(desk.page, at(600, 380))
        desk.page.wait_for_timeout(questions.CLICKS)
        wanted += gesture(desk, name)
    else:
        wanted += gesture(desk, name)
    if name == "select":
        desk.press("2")  # a selected shape takes another label
        wanted[0]["label"] = "rim"
    value = desk.submit()
    assert len(value["shapes"]) == len(wanted), value
    for shape, meant in zip(value["shapes"], wanted, strict=True):
        assert fits(shape, meant), (value, wanted)


def test_the_label_after_a_shape_is_the_next_shapes(box_desk):
    desk = box_desk
    prepare(desk, "none")
    at = Picture(desk.page).at
    desk.press("1")
    drag(desk.page, at(100, 60), at(300, 200))
    desk.press("2")
    drag(desk.page, at(120, 80), at(200, 160))
    value = desk.submit()
    assert [shape["label"] for shape in value["shapes"]] == ["cup", "rim"]
    assert fits(value["shapes"][0], box("cup", 100, 60, 300, 200)) and fits(
        value["shapes"][1], box("rim", 120, 80, 200, 160)
    )


def test_a_half_drawn_outline_outlives_a_reload_and_a_second_enter_does_not_finish(box_desk):
    desk = box_desk
    prepare(desk, "none")
    tool(desk, "polygon")
    at = Picture(desk.page).at
    for corner in ((100, 60), (300, 60)):
        click(desk.page, at(*corner))
    desk.page.wait_for_function(
        "() => Object.entries(localStorage).some(([key, value]) => key.startsWith('marginalia-draft')"
        " && JSON.parse(value).value.begun?.points.length === 2)"
    )
    before = desk.task()
    desk.page.reload()
    desk.page.wait_for_selector("#answer:not([hidden])")
    ready(desk.page)
    assert desk.task() == before
    at = Picture(desk.page).at
    click(desk.page, at(300, 200))
    desk.meant("Enter")
    quickly(desk.page, ("Enter", "Enter"), 0)
    desk.quiet()
    assert desk.task() == before
    desk.last = ""
    desk.page.wait_for_timeout(questions.MEANT)
    value = desk.submit()
    assert len(value["shapes"]) == 1 and len(value["shapes"][0]["points"]) == 3
    assert value["shapes"][0]["label"] == "rim"


def test_every_cell_of_the_table_has_its_test():
    assert named("test_box") == {f"test_box[{name}-{state}]" for name in GESTURES for state in STATES}
