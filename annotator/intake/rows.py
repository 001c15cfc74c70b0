"""Rows: CSV and JSON Lines. A row is an item; a row of only a text, a formatted text or a pair becomes that instead."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from annotator.intake import texts
from annotator.intake.found import PAIR, ROW, BadContent, FoundContent, decoded

MOST_ROWS = 100_000
MOST_FIELDS = 200
MOST_CHARACTERS = 100_000


def table(name: str, content: bytes) -> Iterator[FoundContent]:
    """Yield the rows of a CSV file with comma, semicolon or tab, and the field names in its first line. Raises BadContent."""
    words = decoded(name, content)
    try:
        dialect: Any = csv.Sniffer().sniff(words[:10_000].split("\n")[0], delimiters=",;\t")
    except csv.Error:
        dialect = csv.excel
    csv.field_size_limit(MOST_CHARACTERS * 4)
    reader = csv.reader(io.StringIO(words, newline=""), delimiter=dialect.delimiter)
    try:
        names = [one.strip() for one in next(reader)]
        if len(names) > MOST_FIELDS:
            raise BadContent(f"{name}: it has {len(names):,} fields; at most {MOST_FIELDS} are shown.")
        if len(set(names)) < len(names) or not all(names):
            raise BadContent(f"{name}: the first line names the fields, each once.")
        yield from _items(name, _records(name, reader, names))
    except csv.Error as error:
        raise BadContent(f"{name}, line {reader.line_num:,}: {error}.") from None


def _records(name: str, reader: Any, names: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    for values in reader:
        if not any(value.strip() for value in values):
            continue
        if len(values) != len(names):
            raise BadContent(
                f"{name}, line {reader.line_num:,}: it has {len(values)} fields, the first line {len(names)}."
            )
        yield reader.line_num, dict(zip(names, values, strict=True))


def lines(name: str, content: bytes) -> Iterator[FoundContent]:
    """Yield the objects of a JSON Lines file. Raises BadContent."""

    def records() -> Iterator[tuple[int, dict[str, Any]]]:
        for number, line in enumerate(decoded(name, content).split("\n"), start=1):
            if not line.strip():
                continue
            try:
                record = json.loads(line, parse_constant=_no_constant)
            except (ValueError, RecursionError) as error:
                raise BadContent(f"{name}, line {number:,}: this is no JSON ({error}).") from None
            if not isinstance(record, dict) or not record:
                raise BadContent(f"{name}, line {number:,}: a line is an object of fields.")
            yield number, record

    return _items(name, records())


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _items(name: str, records: Iterator[tuple[int, dict[str, Any]]]) -> Iterator[FoundContent]:
    count = 0
    for number, record in records:
        if count >= MOST_ROWS:
            raise BadContent(f"{name}: it has more than {MOST_ROWS:,} rows; send it in parts.")
        count += 1
        yield item(f"{name}, line {number:,}", record)
    if not count:
        raise BadContent(f"{name}: there is no row in it.")


def item(name: str, record: dict[str, Any]) -> FoundContent:
    """Return a row as an item: as a text, a formatted text or a pair if it holds nothing else. Raises BadContent."""
    fields = set(record)
    if fields == {"text"} and isinstance(record["text"], str):
        return (
            texts.text_content(name, record["text"])
            if record["text"].strip()
            else _refuse(f"{name}: the text is empty.")
        )
    if fields == {"html"} and isinstance(record["html"], str):
        return texts.html(name, record["html"].encode(errors="replace"))
    if fields in ({"left", "right"}, {"left", "right", "about"}) and all(
        isinstance(one, str) for one in record.values()
    ):
        return pair(name, {"text": record["left"]}, {"text": record["right"]}, record.get("about", ""))
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
