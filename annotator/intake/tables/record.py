"""A row of a table, whatever file it stands in."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

MOST_FIELDS = 200
MOST_DEPTH = 10  # objects within objects


@dataclass(frozen=True)
class TableRow:
    """A row: the number of its line, and its fields by name. A row that cannot be read has a `problem` and is given as `raw`."""

    number: int
    fields: dict[str, Any]
    problem: str = ""
    raw: str = ""


class BadTable(ValueError):
    """The file is not a table that can be read. The message says why."""


def field_names(header: Iterable[Any]) -> list[str]:
    """Return the names of a table's columns. A column without a name gets its number, a name that comes again a number, too.

    Raises BadTable where there are too many or none.
    """
    found: dict[str, int] = {}
    names: list[str] = []
    for place, cell in enumerate(header, start=1):
        name = str("" if cell is None else cell).replace("\x00", "␀").strip() or f"column {place}"
        again = found.get(name, 0) + 1
        found[name] = again
        names.append(name if again == 1 else f"{name} ({again})")
    if len(names) > MOST_FIELDS:
        raise BadTable(f"it has {len(names):,} fields; at most {MOST_FIELDS} are taken")
    if not names or len(set(names)) < len(names):
        raise BadTable("the first line must name the fields")
    return names


def flat(fields: dict[str, Any]) -> dict[str, Any]:
    """Return fields with the entries of objects by their path ("user.name"). Lists stay as they are.

    Where a path is also a field's name, the later one gets a number, as with columns. Raises ValueError when objects are nested
    more than `MOST_DEPTH` deep.
    """
    found: dict[str, Any] = {}
    _flatten(fields, "", found, MOST_DEPTH)
    return found


def _flatten(fields: dict[str, Any], before: str, found: dict[str, Any], depth: int) -> None:
    for key, value in fields.items():
        path = f"{before}{key}".replace("\x00", "␀")
        if isinstance(value, dict) and value:
            if not depth:
                raise ValueError(f"is nested more than {MOST_DEPTH} objects deep")
            _flatten(value, f"{path}.", found, depth - 1)
            continue
        again = 1
        while (path if again == 1 else f"{path} ({again})") in found:
            again += 1
        found[path if again == 1 else f"{path} ({again})"] = value


def plain(value: Any) -> Any:
    """Return a value as JSON has it: dates in ISO 8601, whole numbers without a point, what is not finite as missing.

    Raises ValueError for bytes, which no field can hold.
    """
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, (Decimal, timedelta)):
        return str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        raise ValueError("holds bytes")
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value
