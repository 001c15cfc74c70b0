"""Mouse and finger as a person uses them, and the table of gestures in the documentation."""

import re
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.conftest import ready

TABLE = Path(__file__).resolve().parent.parent.parent / "docs" / "gestures.md"
Point = tuple[float, float]
LONG = 800  # ms


def click(page: Page, at: Point, count: int = 1) -> None:
    ready(page)
    page.mouse.move(*at)
    for number in range(count):
        page.mouse.down(click_count=number + 1)
        page.mouse.up(click_count=number + 1)


def drag(page: Page, start: Point, end: Point) -> None:
    ready(page)
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=3)
    page.mouse.move(*end, steps=3)
    page.mouse.up()


def touch(page: Page, *path: Point, hold: int = 0) -> None:
    """Put a finger down, move it along a path, and lift it."""
    ready(page)
    session = page.context.new_cdp_session(page)

    def send(kind: str, points: list[Point]) -> None:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    send("touchStart", [path[0]])
    if hold:
        page.wait_for_timeout(hold)
    for point in path[1:]:
        send("touchMove", [point])
    send("touchEnd", [])
    session.detach()


def named(module: str) -> set[str]:
    """Return the names of a module's tests that stand in the cells of the table."""
    return set(re.findall(rf"`({module}\[[^`]+\])`", TABLE.read_text()))
