"""Which files are pictures."""

import struct
import zlib

import pytest

from annotator import storage
from annotator.intake import content as contents
from annotator.intake import pictures
from annotator.models import Item
from tests import make

pytestmark = pytest.mark.django_db


def huge_png(width: int, height: int) -> bytes:
    """Return a PNG of that size by its header; its content is a few bytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


BAD = {
    "empty": (b"", "empty"),
    "not a picture": (b"hello, I am a text named .png", "no PNG"),
    "a broken HEIC": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200), "no PNG|broken"),
    "cut off": (make.png(1, (64, 64))[:90], "broken"),
    "20,000 × 20,000": (huge_png(20_000, 20_000), "million pixels"),
    "11,000 × 11,000": (huge_png(11_000, 11_000), "11,000 × 11,000"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "no PNG"),
    "html": (b"<html><script>alert(1)</script>", "no PNG"),
}


@pytest.mark.parametrize("name", BAD)
def test_it_refuses_with_the_reason(name):
    content, reason = BAD[name]
    with pytest.raises(pictures.BadPicture, match=reason):
        pictures.check_picture("x.png", content)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP"])
def test_what_browsers_show_alike_stays_as_it_is(form):
    content = make.png(3, (9, 5), form)
    found = pictures.check_picture("x", content)
    assert (found.width, found.height, found.content, found.original, found.changes) == (9, 5, content, b"", ())


def test_it_flips_no_bit_of_the_content(project):
    content = make.png(7, form="JPEG")
    [item] = contents.store(project, [pictures.check_picture("x.jpg", content)])
    assert storage.get_content(item.sha256) == content


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\x\\cat.png", "cat.png"),
        ("a\x00b\n.png", "ab.png"),
        ("", "unnamed"),
        ("ü" * 400, "ü" * 255),
    ],
)
def test_a_name_is_only_a_name(name, clean):
    assert contents.clean_name(name) == clean


def test_the_same_content_is_one_item_on_one_side(project):
    for name in ("a.png", "b.png"):
        contents.store(project, [pictures.check_picture(name, make.png(5))])
    assert Item.objects.count() == 1


def test_sides_follow_from_content_and_salt_near_the_share(project):
    digests = [f"{number:064x}" for number in range(4000)]
    sides = [contents.split_of(project, digest) for digest in digests]
    assert sides == [contents.split_of(project, digest) for digest in digests]
    assert abs(sides.count("test") / 4000 - 0.2) < 0.03


def test_the_database_refuses_a_change_of_side(project):
    from django.db import IntegrityError, transaction

    make.items(project)
    item = Item.objects.get()
    item.split = "test" if item.split == "train" else "train"
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        item.save()
