"""Gold items are mixed in, cannot be told from others, and make no label. A qualification comes before the work."""

import random
import re
import uuid

import pytest
from django.db import connection

from annotator import queue
from annotator.models import Assignment, Purpose
from annotator.quality import gold
from annotator.refusal import Refused
from annotator.server import sql
from datasets.labels import computation
from datasets.models import Label
from tests import make
from tests.annotator import gold_items
from tests.annotator.gold_items import known, standing, work
from workers.budget.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def mixed(question):
    return gold_items.mix_in(question)


def test_they_are_mixed_in_at_their_rate(mixed, annotator):
    random.seed(3)
    tasks = work(mixed, annotator, lambda task: "yes", 30)
    share = len(mixed.known & set(tasks)) / len(tasks)
    assert 0.15 < share < 0.5


@pytest.mark.parametrize("deed", ["answer", "skip", "return", "renew", "comment"])
def test_whatever_is_done_with_one_the_same_statements_run(mixed, annotator, api, monkeypatch, deed):
    """A statement more takes a while longer, and a statistic over many answers finds it."""
    ran: list[str] = []
    rows = sql.rows
    monkeypatch.setattr(sql, "rows", lambda text, **values: ran.append(text[:100]) or rows(text, **values))

    def note(execute, text, *more):
        ran.append(re.sub(r"[0-9]+", "0", text)[:200])
        return execute(text, *more)

    client, base = api(annotator), f"/api/v1/projects/{mixed.project_id}/"
    client.get(f"{base}answers/")  # the first use of a token in a minute is noted
    body = {
        "answer": {"value": "yes"},
        "skip": {"reason": "no"},
        "comment": {"comment": "What is it?"},
    }.get(deed, {})
    found: dict[bool, set[tuple[str, ...]]] = {True: set(), False: set()}
    random.seed(5)
    for _ in range(16):
        [held] = queue.next_tasks(mixed, annotator)
        path = f"{base}tasks/{held.public_id}/{deed}/"
        if deed == "comment":
            path, body["task"] = f"{base}questions/{mixed.pk}/flags/", str(held.public_id)
        ran.clear()
        with connection.execute_wrapper(note):
            sent = body | {"id": str(uuid.uuid4())} if deed == "answer" else body
            assert client.post(path, sent, format="json").status_code in (200, 201, 204)
        found[held.task_id in mixed.known].add(tuple(ran))
        if deed != "answer":
            Assignment.objects.filter(task=held.task_id).update(state="skipped")  # on to the next
    assert found[True] and found[True] == found[False]


def test_nothing_that_is_told_tells_them_from_others(mixed, annotator, api):
    client = api(annotator)
    base = f"/api/v1/projects/{mixed.project_id}/"
    told: dict[bool, set] = {True: set(), False: set()}
    random.seed(4)
    for _ in range(30):
        [task] = client.post(f"{base}questions/{mixed.pk}/tasks/next/", {}, format="json").json()["tasks"]
        reply = client.post(
            f"{base}tasks/{task['task']}/answer/", {"id": str(uuid.uuid4()), "value": "yes"}, format="json"
        )
        known_task = Assignment.objects.get(public_id=task["task"]).task_id in mixed.known
        told[known_task].add((frozenset(task), frozenset(reply.json()), reply.status_code))
    assert told[True] == told[False] and len(told[True]) == 1


def test_each_is_met_once_and_the_work_goes_on_without_them(mixed, annotator):
    tasks = work(mixed, annotator, lambda task: "yes")
    assert len(tasks) == len(set(tasks))
    assert len(set(tasks) - mixed.known) == 40


def test_when_the_work_is_done_no_known_item_is_paid_for(mixed, annotator):
    work(mixed, annotator, lambda task: "yes")
    mixed.known |= known(mixed, 5)
    assert queue.next_tasks(mixed, annotator) == []


def test_they_make_no_label(mixed, annotator):
    work(mixed, annotator, lambda task: "yes")
    computation.compute(mixed)
    assert Label.objects.count() == 40
    assert queue.progress(mixed).tasks == 40


def test_the_qualification_comes_first_is_not_paid_and_opens_the_work(question, annotator):
    make.items(question.project, 3)
    tests = known(question, 4, Purpose.QUALIFICATION)
    first = work(question, annotator, lambda task: "yes", 4)
    assert set(first) == tests and standing(question, annotator).state == "working"
    assert not Entry.objects.filter(kind="answer").exists()
    assert len(work(question, annotator, lambda task: "yes")) == 3


def test_who_fails_the_qualification_gets_no_paid_task(question, annotator):
    make.items(question.project, 3)
    known(question, 4, Purpose.QUALIFICATION)
    assert len(work(question, annotator, lambda task: "no")) == 4
    person = standing(question, annotator)
    assert person.state == "paused" and "0 of 4" in person.reason and "80%" in person.reason


def test_an_item_somebody_met_cannot_become_known(question, annotator, manager):
    [item] = make.items(question.project)
    work(question, annotator, lambda task: "yes")
    with pytest.raises(Refused, match="nobody has met"):
        gold.add(question, manager, item, "yes")
