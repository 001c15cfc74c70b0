"""Workbooks: XLSX, and the older XLS and ODS that the same library reads."""

import zipfile
from collections.abc import Iterator
from typing import IO

from python_calamine import CalamineError, CalamineWorkbook

from annotator.intake.tables.record import BadTable, TableRow, field_names, plain

MOST_UNPACKED = 300 * 1024**2  # bytes of all parts of a workbook, which is a ZIP archive
MOST_COLUMNS = 16_384


def sheets(content: IO[bytes]) -> list[str]:
    """Return the names of a workbook's sheets. Raises BadTable."""
    return _opened(content).sheet_names


def rows(content: IO[bytes], sheet: str = "") -> Iterator[TableRow]:
    """Yield the rows of a sheet, by default of the first that is not empty. Formulas give their values. Raises BadTable."""
    book = _opened(content)
    if sheet and sheet not in book.sheet_names:
        raise BadTable(f"there is no sheet “{sheet[:60]}”; there are: {', '.join(book.sheet_names)[:300]}")
    names: list[str] = []
    try:
        for title in [sheet] if sheet else book.sheet_names:
            found = book.get_sheet_by_name(title)
            if found.width > MOST_COLUMNS:
                raise BadTable(f"the sheet “{title[:60]}” has {found.width:,} columns")
            first = found.start[0] + 1 if found.start else 1
            for number, cells in enumerate(found.iter_rows(), start=first):
                values = [None if cell == "" else plain(cell) for cell in cells]
                if all(value is None for value in values):
                    continue
                if not names:
                    names = field_names(values)
                    continue
                yield TableRow(number, dict(zip(names, values, strict=False)))
            if names:
                return
    except CalamineError as error:
        raise BadTable(f"the workbook is broken ({error})") from None
    raise BadTable("the workbook is empty")


def _opened(content: IO[bytes]) -> CalamineWorkbook:
    packed = content.read(2) == b"PK"
    content.seek(0)
    if packed:
        try:
            with zipfile.ZipFile(content) as parts:
                if sum(info.file_size for info in parts.infolist()) > MOST_UNPACKED:
                    raise BadTable(f"the workbook unpacks to more than {MOST_UNPACKED // 2**20} MB; send it as CSV")
        except (zipfile.BadZipFile, NotImplementedError, OSError):
            raise BadTable("this is no workbook, or it is broken") from None
    content.seek(0)
    try:
        return CalamineWorkbook.from_filelike(content)
    except (CalamineError, ValueError, OSError) as error:
        locked = "password" in str(error).lower()
        raise BadTable(
            "the workbook is locked with a password" if locked else "this is no workbook, or it is broken"
        ) from None
