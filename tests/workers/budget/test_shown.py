"""The sums on one page add up to the cent."""

import re
import uuid
from decimal import Decimal

import pytest

from annotator import queue
from annotator.models import Role
from annotator.money import coin
from annotator.queue import batches
from tests import make
from workers.budget.shown import in_coins

pytestmark = pytest.mark.django_db


def cents(page: str) -> list[int]:
    return [round(float(text.replace(",", "")) * 100) for text in re.findall(r"\$([0-9,]+\.[0-9]+)", page)]


@pytest.mark.parametrize("price", ["0.033", "0.0055", "0.017", "0.0077"])
def test_what_the_budget_says_adds_up(manager, client, price):
    project = make.project(manager, money=1)
    people = [manager, *(make.user() for _ in range(2))]
    for person in people[1:]:
        make.member(project, person, Role.ANNOTATOR)
    question = make.question(project, price=Decimal(price), overlap=3, test_overlap=3, plan="batches")
    make.items(project, 3)
    batches.change(batches.plan(question, manager, ""), "open", manager)
    client.force_login(manager)
    base = f"/projects/{project.pk}/budget/"
    for person in people:
        for task in queue.next_tasks(question, person, 3)[:2]:
            queue.submit(project, task.task_id, person, uuid.uuid4(), "yes")
        figures = client.get(base).content.decode().split('<div class="four">')[1].split("</section>")[0]
        spent, held, free, _ = cents(figures)
        assert spent + held + free == 100, (spent, held, free)
        statement = client.get(f"{base}statement/?by=worker").content.decode()
        total, *lines = cents(statement)
        assert total == spent == sum(lines), statement


def test_what_is_owed_is_part_of_what_was_spent():
    totals = {
        "funded": "1",
        "overdraft": "0.3333",
        "spent": "1.2222",
        "reserved": "0.1111",
        "available": "0",
        "answers": "1.2222",
    }
    shown = in_coins(totals, "USD")
    assert shown["reserved"] == Decimal("0.11") and shown["available"] == 0 and shown["answers"] == Decimal("1.22")
    assert all(abs(amount - Decimal(totals[name])) < coin("USD") for name, amount in shown.items())
