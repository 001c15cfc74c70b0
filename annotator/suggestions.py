"""Suggestions: what a model predicts, shown to be accepted or mended."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from annotator import audit, kinds
from annotator.models import Question, Side, Suggestion, User
from annotator.refusal import Refused

MOST = 1000


def put(question: Question, by: User, model: str, entries: Iterable[dict[str, Any]]) -> int:
    """Store predictions, each `{"item", "value", "confidence"}`, all or none; return how many. The latest of an item is shown.

    Raises Refused, naming the first entry that is wrong: an item unknown here or of the test set, or a value that is no answer
    to the question, such as a class it does not have.
    """
    given = list(entries)
    if not 1 <= len(given) <= MOST:
        raise Refused(f"Send 1 to {MOST:,} suggestions at a time.", "bad_count", 400)
    items = {item.pk: item for item in question.project.items.filter(pk__in=[entry["item"] for entry in given])}
    made = {}
    for entry in given:
        item = items.get(entry["item"])
        if item is None:
            raise Refused(f"There is no item {entry['item']} in this project.", "unknown_item", 400)
        if item.side == Side.TEST:
            raise Refused(
                f"Item {item.pk} is of the test set: it measures models, so no model may suggest its answer.",
                "test_item",
                400,
            )
        try:
            value = kinds.check(question.kind, question.config, entry["value"], kinds.about(item))
        except kinds.Invalid as problem:
            raise Refused(
                f"The suggestion for item {item.pk} is no answer: {problem}", "invalid_suggestion", 400
            ) from None
        made[item.pk] = Suggestion(
            question=question, item=item, value=value, model=model, confidence=entry.get("confidence"), created_by=by
        )
    with transaction.atomic():
        Question.objects.select_for_update(of=("self",), no_key=True).get(pk=question.pk)  # one model after the other
        Suggestion.objects.filter(question=question, item__in=list(made), current=True).update(current=False)
        Suggestion.objects.bulk_create(made.values())
        audit.record(by, question.project, "sent suggestions", question=question.pk, model=model, count=len(made))
    return len(made)
