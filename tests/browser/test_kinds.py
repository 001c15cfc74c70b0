"""Every kind at the desk, by keyboard alone: a reload in the middle, undo, work without connection, and what is stored."""

import contextlib
import io
import json
import zipfile

import pytest
from PIL import Image
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, expect

from tests import kinds_project
from tests.browser.axe import no_violation
from tests.browser.conftest import ready, sign_in

TYPE = "type:"
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


@pytest.fixture(scope="session")
def boss(bare):
    return bare.token("boss", bare.password("boss", "--create", "--may-begin-projects"))


@pytest.fixture(scope="session")
def word(bare):
    return bare.password("kim", "--create")


def press(page: Page, keys: list[str]) -> None:
    for key in keys:
        ready(page)
        if key.startswith(TYPE):
            page.keyboard.type(key.removeprefix(TYPE))
        else:
            page.keyboard.press(key)


def shown(page: Page, after: str = "") -> str:
    """Wait until an item stands there, another than `after`, and return what tells it from others."""
    return page.wait_for_function(
        "after => { const item = document.querySelector('#item'); if (document.querySelector('#answer').hidden) return null;"
        " if (document.querySelector('#answer').ariaBusy !== 'false') return null;"
        " const now = item.dataset.task; return now && now !== after && now }",
        arg=after,
    ).json_value()


def answers(stand, question: int) -> list[tuple]:
    return stand.rows(
        "SELECT a.id, a.replaces_id, a.value FROM annotator_answer a JOIN annotator_task t ON t.id = a.task_id "
        "WHERE t.question_id = %s ORDER BY a.created_at",
        question,
    )


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


def test_outlines_and_points_are_drawn_by_keyboard_and_mouse(bare, boss, word, page):
    base, question = kinds_project.build(bare, boss, "box", ["kim"])
    sign_in(page, bare, "kim", word)
    page.goto(f"{bare.url}{base.removeprefix('/api/v1')}desk/{question}/")
    item = shown(page)
    press(
        page,
        [
            "\\",
            "Space",
            *["ArrowRight"] * 5,
            "Space",
            *["ArrowDown"] * 5,
            "Space",
            "Enter",
            "\\",
            "2",
            "ArrowLeft",
            "Space",
        ],
    )
    picture = page.locator(".picture img").bounding_box()
    page.keyboard.press("\\")
    page.mouse.move(picture["x"] + 20, picture["y"] + 20)
    page.mouse.down()
    page.mouse.move(picture["x"] + 90, picture["y"] + 60, steps=4)
    page.mouse.up()
    expect(page.locator(".said")).to_contain_text("3 shapes")
    page.keyboard.press("+")
    page.keyboard.press("Enter")
    shown(page, item)
    expect(page.locator("#status")).to_contain_text("saved")
    [(_, _, value)] = answers(bare, question)
    assert [(shape["type"], shape["label"]) for shape in value["shapes"]] == [
        ("polygon", "cup"),
        ("point", "rim"),
        ("box", "rim"),
    ]
    assert len(value["shapes"][0]["points"]) == 3


def test_words_taken_with_the_mouse_are_marked_in_code_points(bare, boss, word, page):
    base, question = kinds_project.build(bare, boss, "span", ["kim"])
    sign_in(page, bare, "kim", word)
    page.goto(f"{bare.url}{base.removeprefix('/api/v1')}desk/{question}/")
    item = shown(page)
    for wanted in ("اسمها", "e\u0301crit", "😞"):
        page.evaluate(
            """wanted => {
                for (const part of document.querySelectorAll('.text p')) {
                    const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
                    for (let node; (node = walker.nextNode());) {
                        const at = node.data.indexOf(wanted);
                        if (at < 0) continue;
                        const range = document.createRange();
                        range.setStart(node, at);
                        range.setEnd(node, at + wanted.length);
                        getSelection().removeAllRanges();
                        getSelection().addRange(range);
                    }
                }
            }""",
            wanted,
        )
        page.get_by_role("button", name="place").click()
    page.keyboard.press("Enter")
    shown(page, item)
    expect(page.locator("#status")).to_contain_text("saved")
    [(_, _, value)] = answers(bare, question)
    text = kinds_project.MESSAGE
    marked = [text[span["start"] : span["end"]] for span in value["spans"]]
    assert marked == ["اسمها", "e\u0301crit", "😞"]


def test_what_the_server_refuses_is_before_the_person_again_as_they_left_it(bare, boss, word, page):
    """A widget of an old page may send what is no answer any more."""
    base, question = kinds_project.build(bare, boss, "text", ["kim"])
    sign_in(page, bare, "kim", word)
    page.goto(f"{bare.url}{base.removeprefix('/api/v1')}desk/{question}/")
    item = shown(page)
    page.keyboard.type("a long answer that took a while")

    def spoil(route):
        body = json.loads(route.request.post_data)
        route.continue_(post_data=json.dumps(body | {"value": body["value"] + "\u0000"}))

    page.route("**/answer/", spoil, times=1)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#notice")).to_contain_text("NUL character")
    expect(page.locator("#notice")).to_contain_text("Your answer is kept")
    assert shown(page) == item
    expect(page.locator("textarea").first).to_have_value("a long answer that took a while")
    page.keyboard.press("Control+Enter")
    shown(page, item)
    expect(page.locator("#status")).to_contain_text("saved")
    assert [value for _, _, value in answers(bare, question)] == ["a long answer that took a while"]
    page.faults.clear()  # the browser reports the refusal


def test_a_suggestion_is_accepted_with_one_key_and_marked_in_the_data(bare, boss, word, page):
    base, question = kinds_project.build(bare, boss, "span", ["kim"], items=12)
    items = [one["id"] for one in bare.get(f"{base}items/?split=train", boss)[1]["results"]]
    value = {"spans": [{"start": 0, "end": 1, "label": "person"}], "relations": []}
    body = {"model": "tagger 3", "suggestions": [{"item": item, "value": value} for item in items]}
    assert bare.post(f"{base}questions/{question}/suggestions/", body, boss)[0] == 201
    sign_in(page, bare, "kim", word)
    page.goto(f"{bare.url}{base.removeprefix('/api/v1')}desk/{question}/")
    accepted = 0
    item = ""
    for _ in range(12):
        item = shown(page, item)
        if page.locator("#suggested").is_visible():
            expect(page.locator("#suggested")).to_contain_text("tagger 3 suggests this")
            accepted += 1
        page.keyboard.press("Enter")
        if accepted == 2:
            break
    shown(page, item)  # the next one comes when the last answer is stored
    expect(page.locator("#status")).to_contain_text("saved")
    stored = bare.rows(
        "SELECT s.model, a.value = s.value FROM annotator_answer a JOIN annotator_task t ON t.id = a.task_id "
        "JOIN annotator_suggestion s ON s.id = a.suggestion_id WHERE t.question_id = %s",
        question,
    )
    assert stored == [("tagger 3", True)] * 2


@pytest.mark.slow
def test_a_draft_outlives_a_closed_tab_and_a_crash_of_the_page(bare, boss, word, page):
    base, question = kinds_project.build(bare, boss, "text", ["kim"])
    sign_in(page, bare, "kim", word)
    address = f"{bare.url}{base.removeprefix('/api/v1')}desk/{question}/"

    def opened(expected: str) -> Page:
        tab = page.context.new_page()
        tab.goto(address)
        shown(tab)
        expect(tab.locator("#widget textarea")).to_have_value(expected)
        return tab

    def write(tab: Page, words: str) -> None:
        tab.keyboard.press("End")
        tab.keyboard.type(words)
        tab.wait_for_function(
            "words => Object.keys(localStorage).some(key => key.startsWith('marginalia-draft')"
            " && localStorage.getItem(key).includes(words))",
            arg=words,
        )

    tab = opened("")
    write(tab, "before it closed,")
    tab.close()
    tab = opened("before it closed,")
    write(tab, " before it crashed")
    with tab.expect_event("crash"), contextlib.suppress(PlaywrightError):
        tab.goto("chrome://crash")
    tab = opened("before it closed, before it crashed")
    tab.keyboard.press("Control+Enter")
    expect(tab.locator("#status")).to_contain_text("1 answered")
    expect(tab.locator("#status")).to_contain_text("saved")
    assert [value for _, _, value in answers(bare, question)] == ["before it closed, before it crashed"]


@pytest.mark.slow
def test_a_picture_of_8000_pixels_is_enlarged_and_moved_by_keyboard(bare, boss, word, page):
    base, question = kinds_project.build(bare, boss, "choice", ["kim"], items=0)
    buffer = io.BytesIO()
    Image.radial_gradient("L").resize((8000, 8000)).save(buffer, "JPEG", quality=60)
    with_zip = io.BytesIO()
    with zipfile.ZipFile(with_zip, "w") as archive:
        archive.writestr("big.jpg", buffer.getvalue())
    edge = "edge1edge"
    body = f'--{edge}\r\nContent-Disposition: form-data; name="archive"; filename="big.zip"\r\n\r\n'.encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={edge}", "Authorization": f"Token {boss}"}
    assert bare.send(f"{base}items/", body + with_zip.getvalue() + f"\r\n--{edge}--\r\n".encode(), headers)[0] == 202
    bare.wait_until(lambda: bare.get(f"{base}items/", boss)[1]["count"] == 1, 30, "the picture did not come in")
    sign_in(page, bare, "kim", word)
    page.goto(f"{bare.url}{base.removeprefix('/api/v1')}desk/{question}/")
    shown(page)
    frame = page.locator(".picture .frame")
    fitting = frame.evaluate("element => element.querySelector('img').clientWidth")
    for _ in range(9):
        page.keyboard.press("+")
    assert frame.evaluate("element => element.querySelector('img').clientWidth") == pytest.approx(16 * fitting, abs=16)
    before = frame.evaluate("element => [element.scrollLeft, element.scrollTop]")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    after = frame.evaluate("element => [element.scrollLeft, element.scrollTop]")
    assert after[0] > before[0] and after[1] > before[1]
    page.keyboard.press("Home")
    assert frame.evaluate("element => element.querySelector('img').clientWidth") == fitting
    page.keyboard.press("1")
    expect(page.locator("#status")).to_contain_text("1 answered")
