"""Files: which module reads which file, by the ending of its name."""

from collections.abc import Callable, Iterable, Iterator

from annotator.intake import documents, pictures, rows, sounds, texts
from annotator.intake.found import BadContent, FoundContent, clean_name

_PICTURES = ("png", "jpg", "jpeg", "gif", "webp")
_SOUNDS = ("wav", "mp3", "ogg", "oga", "flac", "m4a")
ENDINGS = (*_PICTURES, *_SOUNDS, "txt", "html", "htm", "csv", "tsv", "jsonl", "ndjson", "pdf")
_READ: dict[str, Callable[[str, bytes], Iterable[FoundContent]]] = {
    **{ending: lambda name, content: [sounds.check_sound(name, content)] for ending in _SOUNDS},
    "txt": lambda name, content: [texts.text(name, content)],
    "html": lambda name, content: [texts.html(name, content)],
    "htm": lambda name, content: [texts.html(name, content)],
    "csv": rows.table,
    "tsv": rows.table,
    "jsonl": rows.lines,
    "ndjson": rows.lines,
}


DIRECT_PIXELS = 20_000_000
DIRECT_PAGES = 20


def parts(name: str, content: bytes, direct: bool = False) -> Iterator[FoundContent]:
    """Yield the items in a file one by one. With `direct`, because someone is waiting, expensive files are refused.

    This opens the file in the calling process. For files that others sent, use `sandbox`.

    Raises BadContent when the file is broken or of a type that is not accepted.
    """
    name = clean_name(name)
    ending = name.rpartition(".")[2].lower()
    if ending == "pdf":
        yield from documents.pages(name, content, DIRECT_PAGES if direct else documents.MOST_PAGES)
    elif ending in _READ:
        yield from _READ[ending](name, content)
    elif ending in _PICTURES or "." not in name:
        yield pictures.check_picture(name, content, DIRECT_PIXELS if direct else pictures.MOST_PIXELS)
    else:
        raise BadContent(f"{name}: files ending in .{ending[:20]} are not taken; these are: {', '.join(ENDINGS)}.")


def read(name: str, content: bytes, direct: bool = False) -> list[FoundContent]:
    """Return the items in one of our own files; raises as `parts` does."""
    return list(parts(name, content, direct))
