"""CSV according to RFC 4180, in UTF-8."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from annotator.server import spreadsheets
from datasets.exports.rows import COLUMNS, as_text

NAME, TITLE, MEDIA_TYPE, EXTENSION = "csv", "CSV", "text/csv; charset=utf-8", "csv"
PIECE = 64 * 1024  # characters


def write(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Yield the file piece by piece. A text that a spreadsheet would run as a formula gets a ' in front."""
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([spreadsheets.cell(_cell(row[name])) for name in COLUMNS])
        if lines.tell() > PIECE:
            yield lines.getvalue().encode()
            lines.seek(0)
            lines.truncate()
    yield lines.getvalue().encode()


def _cell(value: Any) -> Any:
    """Return a value as it is, or as JSON if it is more than a word or a number."""
    return as_text(value) if isinstance(value, dict | list | bool) else value
