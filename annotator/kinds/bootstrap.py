"""The data that a page's scripts get about a question and an item to be answered."""

import functools
from typing import Any

from django.templatetags.static import static
from django.urls import reverse

from annotator import kinds
from annotator.models import Item, Question, User
from annotator.signals import pay_asked


def question_data(question: Question, user: User) -> dict[str, Any]:
    """Return the data that a widget starts with."""
    return {
        "person": user.pk,
        "question": question.pk,
        "kind": question.kind,
        "config": question.config,
        "revision": question.revision,
        "widgets": widgets(),
    }


def booked(question: Question, user: User) -> dict[str, Any] | None:
    """Return a person's earnings at a question (see `Earnings`), or None if nobody keeps accounts."""
    replies: list[tuple[Any, Any]] = pay_asked.send(Question, question_id=question.pk, worker_id=user.pk)
    return next((earnings.as_dict() for _, earnings in replies), None)


@functools.cache
def widgets() -> dict[str, str]:
    """Return the address of each kind's widget."""
    return {name: static(kinds.get(name).widget) for name, _ in kinds.names()}


def content_address(project_id: int, sha256: str) -> str:
    """Return the URL path of an item's content."""
    return reverse("api:content", args=[project_id, sha256])


def item_data(item: Item, task: int | str = 0) -> dict[str, Any]:
    """Return the data needed to show an item. It leaves out the item's own id, so that nothing reveals why the item is asked."""
    return {
        "task": task,
        "modality": item.modality,
        "content": content_address(item.project_id, item.sha256),
        "width": item.width,
        "height": item.height,
        "length": item.length,
        "text": item.text or None,
        "sha256": item.sha256,
    }
