"""Mouse and finger as a person uses them, and the table of gestures in the documentation."""

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import ready

TABLE = Path(__file__).resolve().parent.parent.parent / "docs" / "gestures.md"
Point = tuple[float, float]
LONG = 800  # ms
HELD = 10  # ms for which a key or a button is down
NEAR = 25  # screen pixels: closer clicks may be one double click


def click(page: Page, at: Point, count: int = 1) -> None:
    """Click a place, once or several times as one hand does; the events carry the time of that hand (see `quickly`)."""
    ready(page)
    page.mouse.move(*at)
    if count == 1:
        page.mouse.down()
        page.mouse.up()
        return
    session, when = page.context.new_cdp_session(page), time.time()
    for number in range(count):
        about = {"x": at[0], "y": at[1], "button": "left", "clickCount": number + 1}
        for kind in ("mousePressed", "mouseReleased"):
            session.send("Input.dispatchMouseEvent", {"type": kind, **about, "timestamp": when})
            when += HELD / 1000
    session.detach()


def middle(page: Page, selector: str) -> Point:
    """Return the middle of the first element of a selector."""
    found = page.locator(selector).first.bounding_box()
    assert found
    return found["x"] + found["width"] / 2, found["y"] + found["height"] / 2


class Clicks:
    """Clicks that are no second click of a double click: one near the place of the last waits until it is one of its own."""

    def __init__(self, page: Page, apart: int) -> None:
        self.page, self.apart = page, apart
        self.last: Point = (-1000, -1000)
        self.until = 0.0

    def wait(self, at: Point) -> None:
        """Wait where a click at a place would otherwise belong to the one before it."""
        near = abs(at[0] - self.last[0]) <= NEAR and abs(at[1] - self.last[1]) <= NEAR
        left = self.until - time.monotonic()
        if near and left > 0:
            self.page.wait_for_timeout(left * 1000)

    def did(self, at: Point) -> None:
        """Keep where a click was, and when: to be called after it, for a slow machine may take long to do it."""
        self.last, self.until = at, time.monotonic() + self.apart / 1000


def drag(page: Page, start: Point, end: Point, steps: int = 3) -> None:
    ready(page)
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=steps)
    page.mouse.move(*end, steps=steps)
    page.mouse.up()


NAMED = {"Enter": ("Enter", 13, "\r"), "Backspace": ("Backspace", 8, ""), "Delete": ("Delete", 46, "")}


def quickly(page: Page, keys: str | Sequence[str], *apart: int) -> None:
    """Press keys with so many ms between one and the next, as a bouncing key or a hasty hand does.

    The events carry the time at which a person would have pressed: on a slow machine they may come much later.
    """
    session, at = page.context.new_cdp_session(page), time.time()
    for key, gap in zip(keys, (*apart, 0), strict=True):
        code, number, text = NAMED.get(key) or (f"Digit{key}", ord(key), key)
        more = {"key": key, "code": code, "windowsVirtualKeyCode": number}
        down = {"type": "keyDown", "text": text} if text else {"type": "rawKeyDown"}
        session.send("Input.dispatchKeyEvent", {"timestamp": at, **down, **more})
        session.send("Input.dispatchKeyEvent", {"type": "keyUp", "timestamp": at + HELD / 1000, **more})
        page.wait_for_timeout(gap)
        at += (gap + HELD) / 1000
    session.detach()


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


def cells(gestures: Sequence[str], states: Sequence[str], *also: tuple[str, str]) -> list[Any]:
    """Return every gesture in every state. The quick suite does each gesture once, its state turning, and what `also` names."""
    every = []
    for number, name in enumerate(gestures):
        for place, state in enumerate(states):
            quick = number % len(states) == place or (name, state) in also
            every.append(pytest.param(name, state, id=f"{name}-{state}", marks=[] if quick else [pytest.mark.slow]))
    return every


def named(module: str) -> set[str]:
    """Return the names of a module's tests that stand in the cells of the table."""
    return set(re.findall(rf"`({module}\[[^`]+\])`", TABLE.read_text()))
