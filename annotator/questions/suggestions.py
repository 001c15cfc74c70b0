"""Suggestions: a model's predictions, which people see and can accept or correct."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from annotator import audit
from annotator.models import Purpose, Question, Suggestion, User
from annotator.questions.predictions import checked
from annotator.refusal import Refused

MOST = 1000


def store_suggestions(question: Question, by: User, model: str, entries: Iterable[dict[str, Any]]) -> int:
    """Store predictions, each `{"item", "value", "confidence"}`, all or none; return how many.

    The latest one of an item is shown. Send them for every item, including the test set and gold items: half of all
    assignments show one, so nobody can tell from it why an item is asked. A test label is computed from the answers given
    without a suggestion.

    Raises Refused when there are none or more than 1,000, or naming the first wrong entry: an unknown item, or a value that
    is not a valid answer to the question, such as a class it does not have.
    """
    given = list(entries)
    if not 1 <= len(given) <= MOST:
        raise Refused(f"Send 1 to {MOST:,} suggestions at a time.", "bad_count", 400)
    said = checked(question, ((entry["item"], entry["value"]) for entry in given), "suggestion")
    made = {
        item.pk: Suggestion(
            question=question, item=item, value=value, model=model, confidence=entry.get("confidence"), created_by=by
        )
        for (item, value), entry in zip(said, given, strict=True)
    }
    with transaction.atomic():
        Question.objects.select_for_update(of=("self",), no_key=True).get(pk=question.pk)  # one model at a time
        Suggestion.objects.filter(question=question, item__in=list(made), current=True).update(current=False)
        Suggestion.objects.bulk_create(made.values())
        show_where_gold_has_them(question)
        audit.record(by, question.project, "sent suggestions", question=question.pk, model=model, count=len(made))
    return len(made)


def show_where_gold_has_them(question: Question) -> None:
    """Store whether suggestions may be shown: only while every gold item has one, too."""
    current = Suggestion.objects.filter(question=question, item=OuterRef("item"), current=True)
    without = question.tasks.filter(~Exists(current), purpose=Purpose.GOLD)
    Question.objects.filter(pk=question.pk).update(suggestions_shown=not without.exists())
