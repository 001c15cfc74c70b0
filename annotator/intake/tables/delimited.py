"""Tables with a delimiter: CSV, TSV and their kin, with strict quoting.

A badly quoted line is reported and does not take the lines after it with it: Python's own reader would go on to the next
quote, however far away that is.
"""

import csv
import io
import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

DELIMITERS = ",;\t|"
QUOTE = '"'
MOST_CELL = 400_000  # characters
MOST_LINE = 10 * MOST_CELL  # characters of a line, and of a row
MOST_LINES = 2_000  # lines of one row
SAMPLE = 100  # lines that the delimiter is guessed from
NONE = "\x1f"  # a delimiter that no text holds: the file has one column
_NAMED = re.compile(r"sep=(.)$")  # how some spreadsheets name the delimiter in the first line


@dataclass(frozen=True)
class DelimitedLine:
    """A row of a table: the number of its first line, and its cells, or why it cannot be read and how it is written."""

    number: int
    cells: list[str]
    problem: str = ""
    raw: str = ""


def rows(text: TextIO | str, delimiter: str = "", quote: str = QUOTE) -> Iterator[DelimitedLine]:
    """Yield the rows of a table, blank lines left out. Without `delimiter`, it is guessed.

    A file is read line by line, whatever its size. It is opened with universal newlines, so that line breaks within a cell become
    "\\n". A cell that begins with a quote and goes on after the closing one is kept as it is written where that is the only way
    to get as many cells as the first row has.
    """
    csv.field_size_limit(MOST_CELL)
    lines = _Lines(io.StringIO(text, newline=None) if isinstance(text, str) else text)
    delimiter = _delimiter(lines, delimiter, quote)
    width = 0
    while (start := lines.next()) is not None:
        if not start.strip():
            continue
        line = _row(lines, start, lines.number, delimiter, quote, width)
        width = width or len(line.cells)
        yield line


def find_delimiter(text: TextIO, quote: str = QUOTE) -> str:
    """Return the delimiter that `rows` would use."""
    return _delimiter(_Lines(text), "", quote)


def _delimiter(lines: "_Lines", delimiter: str, quote: str) -> str:
    """Return the delimiter, and step over a first line that names it."""
    sample = lines.ahead(SAMPLE)
    if sample and (named := _NAMED.match(sample[0])):
        lines.next()
        return delimiter or named[1]
    return delimiter or _guess_delimiter(sample, quote)


def _guess_delimiter(lines: list[str], quote: str) -> str:
    """Return the delimiter that splits the first lines into the same number of cells most often.

    If none splits the first line, the file has one column, and commas in its texts split nothing.
    """
    sample = [line for line in lines if line.strip()]
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
    """The lines of a file, without their ends; lines can be put back."""

    def __init__(self, file: TextIO) -> None:
        self.file, self.number = file, 0
        self._back: deque[str] = deque()

    def next(self) -> str | None:
        """Return the next line, None after the last. Of a line that is too long, only its beginning is kept."""
        line = self._back.popleft() if self._back else self._read()
        if line is not None:
            self.number += 1
        return line

    def _read(self) -> str | None:
        line = self.file.readline(MOST_LINE + 1)
        if line.endswith("\n"):
            return line[:-1]
        if not line:
            return None
        if len(line) > MOST_LINE:
            while (rest := self.file.readline(MOST_LINE)) and not rest.endswith("\n"):
                pass
        return line

    def put_back(self, lines: list[str]) -> None:
        """Let these lines, which were read last, come again."""
        self._back.extendleft(reversed(lines))
        self.number -= len(lines)

    def ahead(self, count: int) -> list[str]:
        """Return the next lines, which stay where they are."""
        while len(self._back) < count and (line := self._read()) is not None:
            self._back.append(line)
        return list(self._back)[:count]


def _row(lines: _Lines, start: str, number: int, delimiter: str, quote: str, width: int) -> DelimitedLine:
    if len(start) > MOST_LINE:
        return DelimitedLine(number, [], f"the line has more than {MOST_LINE:,} characters", start[:200])
    cells = _cells(start, delimiter, quote)
    if cells is not None:
        return DelimitedLine(number, cells, raw=start)
    if _open(start, delimiter, quote) and (found := _closed(lines, start, number, delimiter, quote, width)) is not None:
        return found
    if (literal := _literal(start, delimiter, quote)) is not None and len(literal) == width:
        return DelimitedLine(number, literal, raw=start)
    return DelimitedLine(number, [], f"a cell's quote is not closed properly: {start.strip()[:80]}", start)


def _closed(lines: _Lines, start: str, number: int, delimiter: str, quote: str, width: int) -> DelimitedLine | None:
    """Return the row whose quoted cell goes on in the next lines, or None, with those lines put back, if no quote closes it."""
    parts, size = [start], len(start)
    found = None
    for _ in range(MOST_LINES):
        line = lines.next()
        if line is None:
            break
        parts.append(line)
        size += len(line)
        if size > MOST_LINE:
            break
        if quote not in line.replace(quote * 2, ""):
            continue  # only a single quote may close the cell
        whole = "\n".join(parts)
        cells = _cells(whole, delimiter, quote)
        if cells is not None and (not width or len(cells) == width):
            found = DelimitedLine(number, cells, raw=whole)
        if cells is not None or not _open(whole, delimiter, quote):
            break
    if found is None:
        lines.put_back(parts[1:])
    return found


def _cells(line: str, delimiter: str, quote: str) -> list[str] | None:
    """Return the cells of a row, or None if it is badly quoted or not complete."""
    if quote not in line:
        cells = line.split(delimiter)
        return None if len(line) > MOST_CELL and max(map(len, cells)) > MOST_CELL else cells
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
