"""The tasks of an export, one by one: a file of 50 MB is never in memory as objects all at once."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from annotator.intake.found import BadContent

_SPACE = re.compile(r"[\s,]*")
_PARTS = ("annotations", "completions", "predictions")


@dataclass(frozen=True)
class ExportedTask:
    """A task as the export has it: its id, what it shows, and its annotations and predictions. All of it may be anything."""

    number: int
    id: str
    data: dict[str, Any]
    annotations: list[Any]
    predictions: list[Any]


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def tasks(text: str) -> Iterator[ExportedTask | str]:
    """Yield the tasks of an export, or the reason why one of them is none. Raises BadContent when the file is no export."""
    at = _skip(text, 0)
    if text[at : at + 1] == "{":
        one, end = _decode(text, at)
        if _skip(text, end) < len(text):
            raise BadContent("after its first object there is more than JSON allows")
        yield _task(1, one)
        return
    if text[at : at + 1] != "[":
        raise BadContent("it holds no list of tasks")
    at, number = _skip(text, at + 1), 0
    while text[at : at + 1] != "]":
        if at >= len(text):
            raise BadContent("it ends in the middle")
        one, at = _decode(text, at)
        at, number = _skip(text, at), number + 1
        yield _task(number, one)
    if _skip(text, at + 1) < len(text):
        raise BadContent("after its list there is more than JSON allows")
    if not number:
        raise BadContent("there is no task in it")


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _decode(text: str, at: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except RecursionError:
        raise BadContent("it is nested too deeply") from None
    except ValueError as error:
        raise BadContent(f"this is no JSON ({str(error)[:100]})") from None


def _task(number: int, one: Any) -> ExportedTask | str:
    if not isinstance(one, dict) or not isinstance(one.get("data"), dict):
        if isinstance(one, dict) and any(part in one for part in _PARTS):
            return f"Task {number:,} has no data."
        return f"Entry {number:,} is not a task of the full JSON export: it has no “data”."
    known = one.get("id")
    name = str(known) if isinstance(known, (int, str)) and not isinstance(known, bool) else ""
    name = name if name.isprintable() else ""
    annotations = one.get("annotations", one.get("completions"))
    return ExportedTask(number, name[:255], one["data"], _list(annotations), _list(one.get("predictions")))


def _list(given: Any) -> list[Any]:
    return given if isinstance(given, list) else []
