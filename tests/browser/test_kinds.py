"""Every kind at the desk, by keyboard alone: a reload in the middle, undo, work without connection, and what is stored."""

import pytest
from playwright.sync_api import expect

from tests import kinds_project
from tests.browser.axe import no_violation
from tests.browser.conftest import sign_in
from tests.browser.keyboard import TYPE, answers, press, shown

# Of each kind: the keys of half an answer, those that finish it, those that mend it after undo, and what is stored of both.
WORK: dict[str, tuple[list[str], list[str], list[str], object, object]] = {
    "choice": ([], ["1"], ["2"], "day", "night"),
    "several": (["1", "3"], ["Enter"], ["3", "Enter"], ["delivery", "quality"], ["delivery"]),
    "many": ([], ["/", f"{TYPE}2999", "Enter"], ["/", f"{TYPE}town 1234", "Enter"], "Town 2999", "Town 1234"),
    "tree": ([], ["1", "2"], ["2", "Backspace", "2", "1"], "dog", "owl"),
    "scale": ([], ["4"], ["2"], 4, 2),
    "text": (
        [f"{TYPE}good 😞 morning"],
        ["Control+Enter"],
        ["End", f"{TYPE}!", "Control+Enter"],
        "good 😞 morning",
        "good 😞 morning!",
    ),
    "span": (
        ["ArrowRight", "ArrowRight", "Shift+ArrowRight", "1", "ArrowRight", "ArrowRight", "2", "3", "[", "3"],
        ["Enter"],
        ["Backspace", "Enter"],
        {
            "spans": [{"start": 2, "end": 14, "label": "person"}, {"start": 21, "end": 22, "label": "place"}],
            "relations": [{"from": 1, "to": 0, "label": "lives in"}],
        },
        {"spans": [{"start": 2, "end": 14, "label": "person"}], "relations": []},
    ),
    "box": (
        ["1", "ArrowUp", "Space", *["ArrowRight"] * 4, *["ArrowDown"] * 3, "Space"],
        ["Enter"],
        ["]", "2", "Enter"],
        "cup",
        "rim",
    ),
    "pair": ([], ["2"], ["1"], "tie", ("left", "right")),
    "set": (["4", "1"], ["Enter"], ["ArrowUp", "1", "Enter"], {"how_much": 4, "about": ["delivery"]}, {"how_much": 1}),
    "html": ([], ["1"], ["2"], "yes", "no"),
    "row": ([], ["1"], ["2"], "yes", "no"),
}


def fits(value: object, expected: object) -> bool:
    if isinstance(expected, tuple):
        return value in expected
    if isinstance(value, dict) and "shapes" in value:
        [shape] = value["shapes"]
        return shape["label"] == expected and shape["type"] == "box" and shape["width"] >= 40 and shape["height"] >= 30
    return value == expected


ALIKE = ("several", "many", "tree", "scale", "html", "row")  # kinds that work much as others do


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=[pytest.mark.slow] if kind in ALIKE else []) for kind in WORK]
)
def test_a_kind_by_keyboard_alone(bare, boss, word, page, kind):
    half, rest, mend, first, mended = WORK[kind]
    base, question = kinds_project.build(bare, boss, kind, ["kim"])
    sign_in(page, bare, "kim", word)
    page.goto(f"{bare.url}{base.removeprefix('/api/v1')}desk/{question}/")
    before = shown(page)
    no_violation(page)
    # 320 pixels are a small phone, and a wide page at four times its size.
    for width in (320, 640, 1280):
        page.set_viewport_size({"width": width, "height": 720})
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    # Half an answer outlives a reload.
    press(page, half)
    draft = "Object.keys(localStorage).some(key => key.startsWith('marginalia-draft'))"
    if half:
        page.wait_for_function(f"() => {draft}")
    page.reload()
    assert shown(page) == before, "it is the same item"
    press(page, rest)
    another = shown(page, before)
    expect(page.locator("#status")).to_contain_text("saved")
    expect(page.locator("#status")).to_contain_text("1 answered")
    assert not page.evaluate(draft), "the draft is gone with the answer"

    # Undo, and mend: a new answer that names the old.
    page.keyboard.press("Control+z" if kind == "text" else "z")
    shown(page, another)
    expect(page.locator("#changing")).to_be_visible()
    press(page, mend)
    shown(page, before)
    expect(page.locator("#status")).to_contain_text("saved")
    bare.wait_until(lambda: len(answers(bare, question)) == 2, 10, "the change was not stored")
    old, new = answers(bare, question)
    assert new[1] == old[0] and old[1] is None
    assert fits(old[2], first), old[2]
    assert fits(new[2], mended), new[2]

    # Without connection people work on, and what they said is stored once.
    last = shown(page)
    page.context.set_offline(True)
    press(page, half + rest)
    shown(page, last)
    expect(page.locator("#notice")).to_contain_text("No connection")
    expect(page.locator("#status")).to_contain_text("sending 1")
    page.context.set_offline(False)
    expect(page.locator("#status")).to_contain_text("saved", timeout=60_000)
    third = answers(bare, question)
    assert len(third) == 3 and fits(third[2][2], first), third
    expect(page.locator("#status")).to_contain_text("2 answered")

    # The history shows both, and leads back to the desk for a change.
    page.goto(f"{bare.url}{base.removeprefix('/api/v1')}answers/")
    expect(page.locator("h1")).to_contain_text("2 items here")
    expect(page.locator("main")).to_contain_text("changed 1 ×")
    no_violation(page)
    page.faults[:] = [fault for fault in page.faults if "ERR_INTERNET_DISCONNECTED" not in fault]
