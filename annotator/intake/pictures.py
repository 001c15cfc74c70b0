"""Pictures: which files are accepted, and the one form in which people see them, draw on them and a model learns from them.

A picture that every browser and every model shows alike is stored as it is. Any other is made upright and viewable once,
here: rotated as its EXIF data says, in the sRGB colour space, with 8 bits per channel, on white where it is transparent.
The original file is kept next to it.
"""

import hashlib
import io
import re
import threading
import warnings
from collections.abc import Iterator

from PIL import Image, ImageCms, ImageOps, ImageSequence, UnidentifiedImageError

from annotator.intake.found import MOST_BYTES, PICTURE, BadContent, FoundContent, clean_name

# A MPO file is a JPEG with further pictures behind it, as some phones make them; browsers show the first.
SHOWN_AS_IT_IS = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "GIF": "image/gif",
    "WEBP": "image/webp",
}
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF", "HEIF")
PHOTOS = (
    "JPEG",
    "MPO",
    "HEIF",
    "AVIF",
    "WEBP",
)  # stored as JPEG when they must be converted: as PNG they would be ten times larger
QUALITY = 95
MOST_PIXELS = 100_000_000
MOST_PAGES = 500
# What was changed in a picture, with the values of `annotator.models.Change`.
TURNED, FIRST_FRAME, CONTRAST, OPAQUE = "turned", "first_frame", "contrast", "opaque"
COLOURS, FORMAT = "colours", "format"
_ORIENTATION = 0x0112  # the EXIF tag that says how a camera was held
_TRANSPARENT = ("RGBA", "LA", "PA", "RGBa", "La")
_EIGHT_BITS = ("1", "L", "RGB", "P")
_GRAY_16 = ("I", "I;16", "I;16L", "I;16B", "I;16N", "F")

_HEIF_AT = re.compile(rb"ftyp(hei[cxms]|hev[cx]|mif1|msf1)")  # how a HEIC file begins, after its length
_one_at_a_time = threading.Lock()  # an open picture takes up to four bytes per pixel


class BadPicture(BadContent):
    """The file is not a picture we accept. The message says why."""


def check_picture(name: str, content: bytes, most_pixels: int = MOST_PIXELS) -> FoundContent:
    """Return the picture in a file, or the first page of one. Raises as `pages` does."""
    return next(pages(name, content, most_pixels))


def pages(name: str, content: bytes, most_pixels: int = MOST_PIXELS) -> Iterator[FoundContent]:
    """Yield the picture in a file, or the pages of a TIFF file. Of a moving picture, the first frame is yielded.

    Raises BadPicture when the file is empty, broken, too large or of an unsupported format.
    """
    name = clean_name(name)
    if not content:
        raise BadPicture(f"{name}: the file is empty.")
    if len(content) > MOST_BYTES:
        raise BadPicture(
            f"{name}: the file has {len(content) // 2**20} MB; at most {MOST_BYTES // 2**20} MB are taken."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if _HEIF_AT.fullmatch(content[4:12]):
                import pillow_heif

                pillow_heif.register_heif_opener()
            picture = Image.open(
                io.BytesIO(content), formats=[one for one in FORMATS if one in Image.OPEN or one != "HEIF"]
            )
            count = getattr(picture, "n_frames", 1) if picture.format == "TIFF" else 1
            if count > MOST_PAGES:
                raise BadPicture(f"{name}: it has {count:,} pages; at most {MOST_PAGES} are taken.")
            for number, page in enumerate(ImageSequence.Iterator(picture) if count > 1 else [picture], start=1):
                _check_size(name, page, most_pixels)
                with _one_at_a_time:
                    page.load()
                    yield _found(f"{name[:240]}, page {number}" if count > 1 else name, content, page, count)
    except Image.DecompressionBombError:
        raise BadPicture(
            f"{name}: the picture has far more than the {MOST_PIXELS // 10**6} million pixels taken."
        ) from None
    except UnidentifiedImageError:
        raise BadPicture(f"{name}: this is no PNG, JPEG, GIF, WebP, BMP, TIFF, HEIC or AVIF picture.") from None
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError, RuntimeError) as error:
        if isinstance(error, BadPicture):
            raise
        raise BadPicture(f"{name}: the picture is broken and cannot be opened.") from None


def _check_size(name: str, picture: Image.Image, most_pixels: int) -> None:
    width, height = picture.size
    if width * height > MOST_PIXELS:
        raise BadPicture(
            f"{name}: {width:,} × {height:,} pixels are more than the {MOST_PIXELS // 10**6} million taken."
        )
    if width * height > most_pixels:
        raise BadPicture(
            f"{name}: {width:,} × {height:,} pixels are too many to take at once; send it in a ZIP archive."
        )


def _found(name: str, content: bytes, picture: Image.Image, count: int) -> FoundContent:
    file_format = picture.format or ""
    if _shown_alike(picture):
        return FoundContent(name, content, PICTURE, SHOWN_AS_IT_IS[file_format], *picture.size)
    shown = viewable(picture)
    buffer = io.BytesIO()
    if file_format in PHOTOS:
        shown.save(buffer, "JPEG", quality=QUALITY, subsampling=0)
    else:
        shown.save(buffer, "PNG", compress_level=3)
    return FoundContent(
        name,
        buffer.getvalue(),
        PICTURE,
        "image/jpeg" if file_format in PHOTOS else "image/png",
        *shown.size,
        source=hashlib.sha256(content).hexdigest() if count > 1 else "",
        changes=_changes(picture) or (FORMAT,),
        original=content,
    )


def _shown_alike(picture: Image.Image) -> bool:
    """Check whether browsers show exactly the pixels that Pillow reads."""
    return picture.format in SHOWN_AS_IT_IS and not _changes(picture)


def _changes(picture: Image.Image) -> tuple[str, ...]:
    """Return what must be changed in a picture, as values of `annotator.models.Change`."""
    moves = getattr(picture, "is_animated", False) and picture.format in ("GIF", "WEBP", "PNG", "AVIF", "HEIF")
    found = {
        TURNED: picture.getexif().get(_ORIENTATION, 1) not in (0, 1),
        FIRST_FRAME: moves,
        CONTRAST: picture.mode in _GRAY_16,
        OPAQUE: picture.mode in _TRANSPARENT or "transparency" in picture.info,
        COLOURS: picture.mode not in (*_EIGHT_BITS, *_GRAY_16, *_TRANSPARENT) or not _is_srgb(picture),
    }
    return tuple(change for change, needed in found.items() if needed)


def viewable(picture: Image.Image) -> Image.Image:
    """Return a picture upright, in sRGB (or gray), with 8 bits per channel and without transparency."""
    profile = picture.info.get("icc_profile")
    upright = ImageOps.exif_transpose(picture)
    if upright.mode in _GRAY_16:
        return _stretched(upright)
    if upright.mode in _TRANSPARENT or "transparency" in upright.info:
        upright = upright.convert("RGBA")
        paper = Image.new("RGBA", upright.size, "white")
        paper.alpha_composite(upright)
        upright = paper.convert("RGB")
    plain = _to_srgb(upright, profile)
    return plain if plain.mode in ("L", "RGB") else plain.convert("L" if plain.mode == "1" else "RGB")


def _stretched(picture: Image.Image) -> Image.Image:
    """Return a gray picture of more than 8 bits with its contrast fitted to the values that occur."""
    import numpy as np  # rarely needed, and readers start fast

    values = np.asarray(picture).astype(np.float32)
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    scale = 255 / (high - low) if high > low else 0.0
    values = np.nan_to_num((values - low) * scale, nan=0.0, posinf=255.0, neginf=0.0)
    return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))


def _is_srgb(picture: Image.Image) -> bool:
    profile = picture.info.get("icc_profile")
    if not profile:
        return True
    try:
        described = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    except (ImageCms.PyCMSError, OSError):
        return True  # browsers ignore a broken profile, too
    return "srgb" in described.lower()


def _to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Return a picture in sRGB. A profile that is broken or made for another mode is ignored, as browsers do."""
    if profile and picture.mode in ("L", "RGB", "CMYK", "LAB"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            changed = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            if changed is not None:
                return changed
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    return picture
