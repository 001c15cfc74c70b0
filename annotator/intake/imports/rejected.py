"""The rejected rows of an import as a file, which can be corrected and sent again."""

import csv
import io
from collections.abc import Iterator

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from annotator.intake.tables.source import DELIMITED, table_format
from annotator.models import Import
from annotator.server import spreadsheets

REPORT_HEADER = ("line", "reason", "row")
ARCHIVE_HEADER = ("number", "reason", "path")


def file_name(found: Import) -> str:
    """Return the name of the file: that of the import, with an ending that says how it is written."""
    if found.is_archive:
        return f"{found.name} rejected.txt"
    stem = found.name.removesuffix(".gz").rpartition(".")[0]
    ending = found.name.removesuffix(".gz").rpartition(".")[2] if table_format(found.name) == DELIMITED else "jsonl"
    return f"{stem} rejected.{ending}"


def lines(found: Import) -> Iterator[str]:
    """Yield the rejected rows as they are written in the file, for a table with a delimiter under its first line, in UTF-8.

    Of an archive, yield the paths of the rejected files.
    """
    if table_format(found.name) == DELIMITED:
        yield "\ufeff" + _line([column["name"] for column in found.columns], found.reading["delimiter"])
    for raw in found.rejected_rows.order_by("number", "pk").values_list("raw", flat=True).iterator():
        yield f"{raw}\n"


def report_lines(found: Import) -> Iterator[str]:
    """Yield a CSV file with the line, the reason and the row of each rejected row, safe to open in a spreadsheet."""
    yield "\ufeff" + _line(ARCHIVE_HEADER if found.is_archive else REPORT_HEADER, ",")
    for row in found.rejected_rows.order_by("number", "pk").values_list("number", "reason", "raw").iterator():
        yield _line([spreadsheets.cell(value) for value in row], ",")


def _line(cells: "tuple[object, ...] | list[object]", delimiter: str) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, lineterminator="\n").writerow(cells)
    return buffer.getvalue()


def download(found: Import, report: bool) -> StreamingHttpResponse:
    """Return the rejected rows as a download: as they are written, or as a `report` with the reasons."""
    name = f"{found.name} reasons.csv" if report else file_name(found)
    response = StreamingHttpResponse(
        report_lines(found) if report else lines(found), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response
