"""Tables with a delimiter: CSV, TSV and their kin, with strict quoting.

A badly quoted line is reported and does not take the lines after it with it: Python's own reader would go on to the next
quote, however far away that is.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

DELIMITERS = ",;\t|"
QUOTE = '"'
MOST_CELL = 400_000  # characters
MOST_LINES = 2_000  # lines of one row
SAMPLE = 100  # lines that the delimiter is guessed from
NONE = "\x1f"  # a delimiter that no text holds: the file has one column
_NAMED = re.compile(r"sep=(.)\r?$", re.MULTILINE)  # how some spreadsheets name the delimiter in the first line


@dataclass(frozen=True)
class DelimitedLine:
    """A row of a table: the number of its first line, and its cells, or why it cannot be read and how it is written."""

    number: int
    cells: list[str]
    problem: str = ""
    raw: str = ""


def rows(text: str, delimiter: str = "", quote: str = QUOTE) -> Iterator[DelimitedLine]:
    """Yield the rows of a table, blank lines left out. Without `delimiter`, it is guessed.

    Line breaks within a cell become "\\n". A cell that begins with a quote and goes on after the closing one is kept as it is
    written where that is the only way to get as many cells as the first row has.
    """
    csv.field_size_limit(MOST_CELL)
    lines = _Lines(text)
    if named := _NAMED.match(text):
        delimiter = named[1]
        lines.next()
    delimiter = delimiter or guess_delimiter(text, quote)
    width = 0
    while (start := lines.next()) is not None:
        if not start.strip():
            continue
        number = lines.number
        line = _row(lines, start, number, delimiter, quote, width)
        width = width or len(line.cells)
        yield line


def guess_delimiter(text: str, quote: str = QUOTE) -> str:
    """Return the delimiter that splits the first lines into the same number of cells most often.

    If none splits the first line, the file has one column, and commas in its texts split nothing.
    """
    lines = _Lines(text)
    sample = [line for line in (lines.next() for _ in range(SAMPLE)) if line and line.strip()]
    best, best_fit = NONE, (0.0, 0)
    for delimiter in DELIMITERS:
        counts = [len(cells) for line in sample if (cells := _cells(line, delimiter, quote)) is not None]
        first = len(_cells(sample[0], delimiter, quote) or []) if sample else 0
        fit = (Counter(counts)[first] / len(sample), first) if first > 1 else (0.0, 0)
        # A column more is no reason to prefer a delimiter that fits clearly fewer lines.
        if fit[0] > best_fit[0] + 0.1 or (fit[0] > best_fit[0] - 0.1 and fit[1] > best_fit[1]):
            best, best_fit = delimiter, fit
    return best


class _Lines:
    """The lines of a text, without their ends; one can go back to an earlier line."""

    def __init__(self, text: str) -> None:
        self.text, self.place, self.number = text, 0, 0

    def next(self) -> str | None:
        """Return the next line, None after the last."""
        if self.place >= len(self.text):
            return None
        newline = self.text.find("\n", self.place)
        end = newline if newline >= 0 else len(self.text)
        carriage = self.text.find("\r", self.place, end)
        if 0 <= carriage < end:
            after = carriage + (2 if self.text.startswith("\r\n", carriage) else 1)
            line, self.place = self.text[self.place : carriage], after
        else:
            line, self.place = self.text[self.place : end], end + 1
        self.number += 1
        return line

    def mark(self) -> tuple[int, int]:
        """Return where the next line is."""
        return self.place, self.number

    def back(self, mark: tuple[int, int]) -> None:
        """Go back to a mark."""
        self.place, self.number = mark


def _row(lines: _Lines, start: str, number: int, delimiter: str, quote: str, width: int) -> DelimitedLine:
    if len(start) > 10 * MOST_CELL:
        return DelimitedLine(number, [], f"the line has more than {10 * MOST_CELL:,} characters", start[:200])
    cells = _cells(start, delimiter, quote)
    if cells is not None:
        return DelimitedLine(number, cells, raw=start)
    mark = lines.mark()
    if _open(start, delimiter, quote) and (found := _closed(lines, start, number, delimiter, quote, width)) is not None:
        return found
    lines.back(mark)
    if (literal := _literal(start, delimiter, quote)) is not None and len(literal) == width:
        return DelimitedLine(number, literal, raw=start)
    return DelimitedLine(number, [], f"a cell's quote is not closed properly: {start.strip()[:80]}", start)


def _closed(lines: _Lines, start: str, number: int, delimiter: str, quote: str, width: int) -> DelimitedLine | None:
    """Return the row whose quoted cell goes on in the next lines, or None if its quote is never closed properly."""
    parts, size = [start], len(start)
    for _ in range(MOST_LINES):
        line = lines.next()
        if line is None:
            return None
        parts.append(line)
        size += len(line)
        if size > 10 * MOST_CELL:
            return None
        if quote not in line.replace(quote * 2, ""):
            continue  # only a single quote may close the cell
        whole = "\n".join(parts)
        cells = _cells(whole, delimiter, quote)
        if cells is not None:
            return DelimitedLine(number, cells, raw=whole) if not width or len(cells) == width else None
        if not _open(whole, delimiter, quote):
            return None
    return None


def _cells(line: str, delimiter: str, quote: str) -> list[str] | None:
    """Return the cells of a row, or None if it is badly quoted or not complete."""
    if quote not in line:
        return (
            None
            if len(line) > MOST_CELL and max(map(len, line.split(delimiter))) > MOST_CELL
            else line.split(delimiter)
        )
    try:
        found = list(csv.reader([line], delimiter=delimiter, quotechar=quote, strict=True))
    except csv.Error:
        return None
    return found[0] if len(found) == 1 else None


def _open(text: str, delimiter: str, quote: str) -> bool:
    """Check whether a quoted cell is still open at the end of a text that is well quoted up to there."""
    try:
        list(csv.reader([text + quote], delimiter=delimiter, quotechar=quote, strict=True))
    except csv.Error:
        return False
    return True


def _literal(line: str, delimiter: str, quote: str) -> list[str] | None:
    """Return the cells of a line with stray quotes as they are written, or None if a delimiter may stand within quotes."""
    found = []
    for cell in line.split(delimiter):
        if cell.count(quote) % 2:
            return None
        read = _cells(cell, delimiter, quote)
        found.append(cell if read is None else read[0] if read else "")
    return found
