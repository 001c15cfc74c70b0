"""A person at the queue: the first task they are given, an answer to it, and why one is refused."""

import uuid
from typing import Any

import pytest

from annotator import queue
from annotator.models import Question, User


def first(question: Question, person: User) -> Any:
    return queue.next_tasks(question, person)[0]


def answer(question: Question, person: User, task: int, value: Any = "yes", answer_id: uuid.UUID | None = None) -> Any:
    return queue.submit(question.project, task, person, answer_id or uuid.uuid4(), value)


def refusal(*arguments: Any, **named: Any) -> str:
    with pytest.raises(queue.Refused) as caught:
        answer(*arguments, **named)
    return caught.value.code
