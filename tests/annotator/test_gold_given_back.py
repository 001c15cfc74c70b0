"""Gold items that were given back or ran out come again as regular items do. Nobody learns from it which they are."""

import random
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from annotator import queue
from annotator.models import Assignment, Purpose, Role, Task
from annotator.quality import gold
from annotator.queue import batches
from annotator.refusal import Refused
from tests import make
from tests.annotator.gold_items import known, work

pytestmark = pytest.mark.django_db


def is_gold(handed) -> bool:
    return Task.objects.get(pk=handed.task_id).purpose == Purpose.GOLD


def give_back(question, person, tasks) -> None:
    for one in tasks:
        queue.give_back(question.project, one.public_id, person)


def run_out(person) -> None:
    Assignment.objects.filter(worker=person, state="held").update(expires_at=timezone.now() - timedelta(seconds=1))
    queue.free_expired()


@pytest.fixture
def half(question):
    """A question with many regular items and many known ones, one in two, and two people."""
    question.gold_rate = 0.5
    question.overlap = question.test_overlap = 1
    question.save()
    make.items(question.project, 90)
    known(question, 40)
    question.other = make.user("the other")
    make.member(question.project, question.other, Role.ANNOTATOR)
    random.seed(12)
    return question


@pytest.mark.parametrize("lose", [give_back, lambda question, person, tasks: run_out(person)])
def test_what_was_given_back_or_ran_out_comes_again_whatever_it_is_for(half, annotator, lose):
    """The attack: give all back and ask again. What stays was regular, what changes was gold."""
    met: dict[bool, int] = {True: 0, False: 0}
    for _ in range(8):
        tasks = queue.next_tasks(half, annotator, 3)
        for _ in range(3):
            lose(half, annotator, tasks)
            again = queue.next_tasks(half, annotator, 3)
            assert {one.public_id for one in again} == {one.public_id for one in tasks}
        for one in tasks:
            met[is_gold(one)] += 1
            queue.submit(half.project, one.public_id, annotator, uuid.uuid4(), "yes")
    assert min(met.values()) > 4


@pytest.mark.slow
def test_given_back_one_by_one_they_come_in_one_order_in_which_gold_has_any_place(half, annotator):
    """The attack: ask for one at a time. The order is the same each time, and its first is gold as often as its last."""
    places: dict[int, list[bool]] = {0: [], 1: [], 2: []}
    for _ in range(30):
        tasks = queue.next_tasks(half, annotator, 3)
        orders = []
        for _ in range(2):
            give_back(half, annotator, tasks)
            orders.append([])
            for place in range(3):
                held = {one.public_id for one in queue.next_tasks(half, annotator, place + 1)}
                orders[-1] += [one for one in tasks if one.public_id in held and one not in orders[-1]]
        assert orders[0] == orders[1]
        for place, one in enumerate(orders[0]):
            places[place].append(is_gold(one))
            queue.submit(half.project, one.public_id, annotator, uuid.uuid4(), "yes")
    assert all(2 <= sum(found) <= 28 for found in places.values()), places


def test_of_what_is_held_gold_does_not_come_first(half, annotator):
    first = []
    for _ in range(36):  # so many that chance alone does not make all alike
        tasks = queue.next_tasks(half, annotator, 3)
        if len({is_gold(one) for one in tasks}) == 2:
            first.append(is_gold(queue.next_tasks(half, annotator)[0]))
        for one in tasks:
            queue.submit(half.project, one.public_id, annotator, uuid.uuid4(), "yes")
    assert True in first and False in first


@pytest.mark.parametrize(("asked", "heard"), [(0, True), (1, False), (9, False)])
def test_an_answer_that_comes_late_is_heard_or_not_whatever_it_is_for(half, annotator, asked, heard):
    """The attack: let leases run out while somebody else takes what is free. Gold, of which all have a place, was heard."""
    codes: dict[bool, set[str]] = {True: set(), False: set()}
    for _ in range(6):
        tasks = queue.next_tasks(half, annotator, 3)
        run_out(annotator)
        for _ in range(asked):
            for one in queue.next_tasks(half, half.other):
                queue.submit(half.project, one.public_id, half.other, uuid.uuid4(), "yes")
        for one in tasks:
            try:
                queue.submit(half.project, one.public_id, annotator, uuid.uuid4(), "yes")
                code = "heard"
            except Refused as refused:
                code = refused.code
            codes[is_gold(one)].add(code)
    assert codes[True] == codes[False] == ({"heard"} if heard else {"lease_expired"})


def test_gold_that_was_given_back_is_away_where_others_took_the_regular_ones(half, annotator):
    gone: dict[bool, set[bool]] = {True: set(), False: set()}
    for _ in range(6):
        tasks = queue.next_tasks(half, annotator, 3)
        give_back(half, annotator, tasks)
        for _ in range(9):
            for one in queue.next_tasks(half, half.other):
                queue.submit(half.project, one.public_id, half.other, uuid.uuid4(), "yes")
        again = queue.next_tasks(half, annotator, 3)
        for one in tasks:
            gone[is_gold(one)].add(one.public_id not in {new.public_id for new in again})
        for one in again:
            queue.submit(half.project, one.public_id, annotator, uuid.uuid4(), "yes")
    assert gone[True] == gone[False] == {True}


def test_gold_that_was_given_back_waits_while_the_batch_is_paused(half, annotator, manager):
    batch = half.batches.get()
    tasks = queue.next_tasks(half, annotator, 3)
    while len({is_gold(one) for one in tasks}) < 2:
        queue.submit(half.project, tasks[0].public_id, annotator, uuid.uuid4(), "yes")
        tasks = queue.next_tasks(half, annotator, 3)
    give_back(half, annotator, tasks)
    batch = batches.change(batch, "paused", manager)
    assert queue.next_tasks(half, annotator, 3) == []
    batches.change(batch, "open", manager)
    half.gold_rate = 0
    half.save()
    again = queue.next_tasks(half, annotator, 3)
    assert {one.public_id for one in again} == {one.public_id for one in tasks}, "also where no new gold is mixed in"


def test_gold_whose_companion_became_gold_itself_is_drawn_by_chance_again(half, annotator, manager):
    tasks = queue.next_tasks(half, annotator, 3)
    while not any(is_gold(one) for one in tasks):
        queue.submit(half.project, tasks[0].public_id, annotator, uuid.uuid4(), "yes")
        tasks = queue.next_tasks(half, annotator, 3)
    give_back(half, annotator, tasks)
    lost = next(one for one in tasks if is_gold(one))
    companion = Assignment.objects.get(public_id=lost.public_id).companion
    gold.add(half, manager, companion.item, "yes")
    assert lost.task_id in work(half, annotator, lambda task: "yes")
