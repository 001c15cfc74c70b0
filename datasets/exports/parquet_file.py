"""A Parquet file on disk, to which rows are added: constant memory, however many there are.

PyArrow is imported where it is used: it takes 50 MB, and most web processes never write Parquet.
"""

from typing import IO, Any

from annotator.models import Modality
from datasets.exports import archive

GROUP = 64 * 1024**2  # bytes of a row group, below the 100 MB that viewers read at once
ROWS = 1000  # of a row group
MEDIA = {Modality.PICTURE: "image", Modality.AUDIO: "audio"}  # the columns of contents that are no text


class ParquetFile:
    """A Parquet file on disk with an Arrow schema."""

    def __init__(self, schema: Any) -> None:
        from pyarrow import parquet

        self.file, self.schema = archive.spool(), schema
        self.writer = parquet.ParquetWriter(self.file, schema, compression="zstd")
        self.rows: list[dict[str, Any]] = []
        self.waiting = 0

    @property
    def size(self) -> int:
        """About how many bytes the file has."""
        return self.file.tell() + self.waiting

    def add(self, row: dict[str, Any], size: int) -> None:
        """Add a row with about this many bytes."""
        self.rows.append(row)
        self.waiting += size
        if self.waiting > GROUP or len(self.rows) >= ROWS:
            self._write()

    def _write(self) -> None:
        import pyarrow

        self.writer.write_table(pyarrow.Table.from_pylist(self.rows, self.schema))
        self.rows, self.waiting = [], 0

    def closed(self) -> IO[bytes]:
        """Write what waits, and return the whole file."""
        if self.rows:
            self._write()
        self.writer.close()
        return self.file
