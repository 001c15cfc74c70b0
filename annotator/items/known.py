"""Which contents and external ids a project has already.

OFFSET 0 makes the database look items up one by one. It would rather read the whole project, which it believes to be small while
it is filled.
"""

from collections.abc import Iterable
from typing import NamedTuple

from annotator.models import Project
from annotator.server import sql

_ITEMS = """
SELECT {} FROM unnest(%(hashes)s::text[]) AS wanted(sha256) CROSS JOIN LATERAL (
    SELECT id, sha256, split, erased_at FROM annotator_item
    WHERE project_id = %(project)s::bigint AND sha256 = wanted.sha256 OFFSET 0) i
"""
_KNOWN = _ITEMS.format("i.sha256, i.split, i.erased_at IS NOT NULL")
_IDS = _ITEMS.format("i.sha256, i.id")
_TAKEN = """
SELECT i.external_id FROM unnest(%(ids)s::text[]) AS wanted(id) CROSS JOIN LATERAL (
    SELECT external_id FROM annotator_item
    WHERE project_id = %(project)s::bigint AND external_id = wanted.id COLLATE "C"
      AND withdrawn_at IS NULL AND external_id <> '' OFFSET 0) i
"""


class Known(NamedTuple):
    """What is known of an item by its content: its split, and whether it was erased."""

    split: str
    erased: bool


def items_with(project: Project, hashes: Iterable[str]) -> dict[str, Known]:
    """Return what is known of the items that have these contents, by the SHA-256 of the content."""
    found = sql.rows(_KNOWN, project=project.pk, hashes=list(hashes))
    return {sha256: Known(split, erased) for sha256, split, erased in found}


def ids_of(project: Project, hashes: Iterable[str]) -> dict[str, int]:
    """Return the ids of items by the SHA-256 of their content. What is no item is left out."""
    return dict(sql.rows(_IDS, project=project.pk, hashes=list(hashes)))


def taken_ids(project: Project, ids: Iterable[str]) -> set[str]:
    """Return those of some external ids that items have which are not withdrawn."""
    return {external_id for (external_id,) in sql.rows(_TAKEN, project=project.pk, ids=list(ids))}
