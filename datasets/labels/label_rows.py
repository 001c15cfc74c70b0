"""The rows of labels: written with what they rest on."""

from collections import Counter
from typing import Any

from annotator.models import Answer, Question
from datasets.labels.aggregate import AnswerRow, Labelled
from datasets.models import Label


def _imported_decisions(question: Question, items: list[int]) -> Counter[int]:
    """Return how many decisions about each item were imported with it, as finished labels."""
    found = Answer.objects.filter(task__question=question, task__item__in=items, decision=True, imported=True)
    return Counter(found.values_list("task__item_id", flat=True))


def write_labels(question: Question, rows: list[AnswerRow], believed: list[Labelled], decided: dict[int, Any]) -> None:
    """Store the labels of items, over those that are there. A decision settles the label, whatever the answers weigh."""
    given = Counter(row.item for row in rows)
    simulated = Counter(row.item for row in rows if row.simulated)
    imported = Counter(row.item for row in rows if row.imported) + _imported_decisions(question, list(decided))
    settled = [Labelled(item, value, 1.0, 0.0, ((value, 1.0),)) for item, value in decided.items()]
    labels = [
        Label(
            question=question,
            item_id=one.item,
            value=one.value,
            probability=one.probability,
            gain=one.gain,
            crowd=one.crowd,
            decided=one.item in decided,
            answers=given[one.item],
            simulated=simulated[one.item],
            imported=imported[one.item],
        )
        for one in [one for one in believed if one.item not in decided] + settled
    ]
    Label.objects.bulk_create(
        labels,
        batch_size=5000,
        update_conflicts=True,
        unique_fields=["question", "item"],
        update_fields=[
            "value",
            "probability",
            "crowd",
            "gain",
            "decided",
            "answers",
            "simulated",
            "imported",
            "updated_at",
        ],
    )
