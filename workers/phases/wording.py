"""How people read a question: their agreement after a pilot, and the items they disagree on most."""

import json
from dataclasses import dataclass
from typing import Any

from annotator.models import Item, Question
from annotator.server import sql
from datasets.models import Aggregation
from workers.phases.risks import CLEAR_ALPHA, not_understood

SHOWN = 12

# The items with the largest share of pairs of answers that differ.
_SPLIT = """
WITH votes AS (
    SELECT a.task_id, count(*) AS n FROM annotator_countedanswer a JOIN annotator_task t ON t.id = a.task_id
    WHERE t.question_id = %(question)s::bigint AND t.purpose = 'work'
    GROUP BY a.task_id, a.value
)
SELECT t.item_id, 1 - sum(n * (n - 1))::float / (sum(n) * (sum(n) - 1))::float AS apart
FROM votes JOIN annotator_task t ON t.id = votes.task_id GROUP BY t.item_id HAVING sum(n) > 1
ORDER BY apart DESC, sum(n) DESC, t.item_id LIMIT %(most)s::int
"""
_GIVEN = """
SELECT t.item_id, a.value, count(*)::int FROM annotator_countedanswer a JOIN annotator_task t ON t.id = a.task_id
WHERE t.question_id = %(question)s::bigint AND t.item_id = ANY(%(items)s::bigint[])
GROUP BY 1, 2 ORDER BY 3 DESC
"""


@dataclass(frozen=True)
class DisputedItem:
    """An item on which people disagree: the share of pairs of answers that differ, and each answer with its count."""

    item: Item
    apart: float
    given: list[tuple[Any, int]]


@dataclass(frozen=True)
class Reading:
    """How people read a question. `verdict`: `unknown`, `agreed`, `unsure` or `not understood`; alpha has a 95% interval."""

    verdict: str
    alpha: float | None
    low: float | None
    high: float | None
    split: list[DisputedItem]


def read(question: Question) -> Reading:
    """Return how people read a question."""
    aggregation = Aggregation.objects.filter(question=question).first()
    found = aggregation.agreement if aggregation else {}
    alpha = found.get("alpha")
    if alpha is None:
        verdict = "unknown"
    elif not_understood(question):
        verdict = "not understood"
    else:
        verdict = "agreed" if found.get("low", alpha) >= CLEAR_ALPHA else "unsure"
    return Reading(verdict, alpha, found.get("low"), found.get("high"), _split(question))


def _split(question: Question) -> list[DisputedItem]:
    apart = [row for row in sql.rows(_SPLIT, question=question.pk, most=SHOWN) if row[1] > 0]
    items = Item.objects.in_bulk([item for item, _ in apart])
    given: dict[int, list[tuple[Any, int]]] = {}
    for item, value, count in sql.rows(_GIVEN, question=question.pk, items=list(items)):
        given.setdefault(item, []).append((json.loads(value), count))
    return [DisputedItem(items[item], share, given.get(item, [])) for item, share in apart]
