"""400 short customer messages, written for this sample, in many languages; and what the simulated people know of them.

A line of `messages.txt` is how much disappointment its writer meant, from 1 to 5, and the message with the words that show it in
brackets. Both leave this file only towards the people who are simulated.
"""

import csv
import hashlib
import io
import random
import re
from functools import cache
from pathlib import Path
from typing import Any

from workers.sample.people import Simulated

_LINE = re.compile(r"([1-5]) (.+)")


@cache
def _written() -> list[tuple[int, str, list[tuple[int, int]]]]:
    """Return of each message how much, the text, and where the words that show it stand, in code points."""
    found = []
    for line in (Path(__file__).parent / "messages.txt").read_text().splitlines():
        match = _LINE.fullmatch(line)
        assert match, line
        text, spans, begun = "", [], 0
        for character in match[2]:
            if character == "[":
                begun = len(text)
            elif character == "]":
                spans.append((begun, len(text)))
            else:
                text += character
        found.append((int(match[1]), text, spans))
    return found


def table() -> bytes:
    """Return the messages as a CSV file with one field, text."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["text"])
    writer.writerows([text] for _, text, _ in _written())
    return buffer.getvalue().encode()


def truth() -> dict[str, tuple[int, list[tuple[int, int]]]]:
    """Return how much and where, by the SHA-256 of the message. For simulated people only."""
    return {hashlib.sha256(text.encode()).hexdigest(): (much, spans) for much, text, spans in _written()}


def how_much(person: Simulated, known: tuple[int, Any], luck: random.Random) -> int:
    """Return what a person answers on the scale: people honestly differ, by how strict they are and by mood.

    What someone hears lies around what was meant, moved by a leaning of their own, and is rounded to a point.
    """
    if person.spammer:
        return luck.randint(1, 5)
    leaning = random.Random(person.name).uniform(-0.45, 0.45)  # noqa: S311
    return min(5, max(1, round(luck.gauss(known[0] + leaning, 0.45 + person.error_rate))))


def which_words(person: Simulated, known: tuple[int, list[tuple[int, int]]], luck: random.Random) -> dict[str, Any]:
    """Return the words a person marks: those that show it, some forgotten, some taken a little wider."""
    spans = [
        {"start": max(0, start - luck.choice((0, 0, 0, 1))), "end": end, "label": "disappointment"}
        for start, end in known[1]
        if luck.random() > person.error_rate
    ]
    return {"spans": [] if person.spammer else spans}
