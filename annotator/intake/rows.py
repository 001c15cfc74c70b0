"""Rows: each row of a table is an item, made as the mapping of its columns says."""

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any

from annotator.intake import cells, mapping, texts
from annotator.intake.found import ADDRESS, PAIR, ROW, BadContent, Found, FoundAnswer, FoundContent, Rejected
from annotator.intake.mapping import ColumnUse
from annotator.intake.tables.record import MOST_FIELDS, BadTable, TableRow
from annotator.intake.tables.source import Table, TableReading
from annotator.items.limits import MOST_TAG, MOST_TAGS

MOST_ROWS = 100_000  # of a table in an archive, or sent for direct import
MOST_CHARACTERS = 100_000
MOST_NAME = 200
SAMPLE = 200  # rows that a mapping is guessed from


def table(name: str, file: IO[bytes], reading: TableReading | None = None) -> Iterator[Found]:
    """Yield the rows of a table whose mapping nobody chose, so that it is guessed. Raises BadContent."""
    count = 0
    try:
        rows = Table(name, file, reading).rows()
        first = list(itertools.islice(rows, SAMPLE))
        uses = mapping.guess(mapping.recognised([row.fields for row in first if not row.problem]))
        # There is no question yet to which an answer could belong.
        uses = {name: ColumnUse.FIELD if use in mapping.ANSWER else use for name, use in uses.items()}
        for found in items(name, itertools.chain(first, rows), uses):
            count += 1
            if count > MOST_ROWS:
                raise BadContent(f"{name}: it has more than {MOST_ROWS:,} rows; import it by itself.")
            yield found
    except BadTable as problem:
        raise BadContent(f"{name}: {problem}.") from None
    if not count:
        raise BadContent(f"{name}: there is no row in it.")


def items(name: str, rows: Iterable[TableRow], uses: Mapping[str, str]) -> Iterator[Found]:
    """Yield each row of a table as an item, or as rejected with the reason."""
    maker = RowItems(uses)
    short = name if len(name) <= MOST_NAME else f"{name[: MOST_NAME - 1]}…"  # the line must fit into an item's name
    for row in rows:
        where = f"{short}, line {row.number:,}"
        if row.problem:
            yield Rejected(f"{where}: {row.problem}.", row.raw, row.number)
            continue
        try:
            found = maker.item(where, row.fields)
        except BadContent as problem:
            raw = row.raw or json.dumps(row.fields, ensure_ascii=False, default=str)
            yield Rejected(str(problem), raw, row.number)
            continue
        found.line = row.number
        yield found


class RowItems:
    """Makes items of rows, as a mapping says."""

    def __init__(self, uses: Mapping[str, str]) -> None:
        """Take the use of each column, by its name. A column without one is kept as a field."""
        self.uses = uses
        by_use = {use: name for name, use in uses.items() if use not in mapping.MANY}
        self.single = {ColumnUse(use): name for use, name in by_use.items()}
        self.shown = [name for name, use in uses.items() if use == ColumnUse.SHOWN]
        self.placed = bool(self.single.keys() - mapping.CONTENT)
        self.used = {name for name, use in uses.items() if use != ColumnUse.FIELD}

    def item(self, where: str, record: dict[str, Any]) -> FoundContent:
        """Return a row as an item. Without content, it brings an answer to an item that is here. Raises BadContent."""
        found = self._content(where, record)
        fields = {name: value for name, value in record.items() if name not in self.used and value not in (None, "")}
        if fields:
            if len(fields) > MOST_FIELDS:
                raise BadContent(f"{where}: it has {len(fields)} fields; at most {MOST_FIELDS} are kept.")
            _check_fields(where, fields)
            found.fields = fields
        if self.placed:
            self._place(where, record, found)
        return found

    def _place(self, where: str, record: dict[str, Any], found: FoundContent) -> None:
        found_in = {use: record.get(name) for use, name in self.single.items()}
        try:
            found.external_id = cells.name_of(found_in.get(ColumnUse.EXTERNAL_ID), "external id")
            found.group = cells.name_of(found_in.get(ColumnUse.GROUP), "group")
            found.split = cells.split_named(found_in.get(ColumnUse.SPLIT))
            found.priority = cells.priority_of(found_in.get(ColumnUse.PRIORITY))
            found.tags = _tags(found_in.get(ColumnUse.TAGS))
            found.answer = _answer(found_in)
        except ValueError as problem:
            raise BadContent(f"{where}: {problem}.") from None

    def _content(self, where: str, record: dict[str, Any]) -> FoundContent:
        if ColumnUse.TEXT in self.single:
            return texts.text_content(where, self._cell(where, record, ColumnUse.TEXT))
        if ColumnUse.HTML in self.single:
            return texts.html_content(where, self._cell(where, record, ColumnUse.HTML))
        if ColumnUse.LEFT in self.single:
            left, right = (self._cell(where, record, side) for side in (ColumnUse.LEFT, ColumnUse.RIGHT))
            about = record.get(self.single.get(ColumnUse.ABOUT, ""), "")
            return pair(where, {"text": left}, {"text": right}, "" if about is None else str(about))
        if ColumnUse.ADDRESS in self.single:
            address = self._cell(where, record, ColumnUse.ADDRESS).strip()
            if len(address) > MOST_ADDRESS or "\x00" in address:
                raise BadContent(f"{where}: the address is too long.")
            return FoundContent(where, address.encode(errors="replace"), ADDRESS, "")
        if self.shown:
            return _row(where, {name: record.get(name) for name in self.shown if name in record})
        return FoundContent(where, b"", "", "")

    def _cell(self, where: str, record: dict[str, Any], use: ColumnUse) -> str:
        """Return the cell of a column that makes the item. Raises BadContent when it is empty, or a list."""
        name = self.single[use]
        value = record.get(name)
        if isinstance(value, (list, dict)):
            raise BadContent(f"{where}: the field “{name}” is a list.")
        text = "" if value is None else str(value)
        if not text.strip():
            raise BadContent(f"{where}: the field “{name}” is empty.")
        return text


MOST_ADDRESS = 2000  # characters


def _tags(value: Any) -> tuple[str, ...]:
    """Return the tags that a cell lists, separated by commas or semicolons. Raises ValueError with the reason."""
    if value in (None, ""):
        return ()
    parts = value if isinstance(value, list) else str(value).replace(";", ",").split(",")
    tags = tuple(dict.fromkeys(text for part in parts if (text := str(part).strip())))
    if len(tags) > MOST_TAGS or any(len(tag) > MOST_TAG or "\x00" in tag for tag in tags):
        raise ValueError(f"it has more than {MOST_TAGS} tags, or one of more than {MOST_TAG} characters")
    return tags


def _answer(found_in: Mapping[ColumnUse, Any]) -> FoundAnswer | None:
    """Return the answer of a row, None where its cell is empty. Raises ValueError with the reason."""
    label = found_in.get(ColumnUse.LABEL)
    if label is None or (isinstance(label, str) and not label.strip()):
        return None
    time = found_in.get(ColumnUse.TIME)
    answer = FoundAnswer(
        cells.name_of(found_in.get(ColumnUse.WORKER), "worker"), label, "" if time is None else str(time)
    )
    written = label if isinstance(label, str) else json.dumps(label)
    if "\x00" in written or "\\u0000" in written or len(written) > MOST_CHARACTERS:
        raise ValueError(f"the label has more than {MOST_CHARACTERS:,} characters, or holds NUL")
    return answer


def _row(name: str, record: dict[str, Any]) -> FoundContent:
    if all(value in (None, "") for value in record.values()):
        raise BadContent(f"{name}: everything that would be shown of it is empty.")
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


def _check_fields(name: str, fields: dict[str, Any]) -> None:
    """Raise BadContent when fields cannot be stored. Most hold nothing but texts, which need no document to tell."""
    try:
        texts = "\n".join((*fields, *fields.values()))
        texts.encode()
    except (TypeError, UnicodeEncodeError):
        _document(name, fields)
        return
    if len(texts) > MOST_CHARACTERS or "\x00" in texts:
        _refuse(f"{name}: it has more than {MOST_CHARACTERS:,} characters, or holds NUL.")


def _document(name: str, record: dict[str, Any]) -> bytes:
    try:
        document = json.dumps(record, ensure_ascii=False, allow_nan=False, sort_keys=False, separators=(",", ":"))
        content = document.encode()
    except (ValueError, RecursionError):
        return _refuse(f"{name}: it holds half a character or a number that is not finite.")
    if len(document) > MOST_CHARACTERS or "\\u0000" in document:
        return _refuse(f"{name}: it has more than {MOST_CHARACTERS:,} characters, or holds NUL.")
    return content


def _refuse(reason: str) -> Any:
    raise BadContent(reason)
