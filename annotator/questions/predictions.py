"""Checking what models predict for items: suggestions to people, and votes among their answers."""

from collections.abc import Iterable
from typing import Any

from annotator import kinds
from annotator.models import Item, Question, Split
from annotator.refusal import Refused


def checked(
    question: Question, entries: Iterable[tuple[int, Any]], called: str, may_not: str = ""
) -> list[tuple[Item, Any]]:
    """Return each item with its predicted value, in its stored form.

    `called` is what an entry is called (“suggestion”). `may_not` is what a model may not do with the test set, if anything.
    Raises Refused, naming the first wrong entry: an unknown item, an item of the test set, or a value that is not a valid
    answer to the question, such as a class it does not have.
    """
    given = list(entries)
    items = {item.pk: item for item in question.project.items.filter(pk__in=[item for item, _ in given])}
    found = []
    for pk, value in given:
        item = items.get(pk)
        if item is None:
            raise Refused(f"There is no item {pk} in this project.", "unknown_item", 400)
        if may_not and item.split == Split.TEST:
            raise Refused(
                f"Item {pk} is of the test set: it measures models, so no model may {may_not}.", "test_item", 400
            )
        try:
            found.append((item, kinds.check_value(question.kind, question.config, value, kinds.about(item))))
        except kinds.Invalid as problem:
            raise Refused(f"The {called} for item {pk} is no answer: {problem}", f"invalid_{called}", 400) from None
    return found
