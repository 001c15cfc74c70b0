"""Pictures: which files we can show and train on, and what an item stores about one."""

import io
import threading
import warnings

from PIL import Image, UnidentifiedImageError

from annotator.intake.found import MOST_BYTES, PICTURE, BadContent, FoundContent, clean_name

FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
MOST_PIXELS = 100_000_000


_one_at_a_time = threading.Lock()  # an open picture takes up to four bytes per pixel


class BadPicture(BadContent):
    """The file is not a picture we accept. The message says why."""


def check_picture(name: str, content: bytes, most_pixels: int = MOST_PIXELS) -> FoundContent:
    """Return the picture in a file. Raises BadPicture when it is empty, broken, too large or of an unsupported format."""
    name = clean_name(name)
    if not content:
        raise BadPicture(f"{name}: the file is empty.")
    if len(content) > MOST_BYTES:
        raise BadPicture(
            f"{name}: the file has {len(content) // 2**20} MB; at most {MOST_BYTES // 2**20} MB are taken."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=list(FORMATS))
            width, height = picture.size
            if width * height > MOST_PIXELS:
                raise BadPicture(
                    f"{name}: {width:,} × {height:,} pixels are more than the {MOST_PIXELS // 10**6} million taken."
                )
            if width * height > most_pixels:
                raise BadPicture(
                    f"{name}: {width:,} × {height:,} pixels are too many to take at once; send it in a ZIP archive."
                )
            with _one_at_a_time:
                picture.load()
    except Image.DecompressionBombError:
        raise BadPicture(
            f"{name}: the picture has far more than the {MOST_PIXELS // 10**6} million pixels taken."
        ) from None
    except UnidentifiedImageError:
        raise BadPicture(f"{name}: this is no PNG, JPEG, GIF or WebP picture.") from None
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError) as error:
        if isinstance(error, BadPicture):
            raise
        raise BadPicture(f"{name}: the picture is broken and cannot be opened.") from None
    return FoundContent(name, content, PICTURE, FORMATS[picture.format or ""], width, height)
