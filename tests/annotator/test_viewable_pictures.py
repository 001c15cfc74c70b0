"""Pictures are made upright and viewable once, so that people, models and exports have the same pixels."""

import io
import itertools

import numpy as np
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps

from annotator import storage
from annotator.intake import content as contents
from annotator.intake import files, pictures
from annotator.models import Change
from tests import make
from workers.training.learning.networks import picture as network

ORIENTATION = 0x0112


def saved(picture: Image.Image, form: str, **options) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def corners(orientation: int = 1, size: tuple[int, int] = (48, 32), **options) -> bytes:
    """Return a JPEG with a red corner at the upper left, stored as a camera held that way stores it."""
    upright = Image.new("RGB", size, "white")
    upright.paste((255, 0, 0), (0, 0, size[0] // 3, size[1] // 3))
    # The transposition that undoes what the tag says.
    undone = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undone[orientation]) if orientation in undone else upright
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return saved(stored, "JPEG", quality=95, exif=exif, **options)


def pixels(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stands_upright_however_the_camera_was_held(orientation):
    found = pictures.check_picture("phone.jpg", corners(orientation))
    shown = pixels(found.content)
    assert (found.width, found.height) == (48, 32) == (shown.shape[1], shown.shape[0])
    assert Image.open(io.BytesIO(found.content)).getexif().get(ORIENTATION, 1) == 1, "no browser turns it again"
    assert abs(shown[3, 3] - [255, 0, 0]).max() < 30 and shown[-3:, -3:].min() > 225
    assert (found.changes == ("turned",)) == (orientation != 1)


@given(st.integers(1, 8), st.integers(9, 90), st.integers(9, 90))
@settings(max_examples=60, deadline=None)
def test_a_model_reads_the_pixels_that_people_see(orientation, width, height):
    found = pictures.check_picture("phone.jpg", corners(orientation, (width, height)))
    seen = Image.open(io.BytesIO(found.content)).convert("RGB").resize((64, 64), Image.Resampling.BOX)
    read = network.opened(found.content, 64)
    assert (found.width, found.height) == (width, height)
    assert abs(np.asarray(seen).astype(int) - read.astype(int)).max() <= 2


def test_sixteen_bits_are_fitted_to_the_values_that_occur():
    values = np.linspace(1000, 1400, 64 * 8).reshape(8, 64).astype(np.uint16)
    found = pictures.check_picture("scan.png", saved(Image.fromarray(values), "PNG"))
    shown = np.asarray(Image.open(io.BytesIO(found.content)))
    assert (shown.dtype, shown.min(), shown.max()) == (np.uint8, 0, 255) and found.changes == ("contrast",)


def test_a_gray_picture_of_one_value_and_one_of_no_numbers_are_taken():
    flat = Image.fromarray(np.full((4, 4), 700, np.uint16))
    hollow = Image.fromarray(np.array([[np.nan, 1.0], [np.inf, 2.0]], np.float32))
    assert pictures.check_picture("flat.png", saved(flat, "PNG")).width == 4
    assert pictures.check_picture("hollow.tiff", saved(hollow, "TIFF")).width == 2


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_stands_on_white(mode):
    see_through = Image.new("RGBA", (8, 8), (200, 0, 0, 0))
    if mode == "P":
        palette = Image.new("P", (8, 8), 0)
        palette.putpalette([200, 0, 0])
        content = saved(palette, "PNG", transparency=0)
    else:
        content = saved(see_through.convert(mode), "PNG")
    found = pictures.check_picture("logo.png", content)
    assert pixels(found.content).min() == 255 and found.changes == ("opaque",)


def test_print_colours_become_those_of_a_screen():
    found = pictures.check_picture("print.jpg", saved(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG"))
    shown = Image.open(io.BytesIO(found.content))
    assert shown.mode == "RGB" and abs(pixels(found.content)[4, 4] - [255, 0, 0]).max() < 40
    assert found.changes == ("colours",)


def test_a_colour_profile_is_applied_and_srgb_is_left_alone():
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    red = Image.new("RGB", (8, 8), (200, 30, 30))
    assert pictures.check_picture("a.png", saved(red, "PNG", icc_profile=srgb)).changes == ()
    # A profile that does not fit the picture is ignored, and so is one that is broken.
    other = pictures.check_picture("a.png", saved(red, "PNG", icc_profile=lab.tobytes()))
    assert other.changes == ("colours",) and tuple(pixels(other.content)[0, 0]) == (200, 30, 30)
    assert pictures.check_picture("a.png", saved(red, "PNG", icc_profile=b"nonsense")).changes == ()


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP"])
def test_of_a_moving_picture_the_first_frame_is_shown_and_learned(form):
    frames = [Image.new("RGB", (12, 10), colour) for colour in ((250, 0, 0), (0, 250, 0))]
    found = pictures.check_picture("moving", saved(frames[0], form, save_all=True, append_images=frames[1:]))
    shown = Image.open(io.BytesIO(found.content))
    assert getattr(shown, "n_frames", 1) == 1 and "first_frame" in found.changes
    assert abs(pixels(found.content)[5, 5] - [250, 0, 0]).max() < 10


def test_the_pages_of_a_tiff_are_items_that_fall_on_one_split():
    pages = [Image.new("L", (20, 30), shade) for shade in (10, 120, 230)]
    found = files.read("scan.tiff", saved(pages[0], "TIFF", save_all=True, append_images=pages[1:]))
    assert [one.name for one in found] == ["scan.tiff, page 1", "scan.tiff, page 2", "scan.tiff, page 3"]
    assert len({one.source for one in found}) == 1 and found[0].source
    assert [int(pixels(one.content)[0, 0, 0]) for one in found] == [10, 120, 230]


@pytest.mark.parametrize(("form", "ending"), [("BMP", "bmp"), ("TIFF", "tif"), ("AVIF", "avif"), ("HEIF", "heic")])
def test_formats_that_browsers_do_not_show_are_converted(form, ending):
    pillow_heif.register_heif_opener()
    [found] = files.read(f"x.{ending}", saved(Image.new("RGB", (18, 14), (10, 160, 60)), form))
    assert found.mime_type in ("image/png", "image/jpeg") and found.changes == ("format",) and found.original
    assert abs(pixels(found.content)[7, 9] - [10, 160, 60]).max() < 8


def test_every_change_has_its_words():
    named = {
        pictures.TURNED,
        pictures.FIRST_FRAME,
        pictures.CONTRAST,
        pictures.OPAQUE,
        pictures.COLOURS,
        pictures.FORMAT,
    }
    assert named == set(Change.values)


@pytest.mark.django_db
def test_the_original_is_kept_and_can_be_downloaded(project, manager, annotator, api):
    content = corners(6)
    [item] = contents.store(project, [pictures.check_picture("phone.jpg", content)])
    assert storage.get_content(item.original_sha256) == content != storage.get_content(item.sha256)
    found = api(manager).get(f"/api/v1/projects/{project.pk}/items/").json()["results"][0]
    assert found["changes"] == ["turned"] and (found["width"], found["height"]) == (48, 32)
    reply = api(manager).get(found["original"])
    assert b"".join(reply.streaming_content) == content
    assert reply["Content-Type"] == "application/octet-stream" and "attachment" in reply["Content-Disposition"]
    plain = make.items(project)[0]
    assert api(manager).get(f"/api/v1/projects/{project.pk}/items/{plain.pk}/original/").status_code == 404


@pytest.mark.django_db
def test_a_picture_that_comes_again_is_the_same_item(project):
    for _ in range(2):
        contents.store(project, [pictures.check_picture("phone.jpg", corners(6))])
    assert project.items.count() == 1


def test_modes_and_forms_in_every_combination_give_eight_bits_that_browsers_show():
    for mode, form in itertools.product(["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "F"], ["PNG", "TIFF"]):
        if form == "PNG" and mode in ("CMYK", "F"):
            continue
        picture = Image.new(mode, (6, 6))
        found = pictures.check_picture("x", saved(picture, form))
        shown = Image.open(io.BytesIO(found.content))
        assert shown.mode in ("1", "L", "P", "RGB") and shown.format in ("PNG", "JPEG"), (mode, form)
        assert ImageOps.exif_transpose(shown).size == (6, 6)
