"""Presses that come twice, as from a bouncing key or a hand that slips."""

import time

from tests.browser import questions
from tests.browser.gestures import HELD, quickly

CHOICES = {"choices": ["yes", "no", "maybe", "never"]}
APART = (0, 30, 80)  # ms from one press to the next that a hand did not mean


def twice(desk: questions.Desk, key: str, apart: int) -> None:
    """Press a key twice, as a bouncing key does."""
    desk.meant(key)
    quickly(desk.page, (key, key), apart)


def pressed_twice(desk: questions.Desk, how: str, x: float, y: float, apart: int) -> None:
    """Click or touch a place twice, as a hand that slips does; see `twice` for the times."""
    session, begun = desk.page.context.new_cdp_session(desk.page), time.time()
    for number in range(2):
        at = begun + number * (apart + HELD) / 1000
        for down in (True, False):
            when = {"timestamp": at + (0 if down else HELD / 1000)}
            if how == "click":
                kind = "mousePressed" if down else "mouseReleased"
                about = {"x": x, "y": y, "button": "left", "clickCount": number + 1}
                session.send("Input.dispatchMouseEvent", {"type": kind, **about, **when})
            else:
                points = [{"x": x, "y": y}] if down else []
                kind = "touchStart" if down else "touchEnd"
                session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points, **when})
        desk.page.wait_for_timeout(apart)
