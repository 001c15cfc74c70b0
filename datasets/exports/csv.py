"""CSV according to RFC 4180, in UTF-8."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from annotator.server import spreadsheets
from datasets.exports.rows import COLUMNS, row

NAME, TITLE, MEDIA_TYPE, EXTENSION = "csv", "CSV", "text/csv; charset=utf-8", "csv"


def write(manifest: dict[str, Any]) -> Iterator[bytes]:
    """Yield the file line by line. A text that a spreadsheet would run as a formula gets a ' in front."""
    line = io.StringIO()
    writer = csv.DictWriter(line, COLUMNS)
    writer.writeheader()
    for entry in manifest["items"]:
        cells = row(entry) | {"label": _cell(entry["label"])}
        writer.writerow({name: spreadsheets.cell(value) for name, value in cells.items()})
        yield line.getvalue().encode()
        line.seek(0)
        line.truncate()
    yield line.getvalue().encode()


def _cell(label: Any) -> Any:
    """Return a label as it is, or as JSON if it is more than a word or a number."""
    return json.dumps(label, ensure_ascii=False) if isinstance(label, dict | list) else label
