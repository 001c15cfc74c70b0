"""A project with a question of every kind, made over the API of a running stand: for browser tests, benchmarks and pictures."""

import io
import json
import struct
import wave
from typing import Any

from PIL import Image, ImageDraw

MESSAGE = (
    "I waited three weeks 😞 and it arrived broken.\n"
    "Anna from the shop in Łódź was kind, اسمها آنا, and e\u0301crit to me twice.\n"
    "So I hope for a new one soon."
)
KINDS: dict[str, dict[str, Any]] = {
    "choice": {"text": "Is it day or night?", "config": {"choices": ["day", "night"]}, "item": "picture"},
    "several": {
        "text": "What is this message about?",
        "kind": "choice",
        "config": {"choices": ["delivery", "price", "quality", "people"], "several": True, "least": 1},
        "item": "text",
    },
    "many": {
        "text": "Which town is meant?",
        "kind": "choice",
        "config": {"choices": [f"Town {number:04d}" for number in range(3000)]},
        "item": "text",
    },
    "tree": {
        "text": "Which animal is it?",
        "kind": "choice",
        "config": {
            "choices": [
                "mammal",
                {"value": "cat", "under": "mammal"},
                {"value": "dog", "under": "mammal"},
                "bird",
                {"value": "owl", "under": "bird"},
            ]
        },
        "item": "picture",
    },
    "scale": {
        "text": "Does this text convey disappointment?",
        "config": {"points": 5, "low": "not at all", "high": "very much"},
        "item": "text",
    },
    "text": {"text": "What is said?", "config": {"lines": 3, "longest": 400}, "item": "audio"},
    "span": {
        "text": "Mark people and places, and who lives where.",
        "config": {"labels": ["person", "place"], "relations": ["lives in"]},
        "item": "text",
    },
    "box": {
        "text": "Where are the cups?",
        "config": {"labels": ["cup", "rim"], "shapes": ["box", "polygon", "point"]},
        "item": "picture",
    },
    "pair": {"text": "Which answer helps more?", "config": {"tie": True, "better": "better"}, "item": "pair"},
    "set": {
        "text": "How disappointed is the writer, and what about?",
        "config": {
            "parts": [
                {
                    "name": "how_much",
                    "text": "Does this text convey disappointment?",
                    "kind": "scale",
                    "config": {"points": 5, "low": "not at all", "high": "very much"},
                },
                {
                    "name": "about",
                    "text": "What is it about?",
                    "kind": "choice",
                    "config": {"choices": ["delivery", "price", "quality"], "several": True, "least": 1},
                    "when": {"part": "how_much", "is": [3, 4, 5]},
                },
            ]
        },
        "item": "text",
    },
    "html": {
        "text": "Is this letter friendly?",
        "kind": "choice",
        "config": {"choices": ["yes", "no"]},
        "item": "html",
    },
    "row": {"text": "Did this user come back?", "kind": "choice", "config": {"choices": ["yes", "no"]}, "item": "row"},
}


def picture(number: int, size: tuple[int, int] = (640, 400)) -> bytes:
    """Return a picture of a table with two cups; another number, another shade."""
    page = Image.new("RGB", size, (225, 215, 200 - number % 90))
    pen = ImageDraw.Draw(page)
    width, height = size
    pen.rectangle((0, height * 6 // 10, width, height), fill=(190, 165 - number % 60, 125))
    for left in (width // 6, width * 6 // 10):
        pen.rounded_rectangle(
            (left, height // 3, left + width // 5, height * 7 // 10), 12, fill=(74, 124 + number % 60, 140)
        )
    buffer = io.BytesIO()
    page.save(buffer, "PNG")
    return buffer.getvalue()


def sound(number: int) -> bytes:
    """Return two seconds of a tone."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        period = 20 + number
        file.writeframes(b"".join(struct.pack("<h", 6000 if place // period % 2 else -6000) for place in range(16000)))
    return buffer.getvalue()


def content(modality: str, number: int) -> tuple[str, bytes]:
    """Return a file of a modality: its name and its bytes."""
    if modality == "picture":
        return f"table-{number}.png", picture(number)
    if modality == "audio":
        return f"tone-{number}.wav", sound(number)
    if modality == "text":
        return f"message-{number}.txt", f"{MESSAGE}\nNumber {number}.".encode()
    if modality == "html":
        letter = f"<h2>Letter {number}</h2><p>Dear shop, <b>thank you</b>.</p><ul><li>one</li><li>two</li></ul>"
        return f"letter-{number}.html", letter.encode()
    if modality == "pair":
        record: dict[str, Any] = {
            "about": "The parcel is late.",
            "left": f"Wait {number} days.",
            "right": "A new one comes today.",
        }
    else:
        record = {"user": f"u{number}", "pages": number, "last seen": "2026-11-02", "came from": "search"}
    return f"{modality}-{number}.jsonl", json.dumps(record).encode()


def upload(stand: Any, base: str, token: str, files: list[tuple[str, bytes]]) -> tuple[int, Any]:
    """Send files to a project."""
    edge, body = "edge0edge", b""
    for name, data in files:
        body += (
            f'--{edge}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'.encode()
            + data
            + b"\r\n"
        )
    headers = {"Content-Type": f"multipart/form-data; boundary={edge}", "Authorization": f"Token {token}"}
    return stand.send(f"{base}items/", body + f"--{edge}--\r\n".encode(), headers)


def build(stand: Any, token: str, name: str, people: list[str], items: int = 6) -> tuple[str, int]:
    """Make a project with one question of a kind, its items, and annotators; return the project's API path and the question."""
    kind = KINDS[name]
    project = stand.post("/api/v1/projects/", {"name": f"Kind: {name}"}, token)[1]["id"]
    base = f"/api/v1/projects/{project}/"
    assert stand.post(f"{base}budget/", {"amount": "100"}, token)[0] == 201
    for person in people:
        stand.post(f"{base}members/", {"username": person, "role": "annotator"}, token)
    if items:
        status, said = upload(stand, base, token, [content(kind["item"], number) for number in range(items)])
        assert status == 201, said
    fields = {"text": kind["text"], "kind": kind.get("kind", name), "config": kind["config"]}
    more = {
        "instructions": "Read *all* of it.\n\n- first this\n- then that",
        "overlap": 3,
        "test_overlap": 3,
        "price": "0.02",
    }
    status, said = stand.post(f"{base}questions/", fields | more, token)
    assert status == 201, said
    return base, said["id"]
