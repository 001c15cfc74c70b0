"""Rows: each row of a table is an item. A row with a text, a formatted text or a pair keeps the rest as fields."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from annotator.intake import texts
from annotator.intake.found import PAIR, ROW, BadContent, Found, FoundContent, Rejected, decoded
from annotator.intake.tables import delimited, json_rows
from annotator.intake.tables.record import MOST_FIELDS, BadTable, TableRow, field_names

MOST_ROWS = 100_000
MOST_CHARACTERS = 100_000
SHOWN = (("text",), ("html",), ("left", "right"))  # the fields that are shown alone, if a row has them


def table(name: str, content: bytes) -> Iterator[Found]:
    """Yield the rows of a table with a delimiter, and the field names in its first line. Raises BadContent."""
    lines = delimited.rows(decoded(name, content), "\t" if name.lower().endswith(".tsv") else "")
    return _items(name, _named(lines))


def _named(lines: Iterator[delimited.DelimitedLine]) -> Iterator[TableRow]:
    header = next(lines)
    if header.problem:
        raise BadTable(f"line {header.number:,}: {header.problem}")
    names = field_names(header.cells)
    for line in lines:
        problem = line.problem
        if not problem and len(line.cells) != len(names):
            problem = f"it has {len(line.cells)} fields, the first line {len(names)}"
        yield TableRow(line.number, {} if problem else dict(zip(names, line.cells, strict=True)), problem, line.raw)


def lines(name: str, content: bytes) -> Iterator[Found]:
    """Yield the objects of a JSON Lines file. Raises BadContent."""
    return _items(name, json_rows.lines(decoded(name, content)))


def array(name: str, content: bytes) -> Iterator[Found]:
    """Yield the objects of a JSON array. Raises BadContent."""
    return _items(name, json_rows.array(decoded(name, content)))


def workbook(name: str, content: bytes) -> Iterator[Found]:
    """Yield the rows of the first sheet of a workbook that is not empty. Raises BadContent."""
    from annotator.intake.tables import workbooks  # readers start fast: only those that need a library load it

    return _items(name, workbooks.rows(content))


def parquet_file(name: str, content: bytes) -> Iterator[Found]:
    """Yield the rows of a Parquet file. Raises BadContent."""
    from annotator.intake.tables import parquet

    return _items(name, parquet.rows(content))


def _items(name: str, records: Iterator[TableRow]) -> Iterator[Found]:
    count = 0
    try:
        for record in records:
            if count >= MOST_ROWS:
                raise BadContent(f"{name}: it has more than {MOST_ROWS:,} rows; send it in parts.")
            count += 1
            where = f"{name}, line {record.number:,}"
            if record.problem:
                yield Rejected(f"{where}: {record.problem}.", record.raw)
                continue
            try:
                yield item(where, record.fields)
            except BadContent as problem:
                yield Rejected(str(problem), record.raw)
    except BadTable as problem:
        raise BadContent(f"{name}: {problem}.") from None
    if not count:
        raise BadContent(f"{name}: there is no row in it.")


def item(name: str, record: dict[str, Any]) -> FoundContent:
    """Return a row as an item. Raises BadContent.

    What is shown is its text, formatted text or pair where a field is called so; the other fields are kept and not shown. Of
    any other row, all fields are shown.
    """
    shown = next((one for one in SHOWN if all(_is_cell(record.get(column, {})) for column in one)), None)
    if shown is None:
        return _row(name, record)
    fields = {column: value for column, value in record.items() if column not in shown and value is not None}
    cells = ["" if record[column] is None else str(record[column]) for column in shown]
    for column, cell in zip(shown, cells, strict=True):
        if not cell.strip():
            raise BadContent(f"{name}: the field “{column}” is empty.")
    if shown == ("text",):
        found = texts.text_content(name, *cells)
    elif shown == ("html",):
        found = texts.html(name, cells[0].encode(errors="replace"))
    else:
        left, right = cells
        found = pair(name, {"text": left}, {"text": right}, str(fields.pop("about", "")))
    if fields:
        _document(name, fields)
    return replace(found, fields=fields)


def _is_cell(value: Any) -> bool:
    """Check whether a value is one of a table's cell, and no list or object."""
    return value is None or isinstance(value, (str, int, float))


def _row(name: str, record: dict[str, Any]) -> FoundContent:
    if len(record) > MOST_FIELDS:
        raise BadContent(f"{name}: it has {len(record)} fields; at most {MOST_FIELDS} are shown.")
    return FoundContent(
        name,
        _document(name, record),
        ROW,
        "application/json",
        excerpt=", ".join(f"{field}: {value}" for field, value in list(record.items())[:6]),
    )


def pair(name: str, left: dict[str, Any], right: dict[str, Any], about: str = "") -> FoundContent:
    """Return a pair. Each part is `{"text"}`, or `{"sha256", "width", "height"}` of a picture. Raises BadContent."""
    record = {"left": left, "right": right} | ({"about": about} if about else {})
    shown = " / ".join(str(part.get("text") or "picture") for part in (left, right))
    return FoundContent(name, _document(name, record), PAIR, "application/json", excerpt=shown)


def _document(name: str, record: dict[str, Any]) -> bytes:
    try:
        document = json.dumps(record, ensure_ascii=False, allow_nan=False, sort_keys=False, separators=(",", ":"))
        content = document.encode()
    except (ValueError, UnicodeEncodeError):
        return _refuse(f"{name}: it holds half a character or a number that is not finite.")
    if len(document) > MOST_CHARACTERS or "\\u0000" in document:
        return _refuse(f"{name}: it has more than {MOST_CHARACTERS:,} characters, or holds NUL.")
    return content


def _refuse(reason: str) -> Any:
    raise BadContent(reason)
