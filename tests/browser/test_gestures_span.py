"""Each gesture in each state of a span question: what is stored is what was meant (docs/gestures.md)."""

import itertools

import pytest

from tests.browser import questions
from tests.browser.conftest import sign_in
from tests.browser.gestures import LONG, cells, click, drag, named, touch

TEXT = "Anna Berg met Bob.\nشكرا لكم جميعا اليوم\nEmoji 😞 here"
PLACE = """
([word, share]) => {
  const walker = document.createTreeWalker(document.querySelector('.text'), NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const at = node.data.indexOf(word);
    if (at < 0) continue;
    const range = document.createRange();
    range.setStart(node, at);
    range.setEnd(node, at + word.length);
    const box = range.getBoundingClientRect();
    return [box.left + box.width * share, box.top + box.height / 2];
  }
}
"""
STATES = ("none", "marked", "rtl", "zoomed")
GESTURES = (
    "click", "double", "triple", "last_line", "drag", "backwards", "spaces", "drag_out", "drag_in", "in_a_mark", "tap",
    "long_press", "keyboard",
)  # fmt: skip


def at(desk: questions.Desk, word: str, share: float = 0.5) -> tuple[float, float]:
    x, y = desk.page.evaluate(PLACE, [word, share])
    return x, y


def gesture(desk: questions.Desk, name: str, rtl: bool) -> str | None:
    """Do a gesture, and return the words that it means; None for none."""
    page = desk.page
    first, second, line = ("لكم", "جميعا", "شكرا لكم جميعا اليوم") if rtl else ("Berg", "met", "Anna Berg met Bob.")
    begins, ends = (0.98, 0.02) if rtl else (0.02, 0.98)
    last = desk.page.evaluate("document.querySelector('.text').lastElementChild.textContent")
    whole = page.evaluate("[...document.querySelectorAll('.text p')].map(part => part.textContent).join('\\n')")
    if name == "click":
        click(page, at(desk, first))
        return None
    if name == "double":
        click(page, at(desk, first), 2)
        return first
    if name == "triple":
        click(page, at(desk, first), 3)
        return line
    if name == "last_line":
        click(page, at(desk, "Number"), 3)
        return last
    if name == "drag":
        drag(page, at(desk, first, begins), at(desk, second, ends))
        return f"{first} {second}"
    if name == "backwards":
        drag(page, at(desk, second, ends), at(desk, first, begins))
        return f"{first} {second}"
    if name == "spaces":
        drag(page, at(desk, f" {first} ", begins), at(desk, f" {first} ", ends))
        return first
    if name == "drag_out":
        x, y = at(desk, first, begins)
        box = page.locator("#ask").bounding_box()
        assert box
        drag(page, (x, y), (box["x"] + 5, box["y"] + box["height"] / 2))
        return whole[whole.index(first) :]
    if name == "drag_in":
        box = page.locator("#ask").bounding_box()
        assert box
        drag(page, (box["x"] + 5, box["y"] + box["height"] / 2), at(desk, first, begins))
        return whole[whole.index(first) :]
    if name == "in_a_mark":
        click(page, at(desk, first), 2)
        desk.press("2")
        a, b = at(desk, first, begins), at(desk, second, ends)
        drag(page, a, b)
        return f"{first} {second}"
    if name == "tap":
        touch(page, at(desk, first))
        return None
    if name == "long_press":
        touch(page, at(desk, first), hold=LONG)
        return first
    if rtl:
        click(page, at(desk, first, begins))
        desk.press("ArrowLeft", "Shift+ArrowLeft")
        return f"{first} {second}"
    click(page, at(desk, "Berg", 0.02))
    desk.press("ArrowRight", "Shift+ArrowRight")
    return f"{first} {second}"


@pytest.fixture(scope="module")
def span_desk(bare, browser):
    boss = bare.token("boss", bare.password("boss", "--create", "--may-begin-projects"))
    word = bare.password("kim", "--create")
    files = questions.texts(TEXT, len(STATES) * len(GESTURES) + 8)
    base, question = questions.build(bare, boss, "span", {"labels": ["person", "place"]}, files)
    context = browser.new_context(viewport={"width": 1100, "height": 900})
    page = context.new_page()
    page.set_default_timeout(60_000)
    sign_in(page, bare, "kim", word)
    yield questions.desk(page, bare, base, question)
    context.close()


def whole_text(desk: questions.Desk) -> str:
    return desk.page.evaluate("[...document.querySelectorAll('.text p')].map(part => part.textContent).join('\\n')")


@pytest.mark.parametrize(("name", "state"), cells(GESTURES, STATES, ("drag", "marked"), ("long_press", "none")))
def test_span(span_desk, name, state):
    desk = span_desk
    desk.page.wait_for_timeout(questions.CLICKS)
    desk.page.evaluate("zoom => { document.body.style.zoom = zoom }", "1.5" if state == "zoomed" else "1")
    desk.page.evaluate("window.scrollTo(0, 0)")
    text = whole_text(desk)
    wanted = []
    if state == "marked":
        click(desk.page, at(desk, "Bob"), 2)
        desk.press("1")
        wanted.append(("Bob", "person"))
        desk.page.wait_for_timeout(questions.CLICKS)
    meant = gesture(desk, name, state == "rtl")
    if name == "in_a_mark":
        wanted.append(("لكم" if state == "rtl" else "Berg", "place"))
    if meant is not None:
        wanted.append((meant, "place"))
    desk.press("2")
    value = desk.submit()
    assert [(text[one["start"] : one["end"]], one["label"]) for one in value["spans"]] == wanted


def test_a_selected_mark_alone_is_relabelled_by_nothing_else_than_its_own_words(span_desk):
    """A click on a mark selects its words; a click beside it selects nothing, and no key marks anything then."""
    desk = span_desk
    desk.page.evaluate("document.body.style.zoom = '1'")
    text = whole_text(desk)
    click(desk.page, at(desk, "Bob"), 2)
    desk.press("1")
    desk.page.wait_for_timeout(questions.CLICKS)
    click(desk.page, at(desk, "Anna"))
    desk.press("2")
    desk.page.wait_for_timeout(questions.CLICKS)
    click(desk.page, at(desk, "Bob"))
    desk.press("2")
    value = desk.submit()
    assert [(text[one["start"] : one["end"]], one["label"]) for one in value["spans"]] == [
        ("Bob", "person"),
        ("Bob", "place"),
    ]


def test_a_label_stands_right_after_its_words_whichever_way_they_read(span_desk):
    """A mark and its label are one piece on the page: no other word stands between them."""
    desk = span_desk
    click(desk.page, at(desk, "لكم"), 2)
    desk.press("2")
    boxes = desk.page.evaluate(
        "[...document.querySelector('.text mark').getClientRects()].map(box => [box.left, box.right]).sort((a, b) => a[0] - b[0])"
    )
    assert all(after[0] - before[1] < 2 for before, after in itertools.pairwise(boxes)), boxes
    assert desk.page.locator(".said bdi").count() == 2
    desk.submit()


def test_every_cell_of_the_table_has_its_test():
    assert named("test_span") == {f"test_span[{name}-{state}]" for name in GESTURES for state in STATES}
