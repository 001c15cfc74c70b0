"""400 short customer messages in many languages, written for this sample; and what the simulated people know about them.

A line of `messages.txt` has how much disappointment its writer meant, from 1 to 5, and the message. Only the simulated people
get the number.
"""

import csv
import hashlib
import io
import random
import re
from functools import cache
from pathlib import Path

from workers.sample.people import Simulated

_LINE = re.compile(r"([1-5]) (.+)")


@cache
def _written() -> list[tuple[int, str]]:
    """Return how much disappointment each message shows, and its text."""
    found = []
    for line in (Path(__file__).parent / "messages.txt").read_text().splitlines():
        match = _LINE.fullmatch(line)
        assert match, line
        found.append((int(match[1]), match[2]))
    return found


def table() -> bytes:
    """Return the messages as a CSV file with one field, text."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["text"])
    writer.writerows([text] for _, text in _written())
    return buffer.getvalue().encode()


def truth() -> dict[str, int]:
    """Return how much disappointment a message shows, by the SHA-256 of its text. For simulated people only."""
    return {hashlib.sha256(text.encode()).hexdigest(): much for much, text in _written()}


def how_much(person: Simulated, known: int, luck: random.Random) -> int:
    """Return what a person answers on the scale: people honestly differ, by how strict they are and by mood.

    What a person hears varies around what was meant, shifted by their own tendency, and is rounded to a point.
    """
    if person.spammer:
        return luck.randint(1, 5)
    leaning = random.Random(person.name).uniform(-0.45, 0.45)  # noqa: S311
    return min(5, max(1, round(luck.gauss(known + leaning, 0.45 + person.error_rate))))
