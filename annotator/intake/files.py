"""Files: which room reads which, by the name's ending."""

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
    """Give the items in a file one by one. What is much work is refused where people wait for it (`direct`).

    This opens the file in this very process: for what was sent by others, use `sandbox`.

    Raises BadContent where it is broken or of a kind not taken.
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
    """Return the items in a file of our own; raises as `parts` does."""
    return list(parts(name, content, direct))
