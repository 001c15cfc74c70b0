"""Cells of CSV files never run as formulas in a spreadsheet, and numbers stay numbers."""

import pytest
from django.db import connection

from annotator.server import spreadsheets

FORMULAS = [
    "=1+1",
    "+cmd|x",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "＋1a",
    "－x",
    "＠x",
    "=HYPERLINK(1)",
]
PLAIN = ["", "cat", "-1", "+1.5", "-1e5", "1-2", "a=b", "O'Neill", "−3"]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_would_run_gets_a_mark(text):
    assert spreadsheets.cell(text) == "'" + text


@pytest.mark.parametrize("value", [*PLAIN, -1, 2.5, None, True])
def test_everything_else_stays_as_it_is(value):
    assert spreadsheets.cell(value) == value


@pytest.mark.django_db
def test_the_database_follows_the_same_rule():
    with connection.cursor() as cursor:
        for text in FORMULAS + PLAIN:
            cursor.execute("SELECT " + spreadsheets.SQL.format("t") + " FROM (SELECT %s::text AS t) one", [text])
            assert cursor.fetchone()[0] == spreadsheets.cell(text), text
