"""Files: which module reads which file, by the ending of its name."""

import gzip
import io
import zlib
from collections.abc import Callable, Iterable, Iterator

from annotator.intake import documents, pictures, rows, sounds, texts
from annotator.intake.found import MOST_BYTES, BadContent, Found, FoundContent, Rejected, clean_name

_PICTURES = ("png", "jpg", "jpeg", "gif", "webp", "bmp", "tif", "tiff", "heic", "heif", "avif")
_SOUNDS = ("wav", "mp3", "ogg", "oga", "flac", "m4a")
_TABLES: dict[str, Callable[[str, bytes], Iterable[Found]]] = {
    **dict.fromkeys(("csv", "tsv", "tab", "psv"), rows.table),
    **dict.fromkeys(("jsonl", "ndjson"), rows.lines),
    **dict.fromkeys(("xlsx", "xlsm", "xls", "ods"), rows.workbook),
    "json": rows.array,
    "parquet": rows.parquet_file,
}
ENDINGS = (*_PICTURES, *_SOUNDS, "txt", "html", "htm", "pdf", *_TABLES, "gz")
_READ: dict[str, Callable[[str, bytes], Iterable[Found]]] = {
    **{ending: lambda name, content: [sounds.check_sound(name, content)] for ending in _SOUNDS},
    "txt": lambda name, content: [texts.text(name, content)],
    "html": lambda name, content: [texts.html(name, content)],
    "htm": lambda name, content: [texts.html(name, content)],
    **_TABLES,
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
    if ending == "gz":
        inner = name[: -len(".gz")]
        if inner.rpartition(".")[2].lower() not in _TABLES:
            raise BadContent(f"{name}: only tables are taken packed by gzip, such as .csv.gz.")
        yield from parts(inner, _unpacked(name, content), direct)
    elif ending == "pdf":
        yield from documents.pages(name, content, DIRECT_PAGES if direct else documents.MOST_PAGES)
    elif ending in _READ:
        yield from _READ[ending](name, content)
    elif ending in _PICTURES or "." not in name:
        yield from pictures.pages(name, content, DIRECT_PIXELS if direct else pictures.MOST_PIXELS)
    else:
        raise BadContent(f"{name}: files ending in .{ending[:20]} are not taken; these are: {', '.join(ENDINGS)}.")


def _unpacked(name: str, content: bytes) -> bytes:
    """Return what a file packed by gzip holds. Raises BadContent when it is broken, or larger than a file may be."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            found = file.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise BadContent(f"{name}: this is no gzip file, or it is broken.") from None
    if len(found) > MOST_BYTES:
        raise BadContent(f"{name}: it unpacks to more than {MOST_BYTES // 2**20} MB.")
    return found


def read(name: str, content: bytes, direct: bool = False) -> list[FoundContent]:
    """Return the items in one of our own files; raises as `parts` does, and BadContent for a rejected row."""
    found: list[FoundContent] = []
    for part in parts(name, content, direct):
        if isinstance(part, Rejected):
            raise BadContent(part.reason)
        found.append(part)
    return found
