"""Excel: one sheet of rows (several if there are more than a sheet holds), and what did not fit into a cell.

All texts are written as texts. A text that would run as a formula once it is edited or copied into a CSV file gets a ' in front.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from annotator.server import spreadsheets
from datasets.exports import fitting
from datasets.exports.rows import as_text
from datasets.exports.source import Source

NAME, TITLE, EXTENSION = "xlsx", "Excel", "xlsx"
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SAYS = "one row for each item"
fits = fitting.every_question
ROWS = 1_048_575  # of a sheet, below its header
CELL = 32_767  # UTF-16 code units
TOO_LONG = "It is longer than a cell can hold. The cell has its beginning."
PIECE = 256 * 1024


def write(source: Source) -> Iterator[bytes]:
    """Yield the file piece by piece. It is written to a temporary file first, a row at a time."""
    import xlsxwriter

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "version.xlsx"
        with xlsxwriter.Workbook(str(path), {"constant_memory": True, "tmpdir": folder, "use_zip64": True}) as book:
            book.set_properties({"created": source.version.created_at.replace(tzinfo=None)})
            sheet: Any = None
            for number, row in enumerate(source.rows()):
                if number % ROWS == 0:
                    sheet = _sheet(book, "version" if number == 0 else f"version {number // ROWS + 1}", source.columns)
                for place, name in enumerate(source.columns):
                    _write(source, sheet, number % ROWS + 1, place, name, row)
            _dropped(book, source)
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece


def _sheet(book: Any, name: str, columns: tuple[str, ...]) -> Any:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(columns):
        sheet.write_string(0, place, column)
    return sheet


def _write(source: Source, sheet: Any, line: int, place: int, name: str, row: dict[str, Any]) -> None:
    value = row[name]
    if isinstance(value, bool):
        sheet.write_boolean(line, place, value)
    elif isinstance(value, int | float):
        sheet.write_number(line, place, value)
    elif value is not None:
        text = str(as_text(value))
        safe = text if source.options.formulas else str(spreadsheets.cell(text))
        units = safe.encode("utf-16-le")
        if len(units) > 2 * CELL:
            safe = units[: 2 * CELL].decode("utf-16-le", errors="ignore")
            source.drop(row, TOO_LONG, name)
        sheet.write_string(line, place, safe)


def _dropped(book: Any, source: Source) -> None:
    if not source.reasons:
        return
    sheet = _sheet(book, "dropped", ("as JSON",))
    for number, line in enumerate(source.dropped(), start=1):
        sheet.write_string(min(number, ROWS), 0, line.decode().rstrip("\n")[: CELL // 2])
