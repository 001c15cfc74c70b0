"""Parquet: typed columns. Labels and fields that are more than a text are JSON."""

import tempfile
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from datasets.exports.rows import COLUMNS, as_text

NAME, TITLE, MEDIA_TYPE, EXTENSION = "parquet", "Parquet", "application/vnd.apache.parquet", "parquet"
GROUP = 64 * 1024**2  # characters of texts in a row group: viewers read a group whole
PART = 1000  # rows that are converted together
PIECE = 256 * 1024
_TYPES = {
    "width": pa.int32(),
    "height": pa.int32(),
    "probability": pa.float64(),
    "answers": pa.int32(),
    "decided": pa.bool_(),
    "simulated": pa.int32(),
    "imported": pa.int32(),
}
SCHEMA = pa.schema([(name, _TYPES.get(name, pa.string())) for name in COLUMNS])


def write(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Yield the file piece by piece. It is written to a temporary file first, because its directory stands at the end."""
    with tempfile.TemporaryFile() as file:
        with parquet.ParquetWriter(file, SCHEMA, compression="zstd") as writer:
            waiting: list[pa.RecordBatch] = []
            remaining = iter(rows)
            while part := list(islice(remaining, PART)):
                waiting.append(_batch(part))
                if sum(one.nbytes for one in waiting) > GROUP:
                    writer.write_table(pa.Table.from_batches(waiting))
                    waiting = []
            if waiting:
                writer.write_table(pa.Table.from_batches(waiting))
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def _batch(found: list[dict[str, Any]]) -> pa.RecordBatch:
    columns = []
    for field in SCHEMA:
        values = [row[field.name] for row in found]
        columns.append(pa.array(map(as_text, values) if field.type == pa.string() else values, field.type))
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)
