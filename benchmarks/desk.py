"""The desk in Chromium, against what `make run` starts: from a key to the next item's paint, the first page, and heavy items.

A paint is taken to be over in the first task after the next frame was drawn. Two items are asked about in turn: messages and
pictures of one megapixel.
"""

import io
import statistics
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from benchmarks.figure import figure
from tests import kinds_project
from tests.browser.conftest import CHROMIUM
from tests.stand import Stand

ANSWERS = 60
SPANS, CHARACTERS = 2_000, 200_000
BOXES = 500
DEEDS = 25
# Waits from an event to the end of the paint in which `done()` holds.
LISTEN = """
() => {
  window.waits = [];
  addEventListener("keydown", (event) => {
    const before = window.stands();
    const began = event.timeStamp;
    const look = () => requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => (window.stands() === before ? look() : window.waits.push(performance.now() - began));
      channel.port2.postMessage(0);
    });
    look();
  }, { capture: true });
}
"""
ITEM = "() => { window.stands = () => document.querySelector('#item').dataset.task }"
SAID = "() => { window.stands = () => document.querySelector('.said').textContent }"
DRAFT = """
([question, value]) => {
  const key = Object.keys(sessionStorage).find((one) => one.includes("draft-") && one.endsWith(`-${question}/`));
  localStorage.setItem(key + document.querySelector("#item").dataset.task, JSON.stringify({ value, at: Date.now() }));
}
"""


def run() -> None:
    """Print the figures of the desk."""
    with tempfile.TemporaryDirectory(prefix="marginalia-bench-") as folder, sync_playwright() as playwright:
        stand = Stand(Path(folder) / "home", "--no-sample").start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        try:
            boss = stand.token("boss", stand.password("boss", "--create", "--may-begin-projects"))
            word = stand.password("ann", "--create")
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            _sign_in(page, stand, word)
            waits = _texts(stand, boss, page) + _pictures(stand, boss, page)
            figure("desk.key_to_next_p50_ms", statistics.median(waits), "ms", "texts and 1-megapixel pictures")
            figure("desk.key_to_next_p95_ms", statistics.quantiles(waits, n=20)[18], "ms", "<= 80")
            _first_page(stand, boss, browser, word)
            spans, boxes = _spans(stand, boss, page), _boxes(stand, boss, page)
            figure("desk.spans_input_to_paint_p95_ms", spans, "ms", f"{SPANS} spans in {CHARACTERS:,} characters")
            figure("desk.boxes_input_to_paint_p95_ms", boxes, "ms", f"{BOXES} boxes")
            figure("desk.heavy_input_to_paint_ms", max(spans, boxes), "ms", "the larger p95 of both")
        finally:
            browser.close()
            stand.stop()


def _sign_in(page: Page, stand: Stand, word: str) -> None:
    page.goto(f"{stand.url}/sign-in/")
    page.get_by_label("Username").fill("ann")
    page.get_by_label("Password").fill(word)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "sign-in" not in url)


def _open(stand: Stand, page: Page, base: str, question: int) -> None:
    page.goto(f"{stand.url}{base.removeprefix('/api/v1')}desk/{question}/")
    page.wait_for_selector("#answer:not([hidden])")


def _project(stand: Stand, boss: str, files: list[tuple[str, bytes]], question: dict[str, Any]) -> tuple[str, int]:
    project = stand.post("/api/v1/projects/", {"name": question["text"], "test_share": "0.010"}, boss)[1]["id"]
    base = f"/api/v1/projects/{project}/"
    stand.post(f"{base}budget/", {"amount": "1000"}, boss)
    stand.post(f"{base}members/", {"username": "ann", "role": "annotator"}, boss)
    for start in range(0, len(files), 20):
        status, said = kinds_project.upload(stand, base, boss, files[start : start + 20])
        assert status == 201, said
    return base, stand.post(f"{base}questions/", question, boss)[1]["id"]


def _keys(page: Page, keys: str, pause: int = 250) -> list[float]:
    """Press keys one by one, at the pace of a quick person, and return how long each took to be seen, in ms."""
    page.evaluate(LISTEN)
    for number, key in enumerate(keys):
        page.keyboard.press(key)
        page.wait_for_function("count => window.waits.length >= count", arg=number + 1)
        page.wait_for_timeout(pause)
    return page.evaluate("() => window.waits")


def _texts(stand: Stand, boss: str, page: Page) -> list[float]:
    files = [(f"{number}.txt", f"{kinds_project.MESSAGE}\n{number}".encode()) for number in range(ANSWERS + 4)]
    scale = {"points": 5, "low": "not at all", "high": "very much"}
    _open(stand, page, *_project(stand, boss, files, {"text": "Disappointed?", "kind": "scale", "config": scale}))
    page.evaluate(ITEM)
    return _keys(page, "".join(str(number % 5 + 1) for number in range(ANSWERS)))


def _pictures(stand: Stand, boss: str, page: Page) -> list[float]:
    files = [(f"{number}.jpg", photograph(number)) for number in range(ANSWERS + 4)]
    _open(
        stand,
        page,
        *_project(stand, boss, files, {"text": "Day?", "kind": "choice", "config": {"choices": ["day", "night"]}}),
    )
    page.evaluate(ITEM)
    return _keys(page, "12" * (ANSWERS // 2))


def photograph(number: int) -> bytes:
    """Return a JPEG of 1,000 × 1,000 pixels with as much in it as a photograph."""
    noise = np.random.default_rng(number).integers(0, 256, (125, 125, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).resize((1000, 1000), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _first_page(stand: Stand, boss: str, browser: Any, word: str) -> None:
    """Measure what the first desk page brings over the wire to someone who has nothing of it yet, but is signed in."""
    base, question = kinds_project.build(stand, boss, "scale", ["ann"])
    context = browser.new_context()
    page = context.new_page()
    _sign_in(page, stand, word)
    state = context.storage_state()
    context.close()
    context = browser.new_context(storage_state=state)
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    _open(stand, page, base, question)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(300)
    figure("desk.first_page_kb", sum(sizes) / 1000, "kB", "<= 150, three items ahead among it")
    figure("desk.first_page_requests", len(sizes), "count", "<= 12")
    context.close()


def _heavy(page: Page, keys: str) -> float:
    page.evaluate(SAID)
    return statistics.quantiles(_keys(page, keys, 120), n=20)[18]


def _draft(stand: Stand, page: Page, base: str, question: int, value: Any) -> None:
    """Open an item with much on it: as a draft, which is how it comes back after a reload."""
    _open(stand, page, base, question)
    page.evaluate(DRAFT, [question, value])
    page.reload()
    page.wait_for_selector("#answer:not([hidden])")
    page.wait_for_timeout(500)


def _spans(stand: Stand, boss: str, page: Page) -> float:
    words = "Anna waited in Łódź for a lamp that never came and wrote about it twice 😞 to the shop "
    paragraph = (words * 12)[:999] + "\n"
    text = (paragraph * (CHARACTERS // len(paragraph) + 1))[:CHARACTERS]
    labels = {"labels": ["person", "place", "thing"]}
    base, question = _project(
        stand, boss, [("long.txt", text.encode())], {"text": "Who and where?", "kind": "span", "config": labels}
    )
    step = CHARACTERS // SPANS
    spans = [
        {"start": start, "end": start + 5 + start % 60, "label": labels["labels"][start % 3]}
        for start in range(0, step * SPANS, step)
    ]
    _draft(stand, page, base, question, {"spans": spans})
    assert page.locator(".said").inner_text().startswith(f"{SPANS:,}")
    page.keyboard.press("]")
    page.wait_for_timeout(200)
    return _heavy(page, "]" * DEEDS + "123" + "[" * DEEDS)


def _boxes(stand: Stand, boss: str, page: Page) -> float:
    base, question = _project(
        stand,
        boss,
        [("big.jpg", photograph(1))],
        {"text": "Where?", "kind": "box", "config": {"labels": ["cup", "fruit"], "shapes": ["box"]}},
    )
    shapes = [
        {
            "type": "box",
            "label": ("cup", "fruit")[place % 2],
            "x": place % 25 * 38,
            "y": place // 25 * 45,
            "width": 30,
            "height": 36,
        }
        for place in range(BOXES)
    ]
    _draft(stand, page, base, question, {"shapes": shapes})
    assert page.locator(".said").inner_text().startswith(f"{BOXES:,}")
    page.keyboard.press("]")
    page.wait_for_timeout(200)
    page.evaluate(SAID)
    page.evaluate(LISTEN)
    moves = ["ArrowRight", "ArrowDown", "Shift+ArrowRight", "]"] * (DEEDS // 2)
    for number, key in enumerate(moves):
        page.keyboard.press(key)
        page.wait_for_function("count => window.waits.length >= count", arg=number + 1)
        page.wait_for_timeout(120)
    return statistics.quantiles(page.evaluate("() => window.waits"), n=20)[18]
