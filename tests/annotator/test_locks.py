"""Locks on rows leave their key alone, wherever they are taken."""

import re

import pytest

from tests.stand import ROOT

SOURCES = [
    path
    for app in ("annotator", "datasets", "workers")
    for path in sorted((ROOT / app).rglob("*.py"))
    if "migrations" not in path.parts
]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_lock_holds_up_who_only_refers_to_its_row(path):
    """FOR UPDATE makes every insert wait that refers to the row, in an order nobody planned: that is how deadlocks begin."""
    source = path.read_text()
    assert "FOR UPDATE" not in source
    for call in re.findall(r"select_for_update\(((?:[^()]|\([^()]*\))*)\)", source):
        assert "no_key=True" in call
