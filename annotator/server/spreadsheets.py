"""Cells of CSV files that people open in a spreadsheet: text must not run as a formula."""

import re
from typing import Any

# A spreadsheet recognises a formula by the cell's first character. These are all such characters, including the full-width
# forms.
STARTS = "=+-@\t\r\n＝＋－＠"
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?\Z", re.ASCII)
# The same rule in SQL, for a column named {0}.
SQL = (
    "CASE WHEN {0} ~ '^[=+@\\t\\r\\n＝＋－＠-]' AND {0} !~ '^[+-]?[0-9]+([.,][0-9]+)?([eE][+-]?[0-9]+)?$' "
    "THEN '''' || {0} ELSE {0} END"
)


def cell(value: Any) -> Any:
    """Return a value as it is written into a cell: a text that would run as a formula gets a ' in front.

    Plain numbers stay as they are, so that "-1" is read back as "-1".
    """
    if isinstance(value, str) and value.startswith(tuple(STARTS)) and not _NUMBER.match(value):
        return "'" + value
    return value
