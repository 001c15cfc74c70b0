"""CSV according to RFC 4180, in UTF-8."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from annotator.server import spreadsheets
from datasets.exports import fitting
from datasets.exports.rows import as_text
from datasets.exports.source import Source

NAME, TITLE, MEDIA_TYPE, EXTENSION = "csv", "CSV", "text/csv; charset=utf-8", "csv"
SAYS = "one row for each item"
fits = fitting.every_question
PIECE = 64 * 1024  # characters


def write(source: Source) -> Iterator[bytes]:
    """Yield the file piece by piece.

    A text that a spreadsheet would run as a formula gets a ' in front, unless formulas are asked for.
    """
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow(source.columns)
    for row in source.rows():
        cells = [_cell(row[name]) for name in source.columns]
        writer.writerow(cells if source.options.formulas else [spreadsheets.cell(one) for one in cells])
        if lines.tell() > PIECE:
            yield lines.getvalue().encode()
            lines.seek(0)
            lines.truncate()
    yield lines.getvalue().encode()


def _cell(value: Any) -> Any:
    """Return a value as it is, or as JSON if it is more than a word or a number."""
    return as_text(value) if isinstance(value, dict | list | bool) else value
