"""Reading labels as other systems and spreadsheets write them: by a choice's name, as a number, as JSON."""

import json
import math
import re
from collections.abc import Callable
from typing import Any

from annotator.kinds import check_value
from annotator.kinds.base import About
from annotator.kinds.errors import Invalid

NAMED = 12  # choices that a message lists
LONGEST = 40  # characters of a cell that a message repeats
_WHOLE = re.compile(r"[+-]?\d{1,15}([.,]0*)?\Z", re.ASCII)
_YES, _NO = frozenset({"yes", "y", "true", "t", "1"}), frozenset({"no", "n", "false", "f", "0"})
_SEPARATORS = re.compile(r"[;|]")


class LabelReader:
    """Reads the labels of one question. It is built once and used for many cells."""

    def __init__(self, kind: str, config: dict[str, Any]) -> None:
        self.kind, self.config = kind, config
        self._read = _READERS[kind](config)

    def value_of(self, given: Any, item: About) -> Any:
        """Return what a cell says as an answer in its stored form. Raises Invalid with the reason."""
        return check_value(self.kind, self.config, self._read(given), item)


def value_of(question: Any, given: Any, item: About) -> Any:
    """Return what a cell says as an answer to a question. Raises Invalid. For many cells, build a `LabelReader`."""
    return LabelReader(question.kind, question.config).value_of(given, item)


def _fold(text: str) -> str:
    return " ".join(text.split()).casefold()


def _cell(given: Any) -> str:
    """Return a cell's text. Whole numbers have no point. Raises Invalid."""
    if given is None or (isinstance(given, str) and not given.strip()):
        raise Invalid("The label is missing.")
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, float):
        if not math.isfinite(given):
            raise Invalid("The label is a number that is not finite.")
        return str(int(given)) if given.is_integer() and abs(given) < 2**53 else repr(given)
    if isinstance(given, int):
        if abs(given) > 10**30:
            raise Invalid("The label is a number that is too large.")
        return str(given)
    if isinstance(given, str):
        return given
    raise Invalid("The label is a list or an object, not a text.")


def _parsed(given: Any) -> Any:
    """Return what a JSON text says; anything else as it is. Raises Invalid."""
    if not isinstance(given, str):
        return given
    try:
        return json.loads(given, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Invalid("The label is not JSON in the form of this question's answers.") from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


class _Names:
    """The values of a list of choices, found by value or label."""

    def __init__(self, entries: list[dict[str, Any]]) -> None:
        self.entries = entries
        self.exact: dict[str, set[str]] = {}
        self.folded: dict[str, set[str]] = {}
        self.values = {entry["value"] for entry in entries}
        for entry in entries:
            for name in (entry["value"], entry.get("label", entry["value"])):
                self.exact.setdefault(name.strip(), set()).add(entry["value"])
                self.folded.setdefault(_fold(name), set()).add(entry["value"])
        self.yes_and_no = self._yes_and_no()

    def _yes_and_no(self) -> dict[str, str]:
        """Return the ways to write yes and no, if the choices are just these two; otherwise none."""
        if len(self.values) != 2:
            return {}
        found: dict[str, str] = {}
        for words in (_YES, _NO):
            meant = {value for name, values in self.folded.items() if name in words for value in values}
            if len(meant) != 1:
                return {}
            found |= dict.fromkeys(words, meant.pop())
        return found if len(set(found.values())) == 2 else {}

    def find(self, text: str) -> str | None:
        """Return the value that a text means, or None. Raises Invalid if it could mean several."""
        text = text.strip()
        if text in self.values:
            return text
        for found in (self.exact.get(text), self.folded.get(_fold(text))):
            if found and len(found) > 1:
                raise Invalid(f"“{text[:LONGEST]}” could be any of: {', '.join(sorted(found)[:NAMED])}.")
            if found:
                return next(iter(found))
        return self.yes_and_no.get(_fold(text))

    def named(self, text: str) -> str:
        """Return the value that a text means. Raises Invalid, naming the choices."""
        found = self.find(text)
        if found is None:
            shown = [entry["value"] for entry in self.entries[:NAMED]]
            more = f" and {len(self.entries) - NAMED:,} more" if len(self.entries) > NAMED else ""
            raise Invalid(f"“{text.strip()[:LONGEST]}” is none of the choices: {', '.join(shown)}{more}.")
        return found


def _choice(config: dict[str, Any]) -> Callable[[Any], Any]:
    names = _Names(config["choices"])

    def one(given: Any) -> str:
        if isinstance(given, list):
            if len(given) != 1:
                raise Invalid(f"The question takes one choice, and here are {len(given):,}.")
            given = given[0]
        text = _cell(given)
        if text.lstrip().startswith("[") and names.find(text) is None:
            return one(_parsed(text))
        return names.named(text)

    def several(given: Any) -> list[str]:
        if given is None or (isinstance(given, str) and not given.strip()):
            if config["least"] == 0:
                return []
            raise Invalid("The label is missing.")
        if isinstance(given, list):
            return [names.named(_cell(part)) for part in given]
        text = _cell(given)
        if (whole := names.find(text)) is not None:
            return [whole]
        if text.lstrip().startswith("["):
            return several(_parsed(text))
        return [names.named(part) for part in _SEPARATORS.split(text) if part.strip()]

    return several if config.get("several") else one


def _scale(config: dict[str, Any]) -> Callable[[Any], Any]:
    points = config["points"]
    named = {_fold(config["low"]): 1, _fold(config["high"]): points}
    if config.get("middle") and points % 2:
        named[_fold(config["middle"])] = (points + 1) // 2

    def point(given: Any) -> int:
        if isinstance(given, bool):
            raise Invalid(f"The label is a whole number from 1 to {points}.")
        text = _cell(given).strip()
        if _fold(text) in named:
            return named[_fold(text)]
        if not _WHOLE.match(text):
            raise Invalid(f"“{text[:LONGEST]}” is not a whole number from 1 to {points}.")
        return int(re.split("[.,]", text)[0])

    return point


def _pair(config: dict[str, Any]) -> Callable[[Any], Any]:
    def side(given: Any) -> str:
        return _cell(given).strip().casefold()

    return side


def _text(config: dict[str, Any]) -> Callable[[Any], Any]:
    def words(given: Any) -> str:
        if isinstance(given, str) or (given is None and config["shortest"] == 0):
            return given or ""
        return _cell(given)

    return words


def _json(config: dict[str, Any]) -> Callable[[Any], Any]:
    def value(given: Any) -> Any:
        if given is None or given == "":
            raise Invalid("The label is missing.")
        return _parsed(given)

    return value


_READERS: dict[str, Callable[[dict[str, Any]], Callable[[Any], Any]]] = {
    "choice": _choice,
    "scale": _scale,
    "pair": _pair,
    "text": _text,
    "span": _json,
    "box": _json,
    "set": _json,
}
