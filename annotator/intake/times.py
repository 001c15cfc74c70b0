"""When something was answered, as files say it."""

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

SKEW = timedelta(minutes=5)  # by which clocks of two systems may differ
LONGEST = 40
_NUMBER = re.compile(r"\d{9,19}(\.\d{1,9})?\Z", re.ASCII)
_POINTS = ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y")
_FIRST = datetime(1980, 1, 1, tzinfo=UTC)


class BadTime(ValueError):
    """This is no time, or one that cannot be. The message says why."""


def parse(given: Any, now: datetime) -> datetime | None:
    """Return a moment, or None if nothing is given. Without a time zone, it is UTC.

    Taken are ISO 8601 (`2024-05-01T12:30:00Z`, `2024-05-01 12:30`, `2024-05-01`), `01.05.2024 12:30`, and seconds,
    milliseconds or microseconds since 1970. Raises BadTime for anything else, for times before 1980 and for the future.
    """
    if given is None or (isinstance(given, str) and not given.strip()):
        return None
    found = _moment(given)
    if found is None:
        raise BadTime(f"“{str(given)[:LONGEST]}” is not a time such as 2024-05-01 12:30.")
    if found > now + SKEW:
        raise BadTime(f"The time {found:%Y-%m-%d %H:%M} lies in the future.")
    if found < _FIRST:
        raise BadTime(f"The time {found:%Y-%m-%d} is too long ago.")
    return min(found, now)


def _moment(given: Any) -> datetime | None:
    try:
        if isinstance(given, datetime):
            return _in_utc(given)
        if isinstance(given, bool):
            return None
        if isinstance(given, (int, float)):
            return _since_1970(float(given))
        if not isinstance(given, str) or len(given) > LONGEST:
            return None
        text = given.strip()
        if _NUMBER.match(text):
            return _since_1970(float(text))
        for form in _POINTS:
            try:
                return datetime.strptime(text, form).replace(tzinfo=UTC)
            except ValueError:
                continue
        return _in_utc(datetime.fromisoformat(text.removesuffix(" UTC")))
    except (ValueError, OverflowError, OSError):
        return None


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _since_1970(number: float) -> datetime | None:
    if not math.isfinite(number) or number < 0:
        return None
    for most in (1e11, 1e14, 1e17):  # seconds, milliseconds, microseconds
        if number < most:
            return datetime.fromtimestamp(number / (most / 1e11), UTC)
    return None
