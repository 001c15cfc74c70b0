"""What a model says of items joins people's answers, as one worker more."""

from typing import Any

from django.db import transaction

from annotator import audit, kinds
from annotator.models import Question, Side, User
from annotator.refusal import Refused
from datasets.labels import mark_stale
from datasets.models import Opinion

MOST = 10_000  # in one request


def put(question: Question, model: str, values: dict[int, Any], by: User) -> int:
    """Take what a model says of items, in place of what was said of them before; return how many were taken.

    It is weighed by how often it is with people; predictions should be cross-validated.
    Raises Refused with the reason, and then nothing is taken: too many, an unknown or a test item, a value that is no answer.
    """
    if len(values) > MOST:
        raise Refused(f"At most {MOST:,} opinions at once.", "too_many", 400)
    items = {item.pk: item for item in question.project.items.filter(pk__in=list(values))}
    if missing := sorted(set(values) - set(items)):
        raise Refused(f"There is no item {missing[0]} in this project.", "unknown_item", 400)
    for item, value in values.items():
        if items[item].side == Side.TEST:
            raise Refused(
                f"Item {item} is of the test set: it judges models, so no model may label it.", "test_item", 400
            )
        try:
            kinds.check(question.kind, question.config, value, kinds.about(items[item]))
        except kinds.Invalid as problem:
            raise Refused(f"Item {item}: {problem}", "invalid_opinion", 400) from None
    with transaction.atomic():
        Opinion.objects.bulk_create(
            [Opinion(question=question, item=items[item], value=value, model=model) for item, value in values.items()],
            update_conflicts=True,
            unique_fields=["question", "item"],
            update_fields=["value", "model", "created_at"],
        )
        mark_stale(question)
        audit.record(
            by, question.project, "took a model's opinions", question=question.pk, model=model, count=len(values)
        )
    return len(values)
