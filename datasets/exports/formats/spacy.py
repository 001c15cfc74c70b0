"""Texts with marks or classes for spaCy, and a program that makes a DocBin of them.

A DocBin is tied to the version of spaCy that wrote it, so the reader's own spaCy writes it.
"""

from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from annotator.models import Modality, Split
from datasets.exports import archive, tokens
from datasets.exports.archive import File
from datasets.exports.rows import as_json
from datasets.exports.source import Source

NAME, TITLE, MEDIA_TYPE, EXTENSION = "spacy", "spaCy", archive.MEDIA_TYPE, archive.EXTENSION
SAYS = "marks in texts, or classes of texts"
PROGRAM = Path(__file__).with_name("spacy_docbin.py.txt")
README = """
`SPLIT.jsonl` has a text in each line, with its words (`tokens`: start and end), its marks (`spans`) and its classes (`cats`).
Offsets count Unicode code points. `make_docbin.py` writes `train.spacy` and `test.spacy` with your own spaCy, because a DocBin is
tied to the version of spaCy that wrote it:

```
python make_docbin.py
python -m spacy train config.cfg --paths.train train.spacy --paths.dev test.spacy
```

All marks are in `doc.spans["sc"]`. Those that do not overlap are in `doc.ents`, too; of two
that overlap, the longer one.
"""


def fits(kind: str, config: dict[str, Any], modalities: set[str]) -> str:
    """Return why the format does not fit a question; an empty text if it does."""
    if Modality.TEXT not in modalities:
        return "It holds texts."
    return "" if kind in ("span", "choice") else "It holds marks in texts, and classes of texts."


def write(source: Source) -> Iterator[bytes]:
    """Yield the archive piece by piece."""
    return archive.zipped(source, _files(source), README)


def _files(source: Source) -> Iterator[File]:
    lists = {split: archive.spool() for split in Split}
    for row, _ in source.files(Modality.TEXT):
        lists[row["split"]].write((as_json(_line(source, row)) + "\n").encode())
    for split, lines in lists.items():
        yield f"{split}.jsonl", lines
    yield "make_docbin.py", PROGRAM.read_bytes()


def _line(source: Source, row: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"id": row["id"] or row["sha256"], "text": row["text"]}
    if source.kind == "choice":
        chosen = row["label"] if isinstance(row["label"], list) else [row["label"]]
        return found | {
            "tokens": tokens.tokens(row["text"], []),
            "cats": {one: float(one in chosen) for one in source.classes},
        }
    if row["label"].get("relations"):
        source.drop(row, tokens.RELATIONS, row["label"]["relations"])
    spans = row["label"]["spans"]
    words = tokens.tokens(row["text"], spans)
    starts = [start for start, _ in words]
    kept = []
    for span in spans:
        # Words are split at the edges of marks, so one that begins inside a mark ends inside it.
        inside = words[bisect_left(starts, span["start"]) : bisect_left(starts, span["end"])]
        if not inside:
            source.drop(row, tokens.NO_WORD, span)
            continue
        if (inside[0][0], inside[-1][1]) != (span["start"], span["end"]):
            source.drop(row, tokens.ENDS, span)
        kept.append([inside[0][0], inside[-1][1], span["label"]])
    return found | {"tokens": words, "spans": kept}
