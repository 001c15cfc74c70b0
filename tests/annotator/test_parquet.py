"""Parquet: digits, lists, time zones and missing values are kept, and what is too large is refused."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow
import pyarrow.parquet
import pytest

from annotator.intake.found import BadContent
from annotator.intake.tables import parquet
from tests.annotator.table_files import read, records


def parquet_of(**columns) -> bytes:
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), buffer)
    return buffer.getvalue()


def test_parquet_keeps_digits_lists_zones_and_what_is_missing():
    content = parquet_of(
        id=[2**53 + 1, None],
        words=[["x", "y"], []],
        at=[datetime(2026, 3, 1, tzinfo=UTC), None],
        day=[date(2026, 3, 1), None],
        price=[Decimal("0.10"), None],
        share=[float("nan"), 0.5],
    )
    first, second = records("a.parquet", content)
    assert first["id"] == "9007199254740993" and first["words"] == ["x", "y"] and first["price"] == "0.10"
    assert first["at"] == "2026-03-01T00:00:00+00:00" and first["day"] == "2026-03-01" and first["share"] is None
    assert second.get("id") is None and second["words"] == [] and second["share"] == 0.5


def test_parquet_with_giant_row_groups_or_too_many_columns_is_refused(monkeypatch):
    with pytest.raises(BadContent, match="at most 200"):
        read("a.parquet", parquet_of(**{f"c{n}": [1] for n in range(201)}))
    monkeypatch.setattr(parquet, "MOST_GROUP", 100)
    with pytest.raises(BadContent, match="smaller row groups"):
        read("a.parquet", parquet_of(words=["x" * 1000]))
    with pytest.raises(BadContent, match="no Parquet"):
        read("a.parquet", b"PAR1 nothing PAR1")


def test_bytes_in_a_field_are_reported():
    assert "holds bytes" in records("a.parquet", parquet_of(blob=[b"\x00\x01"]))[0]
