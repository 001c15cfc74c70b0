"""A model's predictions of items join people's answers, as one more worker."""

from typing import Any

from django.db import transaction

from annotator import audit
from annotator.models import Question, User
from annotator.questions.predictions import checked
from annotator.refusal import Refused
from datasets.labels.computation import mark_stale
from datasets.models import ModelVote

MOST = 10_000  # in one request


def store_votes(question: Question, model: str, values: dict[int, Any], by: User) -> int:
    """Store a model's predictions of items, replacing earlier ones; return how many were stored.

    They are weighted by how often they agree with people; predictions should be cross-validated. Raises Refused with the
    reason, and then nothing is stored: too many, an unknown or a test item, a value that is not an answer.
    """
    if len(values) > MOST:
        raise Refused(f"At most {MOST:,} votes at once.", "too_many", 400)
    said = checked(question, values.items(), "vote", "label it")
    with transaction.atomic():
        ModelVote.objects.bulk_create(
            [ModelVote(question=question, item=item, value=value, model=model) for item, value in said],
            update_conflicts=True,
            unique_fields=["question", "item"],
            update_fields=["value", "model", "created_at"],
        )
        mark_stale(question)
        audit.record(
            by, question.project, "added the votes of a model", question=question.pk, model=model, count=len(values)
        )
    return len(values)
