"""The rows of a table that comes in as a file."""

import json
from typing import Any

from annotator.intake import files
from annotator.intake.found import Found, Rejected


def read(name: str, content: str | bytes) -> list[Any]:
    return list(files.parts(name, content if isinstance(content, bytes) else content.encode()))


def _record(one: Found) -> Any:
    if isinstance(one, Rejected):
        return one.reason
    if one.modality != "row":
        return one.content.decode()
    return ({"id": one.external_id} if one.external_id else {}) | one.fields | json.loads(one.content)


def records(name: str, content: str | bytes) -> list[Any]:
    """Return each row as its fields and its id, or the reason why it was rejected; of a text, only the text."""
    return [_record(one) for one in read(name, content)]
