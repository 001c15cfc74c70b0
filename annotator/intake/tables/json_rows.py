"""JSON: an array of objects, also under a key, and JSON Lines."""

import json
from collections.abc import Iterator
from typing import Any

from annotator.intake.tables.record import BadTable, TableRow

MOST_LINE = 20_000_000  # characters


def array(text: str) -> Iterator[TableRow]:
    """Yield the objects of a JSON array. It may stand under a key of an object. Raises BadTable."""
    try:
        found = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadTable(f"this is no JSON ({error})") from None
    if isinstance(found, dict):
        lists = [one for one in found.values() if isinstance(one, list) and one and isinstance(one[0], dict)]
        if len(lists) != 1:
            raise BadTable("it holds an object without exactly one list of objects; send a list")
        [found] = lists
    if not isinstance(found, list):
        raise BadTable("it holds no list of objects")
    for number, one in enumerate(found, start=1):
        yield _record(number, one, "an entry of the list is an object of fields")


def lines(text: str) -> Iterator[TableRow]:
    """Yield the objects of a JSON Lines file, one a line."""
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        if len(line) > MOST_LINE:
            yield TableRow(number, {}, f"the line has more than {MOST_LINE:,} characters", line[:200])
            continue
        try:
            found = json.loads(line, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            yield TableRow(number, {}, f"this is no JSON ({error})", line)
            continue
        yield _record(number, found, "a line is an object of fields")


def _record(number: int, found: Any, expected: str) -> TableRow:
    if isinstance(found, dict) and found:
        return TableRow(number, found)
    return TableRow(number, {}, expected, json.dumps(found, ensure_ascii=False)[:1000])


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
