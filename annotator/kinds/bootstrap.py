"""What the page's scripts are told of a question and an item, wherever one is shown to be answered."""

import functools
from typing import Any

from django.templatetags.static import static
from django.urls import reverse

from annotator import kinds
from annotator.models import Item, Question, User
from annotator.signals import pay_asked


def question_data(question: Question, user: User) -> dict[str, Any]:
    """Return what a widget starts from."""
    return {
        "person": user.pk,
        "question": question.pk,
        "kind": question.kind,
        "config": question.config,
        "revision": question.revision,
        "widgets": widgets(),
    }


def booked(question: Question, user: User) -> dict[str, Any] | None:
    """Return what a person was paid for a question (see `Earnings`), or None where nobody keeps books."""
    replies: list[tuple[Any, Any]] = pay_asked.send(Question, question_id=question.pk, worker_id=user.pk)
    return next((earnings.told() for _, earnings in replies), None)


@functools.cache
def widgets() -> dict[str, str]:
    """Return the address of each kind's widget."""
    return {name: static(kinds.get(name).widget) for name, _ in kinds.names()}


def content_address(project_id: int, sha256: str) -> str:
    """Return where the content of an item is read."""
    return reverse("api:content", args=[project_id, sha256])


def item_data(item: Item, task: int | str = 0) -> dict[str, Any]:
    """Return what is needed to show an item. Nothing in it tells why the item is asked: the item's own id is left out."""
    return {
        "task": task,
        "modality": item.modality,
        "content": content_address(item.project_id, item.sha256),
        "width": item.width,
        "height": item.height,
        "length": item.length,
        "sha256": item.sha256,
    }
