"""Pictures: which files are pictures we can show and train on, and what an item remembers of one."""

import hashlib
import io
import threading
import warnings
from dataclasses import dataclass
from pathlib import PurePosixPath

from PIL import Image, UnidentifiedImageError

from annotator import storage
from annotator.models import Item, Project, Side

FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
MOST_PIXELS = 100_000_000
MOST_BYTES = 50 * 1024 * 1024


_one_at_a_time = threading.Lock()  # an open picture takes up to four bytes a pixel


class BadPicture(ValueError):
    """A file that is no picture we take; the message says why."""


@dataclass(frozen=True)
class Picture:
    """A checked picture, not stored yet."""

    name: str
    content: bytes
    sha256: str
    media_type: str
    width: int
    height: int


def check(name: str, content: bytes, most_pixels: int = MOST_PIXELS) -> Picture:
    """Return the picture in a file. Raises BadPicture where it is empty, broken, too large or of a kind not shown."""
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
    return Picture(name, content, hashlib.sha256(content).hexdigest(), FORMATS[picture.format or ""], width, height)


def store(project: Project, pictures: list[Picture]) -> list[Item]:
    """Store pictures as items and return the new ones; one the project has already is passed over.

    Blobs are written before rows: a crash between the two leaves a blob nobody names, never an item without its picture.
    """
    for picture in pictures:
        storage.put_content(picture.content)
    known = set(project.items.filter(sha256__in=[p.sha256 for p in pictures]).values_list("sha256", flat=True))
    items = {
        picture.sha256: Item(
            project=project,
            name=picture.name,
            sha256=picture.sha256,
            media_type=picture.media_type,
            size=len(picture.content),
            width=picture.width,
            height=picture.height,
            side=side(project, picture.sha256),
        )
        for picture in pictures
        if picture.sha256 not in known
    }
    Item.objects.bulk_create(items.values(), ignore_conflicts=True)
    return list(project.items.filter(sha256__in=list(items)))


def side(project: Project, sha256: str) -> str:
    """Return the side of an item: a hash of the project's salt and the content, below the test share or not.

    The same content falls on the same side whenever it comes in, under any name, so no copy leaks into the test set.
    """
    drawn = int.from_bytes(hashlib.sha256(f"{project.salt}:{sha256}".encode()).digest()[:8], "big") / 2**64
    return Side.TEST if drawn < float(project.test_share) else Side.TRAIN


def clean_name(name: str) -> str:
    """Return the last part of a file's name, without control characters: a name is shown, never opened."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return "".join(character for character in last if character.isprintable())[:255] or "unnamed"
