"""Held money: what is out is covered, what is not covered is not handed out, and what is over is free again."""

import threading
import uuid
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from annotator import queue
from annotator.models import Assignment, Question, Role, Task
from annotator.questions import drafts
from annotator.queue import batches
from annotator.refusal import Refused
from tests import make
from tests.workers.budget import one_dollar
from tests.workers.budget.judging import judge
from tests.workers.budget.one_dollar import answer, money
from workers.budget import funding, reservations
from workers.budget.models import Pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def poor(manager):
    return one_dollar.begin(manager)


def test_opening_a_batch_holds_what_it_may_cost(poor, manager):
    make.items(poor.project, 3)
    batch = batches.plan(poor, manager, "")
    assert money(poor)["reserved"] == 0
    batches.change(batch, "open", manager)
    assert money(poor) == {"available": Decimal("0.40"), "reserved": Decimal("0.60"), "spent": 0}
    answer(poor, manager)
    assert money(poor) == {"available": Decimal("0.40"), "reserved": Decimal("0.50"), "spent": Decimal("0.10")}
    judge(poor.project)


def test_more_than_there_is_cannot_be_opened_and_what_is_missing_is_named(poor, manager):
    make.items(poor.project, 6)
    batch = batches.plan(poor, manager, "")
    with pytest.raises(Refused, match=r"\$0\.20 is missing") as refused:
        batches.change(batch, "open", manager)
    assert refused.value.code == "budget_missing"
    batch.refresh_from_db()
    assert batch.state == "planned" and money(poor)["reserved"] == 0
    funding.fund(poor.project, Decimal("0.20"), manager, "more")
    batches.change(batch, "open", manager)
    assert money(poor) == {"available": 0, "reserved": Decimal("1.20"), "spent": 0}


def test_closing_sets_free_all_but_what_people_hold(poor, manager):
    make.items(poor.project, 3)
    batch = batches.change(batches.plan(poor, manager, ""), "open", manager)
    held = queue.next_tasks(poor, manager, 2)
    batches.change(batch, "paused", manager)
    assert money(poor)["reserved"] == Decimal("0.60")
    batches.change(batch, "closed", manager)
    assert money(poor)["reserved"] == Decimal("0.20")
    queue.submit(poor.project, held[0].task_id, manager, uuid.uuid4(), "yes")
    Assignment.objects.filter(state="held").update(expires_at=timezone.now())
    queue.free_expired()
    reservations.sweep()
    assert money(poor) == {"available": Decimal("0.90"), "reserved": 0, "spent": Decimal("0.10")}
    judge(poor.project)


@pytest.mark.parametrize(("mode", "paid"), [("hour", Decimal("0.01")), ("free", Decimal(0))])
def test_what_covered_more_than_an_answer_cost_is_free_again_while_the_batch_is_open(poor, manager, mode, paid):
    Pay.objects.create(project=poor.project, worker=manager, mode=mode, hourly=Decimal(36))
    make.items(poor.project, 3)
    Question.objects.filter(pk=poor.pk).update(price=Decimal("0.15"))
    poor.refresh_from_db()
    batch = batches.change(batches.plan(poor, manager, ""), "open", manager)
    price = reservations.slot_price(poor)
    task = queue.next_tasks(poor, manager)[0].task_id
    queue.submit(poor.project, task, manager, uuid.uuid4(), "yes", active_ms=1000)
    assert reservations.sweep() <= 1
    left = batches.left(poor)[batch.pk].answers
    found = money(poor)
    assert left == 5 and found["reserved"] == 5 * price, found
    assert found["spent"] <= paid and found["available"] == 1 - found["reserved"] - found["spent"]
    assert reservations.sweep() == 0, "once is enough"
    judge(poor.project)


def test_items_that_come_in_wait_for_money_and_get_it(manager):
    project = make.project(manager, money=1)
    asked = make.question(project, price=Decimal("0.10"), overlap=2, test_overlap=2)
    make.items(project, 8)
    waiting = sum(Task.objects.values_list("unfunded", flat=True))
    assert waiting == 6 and money(asked)["available"] == 0
    people = [make.user() for _ in range(2)]
    for person in people:
        make.member(project, person, Role.ANNOTATOR)
    given = 0
    for person in people:
        while tasks := queue.next_tasks(asked, person, 3):
            for task in tasks:
                queue.submit(project, task.task_id, person, uuid.uuid4(), "yes")
                given += 1
    assert given == 10 and money(asked) == {"available": 0, "reserved": 0, "spent": 1}
    batch = asked.batches.get()
    assert batches.note_finished() == 0, "a batch that waits for money is not finished"
    assert batches.left(asked)[batch.pk].unfunded == 6
    funding.fund(project, Decimal("0.55"), manager, "more")
    assert sum(Task.objects.values_list("unfunded", flat=True)) == 1
    assert queue.next_tasks(asked, people[0]) or queue.next_tasks(asked, people[1])
    judge(project)


def test_a_question_that_asks_more_than_there_is_is_not_put_to_people(manager):
    project = make.project(manager, money=1)
    make.items(project, 8)
    with pytest.raises(Refused, match=r"\$0\.60 is missing"):
        make.question(project, price=Decimal("0.10"), overlap=2, test_overlap=2)
    assert not Question.objects.exists()
    draft = drafts.add(
        project, manager, draft=True, text="?", kind="choice", config={"choices": ["a", "b"]}, price=Decimal("0.10")
    )
    with pytest.raises(Refused, match="missing"):
        drafts.publish(draft, manager)
    draft.refresh_from_db()
    assert draft.draft


def test_what_costs_nothing_needs_no_money(manager):
    project = make.project(manager, money=0)
    asked = make.question(project, price=Decimal(0))
    make.items(project, 3)
    answer(asked, manager)
    assert money(asked) == {"available": 0, "reserved": 0, "spent": 0}


def test_a_late_answer_is_taken_only_where_its_money_still_is(poor, manager):
    make.items(poor.project, 1)
    batch = batches.change(batches.plan(poor, manager, ""), "open", manager)
    task = queue.next_tasks(poor, manager)[0].task_id
    Assignment.objects.update(expires_at=timezone.now())
    queue.free_expired()
    batches.change(batch, "closed", manager)
    funding.cut(poor.project, Decimal(1), manager, "cut")
    with pytest.raises(Refused) as refused:
        queue.submit(poor.project, task, manager, uuid.uuid4(), "yes")
    assert refused.value.code == "budget_used_up"
    funding.fund(poor.project, Decimal(1), manager, "again")
    queue.submit(poor.project, task, manager, uuid.uuid4(), "yes")
    judge(poor.project)


def test_time_by_the_hour_is_paid_as_it_was_worked(poor, manager):
    Pay.objects.create(project=poor.project, worker=manager, mode="hour", hourly=36)  # a cent a second
    make.items(poor.project, 1)
    batches.change(batches.plan(poor, manager, ""), "open", manager)
    task = queue.next_tasks(poor, manager)[0].task_id
    Assignment.objects.update(leased_at=make.before(30))
    queue.submit(poor.project, task, manager, uuid.uuid4(), "yes", 5000)
    assert money(poor)["spent"] == Decimal("0.05")
    judge(poor.project)


def test_time_is_not_paid_for_longer_than_the_task_was_held(poor, manager):
    Pay.objects.create(project=poor.project, worker=manager, mode="hour", hourly=36)
    make.items(poor.project, 1)
    batches.change(batches.plan(poor, manager, ""), "open", manager)
    task = queue.next_tasks(poor, manager)[0].task_id
    queue.submit(poor.project, task, manager, uuid.uuid4(), "yes", 3_000_000)
    assert money(poor)["spent"] < Decimal("0.05")


def test_who_is_not_paid_from_this_budget_costs_nothing(poor, manager):
    Pay.objects.create(project=poor.project, worker=manager, mode="free")
    make.items(poor.project, 1)
    batches.change(batches.plan(poor, manager, ""), "open", manager)
    answer(poor, manager)
    assert money(poor)["spent"] == 0


def test_pages_say_what_is_missing_and_keep_what_was_typed(manager, client):
    project = make.project(manager, money=1)
    make.items(project, 8)
    client.force_login(manager)
    form = {
        "kind": "choice", "text": "Is it a cat?", "price": "0.10", "overlap": "2", "test_overlap": "2", "plan": "everything",
        "choices": "yes\nno", "examples": "[]", "instructions": "",
    }  # fmt: skip
    page = client.post(f"/projects/{project.pk}/questions/new/", form)
    assert page.status_code == 400 and b"$0.60 is missing" in page.content and b"Is it a cat?" in page.content
    assert not Question.objects.exists()
    kept = client.post(f"/projects/{project.pk}/questions/new/", form | {"draft": "1"})
    assert kept.status_code == 302
    refused = client.post(kept.url, form)
    assert refused.status_code == 400 and b"is missing" in refused.content and Question.objects.get().draft


@pytest.mark.django_db(transaction=True)
def test_two_batches_at_once_never_hold_more_than_there_is(poor, manager):
    make.items(poor.project, 8)
    planned = [batches.plan(poor, manager, "", count=4) for _ in range(2)]  # 0.80 each, of 1.00
    said = []

    def open_it(batch):
        try:
            batches.change(batch, "open", manager)
            said.append("open")
        except Refused as problem:
            said.append(problem.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=open_it, args=(batch,)) for batch in planned]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["budget_missing", "open"]
    assert money(poor) == {"available": Decimal("0.20"), "reserved": Decimal("0.80"), "spent": 0}
