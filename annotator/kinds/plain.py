"""What no answer or configuration may contain, and the small checks that kinds share."""

import json
import math
from typing import Any

from annotator.kinds.errors import Invalid

MOST_BYTES = 1024 * 1024


def refuse_unstorable(value: Any) -> None:
    """Raise Invalid for values that cannot be stored exactly: NUL, half a character, infinite numbers, too deep or too large."""
    try:
        document = json.dumps(value, ensure_ascii=False, allow_nan=False)
        size = len(document.encode())
    except UnicodeEncodeError:
        raise Invalid("The answer holds half a character (a lone surrogate), which cannot be stored.") from None
    except ValueError:
        raise Invalid("The answer holds a number that is not finite.") from None
    except RecursionError:
        raise Invalid("The answer is nested too deeply.") from None
    if size > MOST_BYTES:
        raise Invalid(f"The answer has {size / 2**20:.1f} MB; at most {MOST_BYTES // 2**20} MB are taken.")
    if "\\u0000" in document and _holds_nul(value):
        raise Invalid("The answer holds a NUL character, which cannot be stored.")


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(_holds_nul(part) for pair in value.items() for part in pair)
    return isinstance(value, list) and any(_holds_nul(part) for part in value)


def fields(
    value: Any, needed: dict[str, type | tuple[type, ...]], what: str, optional: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return an object that has exactly these fields, each of its type. Raises Invalid naming what is wrong."""
    if not isinstance(value, dict):
        raise Invalid(f"{what} is an object with {', '.join(needed)}.")
    for name, kind in needed.items():
        if name not in value:
            if name in optional:
                continue
            raise Invalid(f"{what} lacks “{name}”.")
        if not isinstance(value[name], kind) or (isinstance(value[name], bool) and kind is not bool):
            raise Invalid(f"The “{name}” of {what[0].lower()}{what[1:]} is of the wrong type.")
    if unknown := sorted(set(value) - set(needed)):
        raise Invalid(f"{what} has no “{unknown[0][:40]}”.")
    return value


def known(given: Any, names: tuple[str, ...], what: str) -> None:
    """Raise Invalid if an object has any other field. Otherwise a misspelt setting would be ignored silently."""
    if isinstance(given, dict) and (unknown := sorted(str(name) for name in set(given) - set(names))):
        raise Invalid(f"{what} has no “{unknown[0][:40]}”. It has: {', '.join(names)}.")


def words(value: Any, what: str, longest: int) -> str:
    """Return a text of 1 to `longest` characters, without surrounding spaces. Raises Invalid."""
    if not isinstance(value, str) or not value.strip() or len(value) > longest or not value.isprintable():
        raise Invalid(f"{what} is a text of 1 to {longest} characters.")
    return value.strip()


def whole(value: Any, what: str, least: int, most: int) -> int:
    """Return a whole number within the limits. Raises Invalid."""
    if type(value) is not int or not least <= value <= most:
        raise Invalid(f"{what} is a whole number from {least} to {most}.")
    return value


def number(value: Any, what: str) -> float:
    """Return a finite number of at most 1e9 in absolute value. Raises Invalid."""
    if type(value) not in (int, float) or not math.isfinite(value) or abs(value) > 1e9:
        raise Invalid(f"{what} is a number.")
    return value
