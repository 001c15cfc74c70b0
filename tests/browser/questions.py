"""Questions made for tests of gestures: many items for one person, and the answers as the database has them."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PIL import Image
from playwright.sync_api import Page, expect

from tests import kinds_project
from tests.browser.conftest import ready, sign_in
from tests.stand import Stand

WIDTH, HEIGHT = 640, 400
MEANT = 160  # ms from one press of a key to the next that is meant
CLICKS = 340  # ms from one click to the next at the same place that is meant


def blank(number: int) -> bytes:
    """Return a plain picture; another number, another shade."""
    buffer = io.BytesIO()
    Image.new("RGB", (WIDTH, HEIGHT), (235 - number // 40, 230, 200 - number % 40)).save(buffer, "PNG")
    return buffer.getvalue()


@dataclass
class Desk:
    """A desk page at a question, and what was stored by it."""

    page: Page
    stand: Stand
    question: int
    url: str
    seen: int = field(default=0)
    last: str = field(default="")

    def open(self) -> "Desk":
        self.page.goto(self.url)
        self.page.wait_for_selector("#answer:not([hidden])")
        ready(self.page)
        self.seen = len(self.stored())
        return self

    def press(self, *keys: str) -> None:
        """Press keys as a quick person does: once the desk takes them, and the same key not at once again."""
        for key in keys:
            self.meant(key)
            self.page.keyboard.press(key)

    def meant(self, key: str) -> None:
        """Wait until a press of this key is one that is meant."""
        if key == self.last:
            self.page.wait_for_timeout(MEANT)
        self.last = key
        ready(self.page)

    def task(self) -> str:
        return self.page.locator("#item").get_attribute("data-task") or ""

    def stored(self) -> list[Any]:
        """Return the values stored for the question, in the order they were given."""
        rows = self.stand.rows(
            "SELECT a.value FROM annotator_answer a JOIN annotator_task t ON t.id = a.task_id WHERE t.question_id = %s "
            "ORDER BY a.created_at, a.id",
            self.question,
        )
        return [value for (value,) in rows]

    def skipped(self) -> int:
        return self.stand.rows(
            "SELECT count(*) FROM annotator_assignment a JOIN annotator_task t ON t.id = a.task_id "
            "WHERE t.question_id = %s AND a.state = 'skipped'",
            self.question,
        )[0][0]

    def saved(self) -> None:
        """Wait until everything that was answered is stored."""
        expect(self.page.locator("#status")).to_contain_text("saved")

    def submit(self) -> Any:
        """Finish the item with Enter, and return what was stored for it, and nothing else."""
        before = self.task()
        self.press("Enter")
        return self.arrived(before)

    def arrived(self, before: str) -> Any:
        """Wait for the item after `before`, and return the one value stored since the last."""
        self.page.wait_for_function("before => document.querySelector('#item').dataset.task !== before", arg=before)
        self.saved()
        ready(self.page)
        stored = self.stored()
        assert len(stored) == self.seen + 1, stored[self.seen :]
        self.seen += 1
        return stored[-1]

    def quiet(self) -> None:
        """See to it that nothing was stored meanwhile, by waiting until the desk takes answers again."""
        ready(self.page)
        self.saved()
        assert len(self.stored()) == self.seen, self.stored()[self.seen :]


def build(
    stand: Stand,
    token: str,
    kind: str,
    config: dict[str, Any],
    files: list[tuple[str, bytes]],
    person: str = "kim",
    role: str = "annotator",
    **more: Any,
) -> tuple[str, int]:
    """Make a project with one question and items; return the desk's path and the question."""
    project = stand.post("/api/v1/projects/", {"name": f"Gestures: {kind}", **more}, token)[1]["id"]
    base = f"/api/v1/projects/{project}/"
    assert stand.post(f"{base}budget/", {"amount": "1000"}, token)[0] == 201
    assert stand.post(f"{base}members/", {"username": person, "role": role}, token)[0] == 201
    for start in range(0, len(files), 50):
        status, said = kinds_project.upload(stand, base, token, files[start : start + 50])
        assert status == 201, said
    return base, ask(stand, token, base, kind, config)


def ask(stand: Stand, token: str, base: str, kind: str, config: dict[str, Any]) -> int:
    """Ask one more question in a project."""
    fields = {"text": "What is it?", "kind": kind, "config": config, "overlap": 1, "test_overlap": 1, "price": "0.01"}
    status, said = stand.post(f"{base}questions/", fields, token)
    assert status == 201, said
    return said["id"]


def desk(page: Page, stand: Stand, base: str, question: int) -> Desk:
    """Open the desk at a question; the person is signed in."""
    return Desk(page, stand, question, f"{stand.url}{base.removeprefix('/api/v1')}desk/{question}/").open()


def starting(page: Page, stand: Stand, boss: str, word: str) -> Callable[..., Desk]:
    """Return what makes a question and opens the desk at it, as Kim, whose password is `word`."""
    page.set_default_timeout(60_000)

    def begin(kind: str, config: dict[str, Any], files: list[tuple[str, bytes]], **more: Any) -> Desk:
        base, question = build(stand, boss, kind, config, files, **more)
        sign_in(page, stand, "kim", word)
        return desk(page, stand, base, question)

    return begin


def texts(text: str, count: int) -> list[tuple[str, bytes]]:
    """Return as many files with one text, each with a line of its own at the end."""
    return [(f"{number}.txt", f"{text}\nNumber {number}.".encode()) for number in range(count)]


def pictures(count: int) -> list[tuple[str, bytes]]:
    return [(f"{number}.png", blank(number)) for number in range(count)]


def pairs(count: int) -> list[tuple[str, bytes]]:
    lines = [json.dumps({"left": f"one {number}", "right": f"two {number}"}) for number in range(count)]
    return [("pairs.jsonl", "\n".join(lines).encode())]
