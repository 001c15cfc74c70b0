"""JSON of requests: values that cannot be stored are refused here, for every view."""

import json
from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

MOST_NESTED = 100


class UnreadableBody(ValueError):
    """Not JSON, or JSON that nothing here can store; the message says why."""


def parse(content: bytes) -> Any:
    """Return the content of a JSON document. Raises UnreadableBody.

    Refused: anything that is not JSON in UTF-8, NaN and Infinity, numbers of thousands of digits, more than 100 levels of
    nesting, and text with half a surrogate pair, which UTF-8 cannot encode.
    """
    try:
        found = json.loads(content, parse_constant=_no_constant)
    except RecursionError:
        raise UnreadableBody(f"The JSON is nested more than {MOST_NESTED} levels deep.") from None
    except ValueError as problem:
        raise UnreadableBody(f"This is not JSON: {problem}") from None
    _check(found)
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _check(found: Any) -> None:
    level = [found]
    for _ in range(MOST_NESTED):
        if not level:
            return
        deeper: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                deeper += one.keys()
                deeper += one.values()
            elif isinstance(one, list):
                deeper += one
            elif isinstance(one, str) and not one.isascii():
                try:
                    one.encode()
                except UnicodeEncodeError:
                    raise UnreadableBody("A text has half a surrogate pair, which is no character.") from None
        level = deeper
    if level:
        raise UnreadableBody(f"The JSON is nested more than {MOST_NESTED} levels deep.")


class JSONParser(BaseParser):
    """DRF's JSON parser, with the limits of `parse`."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return what the body says. Raises ParseError."""
        try:
            found = parse(stream.read())
        except UnreadableBody as problem:
            raise ParseError(str(problem)) from None
        if not isinstance(found, dict):
            raise ParseError("The body must be an object.")
        return found
