"""Words of a text that end wherever a mark ends: so no mark is lost because it begins inside a word."""

import re
from collections.abc import Iterable
from typing import Any

_WORD = re.compile(r"\w+|[^\w\s]")
OVERLAP = (
    "It overlaps another mark. The one that begins first is written, and of two that begin together the longer one."
)
RELATIONS = "Relations cannot be expressed in this format."
NO_WORD = "It marks no word."
ENDS = "It begins or ends in a space, which is not part of a word. It is written without it."


def tokens(text: str, spans: Iterable[dict[str, Any]]) -> list[tuple[int, int]]:
    """Return the start and end of each word and sign, split at the edges of spans too. Offsets count code points."""
    edges = sorted({side for span in spans for side in (span["start"], span["end"])})
    found: list[tuple[int, int]] = []
    place = 0
    for match in _WORD.finditer(text):
        start, end = match.span()
        while place < len(edges) and edges[place] <= start:
            place += 1
        at = place
        while at < len(edges) and edges[at] < end:
            found.append((start, edges[at]))
            start = edges[at]
            at += 1
        found.append((start, end))
    return found


def without_overlaps(spans: Iterable[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the spans that stay if none may overlap, in their order, and those that do not."""
    kept: list[dict[str, Any]] = []
    left: list[dict[str, Any]] = []
    for span in sorted(spans, key=lambda one: (one["start"], -one["end"], one["label"])):
        (left if kept and span["start"] < kept[-1]["end"] else kept).append(span)
    return kept, left
