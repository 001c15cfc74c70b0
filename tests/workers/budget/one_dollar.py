"""A project with one dollar: its question, its money, and answers to it."""

import uuid
from decimal import Decimal

from annotator import queue
from annotator.models import Question, User
from tests import make
from workers.budget import ledger


def begin(manager: User) -> Question:
    """Return the question of a project with one dollar, at ten cents an answer, two answers an item."""
    project = make.project(manager, money=1)
    return make.question(project, price=Decimal("0.10"), overlap=2, test_overlap=2, plan="batches")


def money(question: Question) -> dict[str, Decimal]:
    found = ledger.totals(question.project)
    return {name: found[name] for name in ("available", "reserved", "spent")}


def answer(question: Question, person: User, value: str = "yes") -> int:
    task = queue.next_tasks(question, person)[0].task_id
    queue.submit(question.project, task, person, uuid.uuid4(), value)
    return task
