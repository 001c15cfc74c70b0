"""Parquet files."""

from collections.abc import Iterator
from typing import IO

import pyarrow
import pyarrow.parquet

from annotator.intake.tables.record import BadTable, TableRow, field_names, plain

MOST_GROUP = 256 * 1024**2  # bytes of a row group, which is read whole
ROWS = 1000  # read at a time


def rows(content: IO[bytes], start: int = 0) -> Iterator[TableRow]:
    """Yield the rows of a Parquet file, the first `start` left out.

    Whole numbers keep every digit, lists stay lists, times are in ISO 8601. Raises BadTable.
    """
    try:
        file = pyarrow.parquet.ParquetFile(content)
        for place in range(file.num_row_groups):
            size = file.metadata.row_group(place).total_byte_size
            if size > MOST_GROUP:
                raise BadTable(
                    f"a row group has {size // 2**20:,} MB; at most {MOST_GROUP // 2**20} MB are read at a time. "
                    "Write the file again with smaller row groups"
                )
        names = field_names(file.schema_arrow.names)
        number, groups = 0, list(range(file.num_row_groups))
        while groups and number + file.metadata.row_group(groups[0]).num_rows <= start:
            number += file.metadata.row_group(groups.pop(0)).num_rows
        for batch in file.iter_batches(batch_size=ROWS, row_groups=groups, use_threads=False):
            columns = [column.to_pylist() for column in batch.columns]
            for values in zip(*columns, strict=True):
                number += 1
                if number <= start:
                    continue
                try:
                    yield TableRow(number, {name: plain(value) for name, value in zip(names, values, strict=True)})
                except ValueError as problem:
                    yield TableRow(number, {}, f"a field {problem}, which no item can show")
    except pyarrow.ArrowMemoryError:
        raise BadTable("its rows take too much memory to read; write it again with smaller row groups") from None
    except (pyarrow.ArrowException, OSError) as error:
        raise BadTable(f"this is no Parquet file, or it is broken ({str(error)[:100]})") from None


def count(content: IO[bytes]) -> int:
    """Return the number of rows that a Parquet file says it has. Raises BadTable."""
    try:
        return pyarrow.parquet.ParquetFile(content).metadata.num_rows
    except (pyarrow.ArrowException, OSError) as error:
        raise BadTable(f"this is no Parquet file, or it is broken ({str(error)[:100]})") from None
