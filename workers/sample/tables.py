"""Pictures of laid tables with cups and fruit, drawn for this sample; and the positions of these, for simulated people."""

import hashlib
import io
import random
import zipfile
from functools import cache
from typing import Any

from PIL import Image, ImageDraw

from workers.sample.people import Simulated

COUNT = 48
WIDTH, HEIGHT = 960, 640
_FRUIT = [(184, 68, 47), (214, 158, 46), (122, 156, 60), (201, 108, 52)]
_CUPS = [(74, 124, 140), (240, 236, 226), (96, 84, 120), (170, 70, 86)]


@cache
def _drawn() -> list[tuple[bytes, list[dict[str, Any]]]]:
    return [_table(random.Random(f"table {number}")) for number in range(COUNT)]  # noqa: S311


def _table(luck: random.Random) -> tuple[bytes, list[dict[str, Any]]]:
    """Return a drawn table as PNG, with the boxes of what is on it."""
    shade = luck.randint(-14, 14)
    page = Image.new("RGB", (WIDTH, HEIGHT), (232 + shade // 2, 225 + shade // 2, 210))
    pen = ImageDraw.Draw(page)
    pen.rectangle((0, 250, WIDTH, HEIGHT), fill=(196 + shade, 172 + shade, 132 + shade))
    for line in range(290, HEIGHT, luck.randint(46, 70)):
        pen.line((0, line, WIDTH, line + luck.randint(-8, 8)), fill=(184 + shade, 160 + shade, 120 + shade), width=3)
    boxes: list[dict[str, Any]] = []
    for place in range(luck.randint(2, 6)):
        left, size = 40 + place * 150 + luck.randint(0, 40), luck.randint(64, 118)
        top = luck.randint(230, HEIGHT - size - 60)
        label = luck.choice(("cup", "fruit"))
        pen.ellipse(
            (left - 8, top + size - 12, left + size + 22, top + size + 14), fill=(160 + shade, 136 + shade, 100 + shade)
        )
        right = _cup(pen, left, top, size, luck) if label == "cup" else _fruit(pen, left, top, size, luck)
        upper = top if label == "cup" else top - size // 5
        boxes.append(
            {"type": "box", "label": label, "x": left, "y": upper, "width": right - left, "height": top + size - upper}
        )
    buffer = io.BytesIO()
    page.save(buffer, "PNG")
    return buffer.getvalue(), boxes


def _cup(pen: ImageDraw.ImageDraw, left: int, top: int, size: int, luck: random.Random) -> int:
    colour = luck.choice(_CUPS)
    middle = top + size * 45 // 100
    pen.arc(
        (left + size * 3 // 4, top + size // 5, left + size * 5 // 4, top + size * 3 // 4),
        -90,
        90,
        fill=colour,
        width=12,
    )
    pen.rounded_rectangle((left, top, left + size, top + size), size // 5, fill=colour)
    pen.ellipse((left, top - 2, left + size, top + size // 4), fill=tuple(max(0, part - 30) for part in colour))
    pen.line((left + 8, middle, left + size - 8, middle), fill=tuple(min(255, part + 22) for part in colour), width=5)
    return left + size * 5 // 4


def _fruit(pen: ImageDraw.ImageDraw, left: int, top: int, size: int, luck: random.Random) -> int:
    colour = luck.choice(_FRUIT)
    pen.ellipse((left, top, left + size, top + size), fill=colour)
    pen.ellipse(
        (left + size // 5, top + size // 6, left + size * 2 // 5, top + size // 3),
        fill=tuple(min(255, p + 50) for p in colour),
    )
    pen.line((left + size // 2, top + 6, left + size * 3 // 5, top - size // 5), fill=(91, 67, 34), width=6)
    return left + size


def archive() -> bytes:
    """Return all pictures as a ZIP archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as file:
        for number, (picture, _) in enumerate(_drawn(), start=1):
            file.writestr(zipfile.ZipInfo(f"table-{number:02d}.png", (2026, 1, 1, 0, 0, 0)), picture)
    return buffer.getvalue()


def truth() -> dict[str, list[dict[str, Any]]]:
    """Return the boxes of each picture, by its SHA-256. For simulated people only."""
    return {hashlib.sha256(picture).hexdigest(): boxes for picture, boxes in _drawn()}


def where(person: Simulated, boxes: list[dict[str, Any]], luck: random.Random) -> dict[str, Any]:
    """Return the boxes that a person draws: a few pixels off, and sometimes one is forgotten."""
    shapes = []
    for box in boxes:
        if luck.random() < person.error_rate / 2:
            continue
        left, top = max(0, box["x"] + luck.randint(-6, 6)), max(0, box["y"] + luck.randint(-6, 6))
        width = min(WIDTH - left, box["width"] + luck.randint(-8, 8))
        height = min(HEIGHT - top, box["height"] + luck.randint(-8, 8))
        shapes.append(box | {"x": left, "y": top, "width": width, "height": height})
    return {"shapes": shapes[:1] if person.spammer else shapes}
