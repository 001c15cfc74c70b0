"""Croissant 1.1: two Parquet files, for items and answers, and `croissant.json`, which describes both for programs.

Who gave each answer is said as the specification says it for people who label (section "Data-level Provenance"): an annotation
of the answer's field, attributed in the sense of W3C PROV. People are named by pseudonyms.
https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from datasets.exports import archive, croissant_metadata, fitting
from datasets.exports.archive import File
from datasets.exports.croissant_metadata import ANSWERS, ITEMS, ColumnAbout
from datasets.exports.parquet_file import MEDIA, ParquetFile
from datasets.exports.rows import as_json, as_text
from datasets.exports.source import ANNOTATIONS, Source

NAME, TITLE, MEDIA_TYPE, EXTENSION = "croissant", "Croissant", archive.MEDIA_TYPE, archive.EXTENSION
SAYS = "Parquet, described for programs, with who answered what"
fits = fitting.every_question
_ARROW = {
    "sc:Integer": "int64",
    "sc:Float": "float64",
    "sc:Boolean": "bool",
    "sc:ImageObject": "binary",
    "sc:AudioObject": "binary",
}
README = """
`croissant.json` describes the files in the format Croissant 1.1. `items` has a record for each item, `answers` for each answer.

```python
import mlcroissant
data = mlcroissant.Dataset("croissant.json")
for item in data.records("items"):
    print(item)
```
"""


def write(source: Source) -> Iterator[bytes]:
    """Yield the archive piece by piece. Every answer is always in it."""
    source.options = replace(source.options, annotations=True)
    return archive.zipped(source, _files(source), README)


def _files(source: Source) -> Iterator[File]:
    columns = croissant_metadata.item_columns(source)
    items, answers = ParquetFile(_schema(columns)), ParquetFile(_schema(croissant_metadata.ANSWER_COLUMNS))
    count = 0
    for row, content in source.files():
        media = {MEDIA[row["modality"]]: content} if row["modality"] in MEDIA else {}
        said = row | media | {"label": as_text(row["label"]), "fields": as_json(row["fields"] or {})}
        items.add({one.name: said.get(one.name) for one in columns}, len(content))
        for answer in row[ANNOTATIONS]:
            answers.add(answer | {"item": row["sha256"], "value": as_text(answer["value"])}, 200)
            count += 1
    files = {ITEMS: items.closed(), ANSWERS: answers.closed()}
    about = croissant_metadata.metadata(
        source, columns, {name: archive.sha256(file) for name, file in files.items()}, count
    )
    yield from files.items()
    yield "croissant.json", (json.dumps(about, ensure_ascii=False, indent=2) + "\n").encode()


def _schema(columns: tuple[ColumnAbout, ...]) -> Any:
    import pyarrow

    return pyarrow.schema(
        [(one.name, pyarrow.type_for_alias(_ARROW.get(one.data_types[0], "string"))) for one in columns]
    )
