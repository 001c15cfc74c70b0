"""JSON: an array of objects, also under a key, and JSON Lines. Both are read as a stream."""

import json
from collections.abc import Iterator
from typing import Any, TextIO

from annotator.intake.tables.record import BadTable, TableRow

MOST_LINE = 20_000_000  # characters of a line of JSON Lines, and of an entry of an array
STEP = 65536
DEEPEST = 5  # objects in each other in which a list is looked for
_SPACE = " \t\n\r"


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def array(file: TextIO, key: str = "") -> Iterator[TableRow]:
    """Yield the objects of a JSON array. It may stand under a key of an object; `keys` finds which. Raises BadTable."""
    text = _Text(file)
    if text.peek() == "{":
        names = [key] if key else keys(file)
        if len(names) != 1:
            raise BadTable(
                "it holds an object without exactly one list of objects; send a list"
                if not names
                else f"it holds an object without exactly one list of objects; name one of {', '.join(names)[:200]}"
            )
        file.seek(0)
        text = _Text(file)
        _enter(text, names[0])
    if text.peek() != "[":
        text.value()  # what is no JSON at all is called that
        raise BadTable("it holds no list of objects")
    number = 0
    for number, one in enumerate(text.entries(), start=1):
        if number == 1 and not isinstance(one, dict):
            raise BadTable("it holds no list of objects")
        yield _record(number, one, "an entry of the list is an object of fields")


def keys(file: TextIO) -> list[str]:
    """Return the keys of a JSON object under which lists of objects stand, none for an array. Raises BadTable.

    A list that stands deeper is named by its path, such as `data.tickets`.
    """
    file.seek(0)
    text = _Text(file)
    return _keys(text, "", 1) if text.peek() == "{" else []


def _keys(text: "_Text", path: str, depth: int) -> list[str]:
    found = []
    for key in text.members():
        if text.peek() == "[":
            first = None
            for number, one in enumerate(text.entries()):
                first = one if number == 0 else first
            if isinstance(first, dict):
                found.append(path + key)
        elif text.peek() == "{" and depth < DEEPEST:
            found += _keys(text, f"{path}{key}.", depth + 1)
        else:
            text.value()
    return found


def _enter(text: "_Text", wanted: str) -> None:
    """Go to the value of a key of an object, or of a path of keys."""
    if not _entered(text, wanted, 1):
        raise BadTable(f"it has no key “{wanted[:60]}”")


def _entered(text: "_Text", wanted: str, depth: int) -> bool:
    for key in text.members():
        if key == wanted and text.peek() == "[":
            return True
        if wanted.startswith(f"{key}.") and text.peek() == "{" and depth < DEEPEST:
            if _entered(text, wanted[len(key) + 1 :], depth + 1):
                return True
        else:
            text.value()
    return False


class _Text:
    """A JSON document that is read bit by bit."""

    def __init__(self, file: TextIO) -> None:
        self.file, self.text, self.place, self.over = file, "", 0, False

    def _more(self) -> bool:
        """Read on; return whether there was anything."""
        piece = "" if self.over else self.file.read(max(STEP, len(self.text) - self.place))
        self.over = not piece
        self.text = self.text[self.place :] + piece
        self.place = 0
        return bool(piece)

    def peek(self) -> str:
        """Return the next character that is no space, without stepping over it; "" at the end."""
        while True:
            while self.place < len(self.text):
                if self.text[self.place] not in _SPACE:
                    return self.text[self.place]
                self.place += 1
            if not self._more():
                return ""

    def expect(self, sign: str) -> None:
        """Step over a sign. Raises BadTable when another one comes."""
        if self.peek() != sign:
            raise BadTable(f"this is no JSON (“{sign}” is missing)")
        self.place += 1

    def value(self) -> Any:
        """Return the next value. Raises BadTable when it is no JSON."""
        self.peek()
        while True:
            try:
                found, end = _DECODER.raw_decode(self.text, self.place)
            except (ValueError, RecursionError) as error:
                if isinstance(error, RecursionError) or self.over:
                    raise BadTable(f"this is no JSON ({error})") from None
                if len(self.text) - self.place > MOST_LINE:
                    raise BadTable(
                        f"an entry has more than {MOST_LINE:,} characters, or is no JSON ({error})"
                    ) from None
                self._more()
                continue
            if end == len(self.text) and not self.over:
                self._more()  # a number may go on
                continue
            self.place = end
            return found

    def entries(self) -> Iterator[Any]:
        """Yield the entries of an array."""
        self.expect("[")
        if self.peek() == "]":
            self.place += 1
            return
        while True:
            yield self.value()
            if self.peek() == "]":
                self.place += 1
                return
            self.expect(",")

    def members(self) -> Iterator[str]:
        """Yield the keys of an object. The caller reads the value of each before the next."""
        self.expect("{")
        if self.peek() == "}":
            self.place += 1
            return
        while True:
            if self.peek() != '"':
                raise BadTable("this is no JSON (a key is missing)")
            key = self.value()
            self.expect(":")
            yield key
            if self.peek() == "}":
                self.place += 1
                return
            self.expect(",")


def lines(file: TextIO) -> Iterator[TableRow]:
    """Yield the objects of a JSON Lines file, one a line."""
    number = 0
    while line := file.readline(MOST_LINE + 1):
        number += 1
        if len(line) > MOST_LINE and not line.endswith("\n"):
            while (rest := file.readline(MOST_LINE)) and not rest.endswith("\n"):
                pass
            yield TableRow(number, {}, f"the line has more than {MOST_LINE:,} characters", line[:200])
            continue
        line = line.rstrip("\n")
        if not line.strip():
            continue
        try:
            found = _DECODER.decode(line)
        except (ValueError, RecursionError) as error:
            yield TableRow(number, {}, f"this is no JSON ({error})", line)
            continue
        yield _record(number, found, "a line is an object of fields", line)


def _record(number: int, found: Any, expected: str, raw: str = "") -> TableRow:
    if isinstance(found, dict) and found:
        return TableRow(number, found, raw=raw)
    return TableRow(number, {}, expected, raw or json.dumps(found, ensure_ascii=False)[:1000])
