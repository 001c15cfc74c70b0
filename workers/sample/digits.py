"""The 1,797 scanned digits included in scikit-learn (UCI: Optical Recognition of Handwritten Digits), as pictures.

Only the simulated people get the true digits from this file (`truth`); no label, version or test uses them.
"""

import hashlib
import io
import zipfile
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SIDE = 160
CLASSES = [str(digit) for digit in range(10)]


@cache
def _scans() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits

    found = load_digits()
    return found.images, found.target


def picture(index: int) -> bytes:
    """Return a scan, 8 × 8 in 17 shades, as a PNG of 160 × 160: dark ink on white, with a margin."""
    shades = np.pad(255 - (_scans()[0][index] * (255 / 16)).astype(np.uint8), 1, constant_values=255)
    buffer = io.BytesIO()
    Image.fromarray(shades).resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(
        buffer, "PNG", optimize=False, compress_level=6
    )
    return buffer.getvalue()


def archive() -> bytes:
    """Return all scans as a ZIP archive of PNG files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as file:
        for index in range(len(_scans()[0])):
            file.writestr(zipfile.ZipInfo(f"digit-{index + 1:04d}.png", (2026, 1, 1, 0, 0, 0)), picture(index))
    return buffer.getvalue()


def truth() -> dict[str, str]:
    """Return the true digit of each picture, by the SHA-256 of the picture. For simulated people only."""
    return {hashlib.sha256(picture(index)).hexdigest(): str(digit) for index, digit in enumerate(_scans()[1])}


def drawing(digit: str, barred: bool = False) -> bytes:
    """Return a PNG of a digit that we draw ourselves, for the worked examples."""
    page = Image.new("L", (SIDE, SIDE), 255)
    pen = ImageDraw.Draw(page)
    pen.text((SIDE / 2, SIDE / 2), digit, fill=30, font=ImageFont.load_default(120), anchor="mm")
    if barred:
        pen.line((58, 88, 104, 80), fill=30, width=7)
    buffer = io.BytesIO()
    page.save(buffer, "PNG")
    return buffer.getvalue()
