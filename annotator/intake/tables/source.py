"""A table in a file: how it is read, and its rows one by one, whatever its format and size."""

import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import IO, Any, cast

from annotator.intake.tables import delimited, encodings, json_rows
from annotator.intake.tables.record import BadTable, TableRow, field_names, flat

# The formats, with the endings of their files.
DELIMITED, JSON_LINES, JSON, WORKBOOK, PARQUET = "delimited", "json_lines", "json", "workbook", "parquet"
FORMATS = {
    **dict.fromkeys(("csv", "tsv", "tab", "psv"), DELIMITED),
    **dict.fromkeys(("jsonl", "ndjson"), JSON_LINES),
    **dict.fromkeys(("xlsx", "xlsm", "xls", "ods"), WORKBOOK),
    "json": JSON,
    "parquet": PARQUET,
}
IN_TEXT = frozenset({DELIMITED, JSON_LINES, JSON})
MOST_UNPACKED = 20 * 1024**3  # bytes of a table that is packed by gzip
MOST_TIMES = 200  # most bytes per packed byte …
ALWAYS = 50 * 1024**2  # … above this
_PACKED = ".gz"


@dataclass(frozen=True)
class TableReading:
    """How a file is read: encoding and delimiter of a text, sheet of a workbook, key of a JSON list. "" is found out."""

    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    key: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return what is known, by name."""
        return {name: value for name, value in asdict(self).items() if value}


def table_format(name: str) -> str:
    """Return the format of a table by its file's name, "" when it is none."""
    return FORMATS.get(name.lower().removesuffix(_PACKED).rpartition(".")[2], "")


class Table:
    """A table that is open."""

    def __init__(self, name: str, file: IO[bytes], reading: TableReading | None = None) -> None:
        """Find out how the file is read, where `reading` leaves it open. Raises BadTable."""
        self.format = table_format(name)
        self.file: IO[bytes] = cast(IO[bytes], _Unpacked(file)) if name.lower().endswith(_PACKED) else file
        try:
            self.reading = self._found_out(name, reading or TableReading())
        except encodings.BadEncoding as problem:
            raise BadTable(str(problem)) from None

    def _found_out(self, name: str, reading: TableReading) -> TableReading:
        if self.format == WORKBOOK:
            return replace(reading, sheet=reading.sheet if reading.sheet in self.sheets else "")
        if self.format not in IN_TEXT:
            return reading
        reading = replace(reading, encoding=reading.encoding or encodings.find(self.file))
        if self.format == DELIMITED and not reading.delimiter:
            tabbed = name.lower().removesuffix(_PACKED).endswith(".tsv")
            delimiter = "\t" if tabbed else delimited.find_delimiter(self._text(reading))
            reading = replace(reading, delimiter=delimiter)
        if self.format == JSON and not reading.key:
            keys = json_rows.keys(self._text(reading))
            reading = replace(reading, key=keys[0] if len(keys) == 1 else "")
        return reading

    @cached_property
    def sheets(self) -> list[str]:
        """The sheets of a workbook, none of other files. Raises BadTable."""
        if self.format != WORKBOOK:
            return []
        # A reader starts fast: it loads a library only when it needs it.
        from annotator.intake.tables import workbooks

        self.file.seek(0)
        return workbooks.sheets(self.file)

    def keys(self) -> list[str]:
        """Return the keys under which the lists of a JSON file stand. The whole file is read for them. Raises BadTable."""
        return json_rows.keys(self._text(self.reading)) if self.format == JSON else []

    def _text(self, reading: TableReading) -> io.TextIOWrapper:
        self.file.seek(0)
        try:
            # The wrapper would close the file when it is dropped.
            return cast(
                io.TextIOWrapper, encodings.open_text(cast(IO[bytes], _SharedFile(self.file)), reading.encoding)
            )
        except encodings.BadEncoding as problem:
            raise BadTable(str(problem)) from None

    def count(self) -> int | None:
        """Return the number of rows if the file says it. Raises BadTable."""
        if self.format != PARQUET:
            return None
        from annotator.intake.tables import parquet

        self.file.seek(0)
        return parquet.count(self.file)

    def rows(self, start: int = 0) -> Iterator[TableRow]:
        """Yield the rows, the first `start` left out. Nested fields are given by their path. Raises BadTable."""
        self.file.seek(0)
        if self.format == PARQUET:
            from annotator.intake.tables import parquet

            found, start = parquet.rows(self.file, start), 0
        elif self.format == WORKBOOK:
            from annotator.intake.tables import workbooks

            found = workbooks.rows(self.file, self.reading.sheet)
        elif self.format == DELIMITED:
            found = _named(delimited.rows(self._text(self.reading), self.reading.delimiter))
        elif self.format == JSON_LINES:
            found = json_rows.lines(self._text(self.reading))
        else:
            found = json_rows.array(self._text(self.reading), self.reading.key)
        try:
            for number, row in enumerate(found):
                if number >= start:
                    yield row if self.format in (DELIMITED, WORKBOOK) or row.problem else _flattened(row)
        except UnicodeDecodeError:
            raise BadTable(f"this is no text in {self.reading.encoding.upper()}; choose another encoding") from None
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise BadTable("this is no gzip file, or it is broken") from None


def _named(lines: Iterator[delimited.DelimitedLine]) -> Iterator[TableRow]:
    header = next(lines, None)
    if header is None:
        raise BadTable("the file is empty")
    if header.problem:
        raise BadTable(f"line {header.number:,}: {header.problem}")
    names = field_names(header.cells)
    width = len(names)
    for line in lines:
        problem = line.problem
        if not problem and len(line.cells) != width:
            problem = f"it has {len(line.cells)} fields, the first line {width}"
        yield TableRow(line.number, {} if problem else dict(zip(names, line.cells, strict=True)), problem, line.raw)


def _flattened(row: TableRow) -> TableRow:
    if not any(isinstance(value, dict) or "\x00" in name for name, value in row.fields.items()):
        return row
    try:
        return replace(row, fields=flat(row.fields))
    except ValueError as problem:
        return TableRow(row.number, {}, f"it {problem}", row.raw)


class _SharedFile(io.RawIOBase):
    """A view of a file, which others go on to use when the view is closed."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        return self.file.tell()

    def readinto(self, buffer: Any) -> int:
        content = self.file.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)


class _Unpacked(_SharedFile):
    """The content of a file that is packed by gzip. It stops where more comes out than any honest table holds."""

    def __init__(self, packed: IO[bytes]) -> None:
        size = packed.seek(0, io.SEEK_END)
        packed.seek(0)
        super().__init__(cast(IO[bytes], gzip.GzipFile(fileobj=packed)))
        self.most = min(MOST_UNPACKED, max(ALWAYS, MOST_TIMES * size))

    def read(self, size: int = -1) -> bytes:
        try:
            content = self.file.read(size)
        except (OSError, EOFError, zlib.error):
            raise BadTable("this is no gzip file, or it is broken") from None
        if self.file.tell() > self.most:
            raise BadTable(f"it unpacks to more than {self.most // 2**20:,} MB")
        return content
