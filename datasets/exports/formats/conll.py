"""CoNLL with IOB2 tags: a word and its tag in each line, and an empty line after each sentence."""

import re
from collections.abc import Iterator
from typing import Any

from annotator.models import Modality, Split
from datasets.exports import archive, tokens
from datasets.exports.archive import File
from datasets.exports.source import Source

NAME, TITLE, MEDIA_TYPE, EXTENSION = "conll", "CoNLL (IOB2)", archive.MEDIA_TYPE, archive.EXTENSION
SAYS = "words with tags; marks that overlap are left out"
README = """
`SPLIT.conll` has a word and its tag in each line, with a space between, and an empty line after each sentence.
`SPLIT.ids.txt` names the item of each sentence, one per line. Tags follow IOB2: every mark begins with `B-`. A sentence ends at
a line break outside marks. A word is split where a mark begins or ends inside it. Spaces in labels are written as `_`.
"""


def fits(kind: str, config: dict[str, Any], modalities: set[str]) -> str:
    """Return why the format does not fit a question; an empty text if it does."""
    return "" if kind == "span" else "It holds marks in texts."


def write(source: Source) -> Iterator[bytes]:
    """Yield the archive piece by piece."""
    return archive.zipped(source, _files(source), README)


def tags(labels: list[str]) -> dict[str, str]:
    """Return the name of each label in tags: without spaces, and different for different labels."""
    found: dict[str, str] = {}
    for place, label in enumerate(labels):
        name = re.sub(r"\s+", "_", label)
        found[label] = f"{name}_{place}" if name in found.values() else name
    return found


def _files(source: Source) -> Iterator[File]:
    named = tags(source.classes)
    lists = {split: (archive.spool(), archive.spool()) for split in Split}
    for row, _ in source.files(Modality.TEXT):
        lines, ids = lists[row["split"]]
        for sentence in _sentences(source, row, named):
            lines.write(("\n".join(sentence) + "\n\n").encode())
            ids.write(f"{row['id'] or row['sha256']}\n".encode())
    for split, (lines, ids) in lists.items():
        yield f"{split}.conll", lines
        yield f"{split}.ids.txt", ids


def _sentences(source: Source, row: dict[str, Any], named: dict[str, str]) -> Iterator[list[str]]:
    """Yield the lines of each sentence of a text. Records what cannot be written."""
    text, spans = str(row["text"]), row["label"]["spans"]
    if row["label"].get("relations"):
        source.drop(row, tokens.RELATIONS, row["label"]["relations"])
    kept, left = tokens.without_overlaps(spans)
    for span in left:
        source.drop(row, tokens.OVERLAP, span)
    words = tokens.tokens(text, kept)
    if not words:
        source.drop(row, "The text has no words.")
    place, sentence, before = 0, list[str](), 0
    begun: int | None = None  # the place of the span that the last word belongs to
    seen: set[int] = set()
    for start, end in words:
        while place < len(kept) and kept[place]["end"] <= start:
            place += 1
        inside = place < len(kept) and kept[place]["start"] <= start
        if sentence and not (inside and begun == place) and re.search(r"[\n\r\u2028\u2029\x85]", text[before:start]):
            yield sentence
            sentence = []
        tag = "O"
        if inside:
            tag = ("I-" if begun == place else "B-") + named[kept[place]["label"]]
            seen.add(place)
        begun = place if inside else None
        sentence.append(f"{text[start:end]} {tag}")
        before = end
    if sentence:
        yield sentence
    for number, span in enumerate(kept):
        said = text[span["start"] : span["end"]]
        if number not in seen:
            source.drop(row, tokens.NO_WORD, span)
        elif said != said.strip():
            source.drop(row, tokens.ENDS, span)
