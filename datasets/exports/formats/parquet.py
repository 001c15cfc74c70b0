"""Parquet: typed columns. Labels and fields that are more than a text are JSON.

PyArrow is imported where it is used: it takes 50 MB, and most web processes never write Parquet.
"""

import tempfile
from collections.abc import Iterator
from typing import Any

from datasets.exports import fitting
from datasets.exports.rows import as_text, limited
from datasets.exports.source import Source

NAME, TITLE, MEDIA_TYPE, EXTENSION = "parquet", "Parquet", "application/vnd.apache.parquet", "parquet"
SAYS = "typed columns"
fits = fitting.every_question
GROUP = 64 * 1024**2  # bytes of a row group: viewers read a group whole
PIECE = 256 * 1024
# The Arrow type of each column that is no text.
TYPES = {
    "width": "int32",
    "height": "int32",
    "probability": "float64",
    "answers": "int32",
    "decided": "bool",
    "simulated": "int32",
    "imported": "int32",
}


def write(source: Source) -> Iterator[bytes]:
    """Yield the file piece by piece. It is written to a temporary file first, because its directory stands at the end."""
    import pyarrow
    from pyarrow import parquet

    names = {name: TYPES.get(name, "string") for name in source.columns}
    schema = pyarrow.schema([(name, pyarrow.type_for_alias(kind)) for name, kind in names.items()])
    with tempfile.TemporaryFile() as file:
        with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
            waiting: list[Any] = []
            for part in limited((row, len(row["text"] or "")) for row in source.rows()):
                columns = [_column(part, name, kind) for name, kind in names.items()]
                arrays = [pyarrow.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
                waiting.append(pyarrow.RecordBatch.from_arrays(arrays, schema=schema))
                if sum(one.nbytes for one in waiting) > GROUP:
                    writer.write_table(pyarrow.Table.from_batches(waiting))
                    waiting = []
            if waiting:
                writer.write_table(pyarrow.Table.from_batches(waiting))
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def _column(rows: list[dict[str, Any]], name: str, kind: str) -> list[Any]:
    values = [row[name] for row in rows]
    return [as_text(value) for value in values] if kind == "string" else values
