"""The rows of a table that comes in as a file."""

import json
from typing import Any

from annotator.intake import files
from annotator.intake.found import Rejected


def read(name: str, content: str | bytes) -> list[Any]:
    return list(files.parts(name, content if isinstance(content, bytes) else content.encode()))


def records(name: str, content: str | bytes) -> list[Any]:
    """Return each row as its fields, or the reason why it was rejected."""
    return [
        one.reason
        if isinstance(one, Rejected)
        else json.loads(one.content)
        if one.modality == "row"
        else one.content.decode()
        for one in read(name, content)
    ]
