"""Files: which module reads which file, by the ending of its name."""

import io
from collections.abc import Callable, Iterable, Iterator

from annotator.intake import documents, pictures, rows, sounds, texts
from annotator.intake.found import BadContent, Found, FoundContent, Rejected, clean_name
from annotator.intake.tables.source import FORMATS, table_format

_PICTURES = ("png", "jpg", "jpeg", "gif", "webp", "bmp", "tif", "tiff", "heic", "heif", "avif")
_SOUNDS = ("wav", "mp3", "ogg", "oga", "flac", "m4a")
ENDINGS = (*_PICTURES, *_SOUNDS, "txt", "html", "htm", "pdf", *FORMATS, "gz")
_READ: dict[str, Callable[[str, bytes], Iterable[Found]]] = {
    **{ending: lambda name, content: [sounds.check_sound(name, content)] for ending in _SOUNDS},
    "txt": lambda name, content: [texts.text(name, content)],
    "html": lambda name, content: [texts.html(name, content)],
    "htm": lambda name, content: [texts.html(name, content)],
}


DIRECT_PIXELS = 20_000_000
DIRECT_PAGES = 20


def parts(name: str, content: bytes, direct: bool = False) -> Iterator[Found]:
    """Yield the items in a file one by one. With `direct`, because someone is waiting, expensive files are refused.

    This opens the file in the calling process. For files that others sent, use `sandbox`.

    Raises BadContent when the file is broken or of a type that is not accepted.
    """
    name = clean_name(name)
    ending = name.rpartition(".")[2].lower()
    if ending == "gz" and not table_format(name):
        raise BadContent(f"{name}: only tables are taken packed by gzip, such as .csv.gz.")
    if table_format(name):
        yield from rows.table(name, io.BytesIO(content))
    elif ending == "pdf":
        yield from documents.pages(name, content, DIRECT_PAGES if direct else documents.MOST_PAGES)
    elif ending in _READ:
        yield from _READ[ending](name, content)
    elif ending in _PICTURES or "." not in name:
        yield from pictures.pages(name, content, DIRECT_PIXELS if direct else pictures.MOST_PIXELS)
    else:
        raise BadContent(f"{name}: files ending in .{ending[:20]} are not taken; these are: {', '.join(ENDINGS)}.")


def read(name: str, content: bytes, direct: bool = False) -> list[FoundContent]:
    """Return the items in one of our own files; raises as `parts` does, and BadContent for a rejected row."""
    found: list[FoundContent] = []
    for part in parts(name, content, direct):
        if isinstance(part, Rejected):
            raise BadContent(part.reason)
        found.append(part)
    return found
