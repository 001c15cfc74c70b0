"""Times as files write them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.intake import times

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MEANT = datetime(2024, 5, 1, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "said",
    [
        "2024-05-01T12:30:00Z",
        "2024-05-01T14:30:00+02:00",
        "2024-05-01 12:30",
        "2024-05-01T12:30:00.000000Z",
        " 2024-05-01 12:30 UTC",
        "01.05.2024 12:30",
        "1.5.2024 12:30:00",
        1714566600,
        1714566600.0,
        "1714566600",
        1714566600000,
        "1714566600000000",
    ],
)
def test_a_time_is_read(said):
    assert times.parse(said, NOW) == MEANT


def test_no_time_is_none():
    assert times.parse(None, NOW) is None and times.parse("  ", NOW) is None


@pytest.mark.parametrize(
    "said", ["soon", "05/01/2024", "2024-13-01", True, -1, float("nan"), float("inf"), 10**30, "9" * 400, [], {}]
)
def test_what_is_no_time_is_refused(said):
    with pytest.raises(times.BadTime):
        times.parse(said, NOW)


def test_the_future_is_refused_but_clocks_may_differ():
    with pytest.raises(times.BadTime, match="future"):
        times.parse("2026-03-01 13:00", NOW)
    assert times.parse((NOW + timedelta(minutes=2)).isoformat(), NOW) == NOW


@given(st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.datetimes().map(str)))
def test_anything_is_read_or_refused(said):
    try:
        found = times.parse(said, NOW)
    except times.BadTime as problem:
        assert str(problem)
    else:
        assert found is None or times._FIRST <= found <= NOW
