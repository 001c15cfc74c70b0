"""What people draw and mark at the desk is stored as they meant it. A large picture can be enlarged and moved."""

import io
import zipfile

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests import kinds_project
from tests.browser.conftest import sign_in
from tests.browser.keyboard import answers, press, shown


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
