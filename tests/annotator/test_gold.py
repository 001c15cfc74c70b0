"""Known answers: mixed in, indistinguishable, and what follows from them."""

import random
import re
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from annotator import queue
from annotator.models import Answer, AnswerCheck, Assignment, Purpose, Role, Split, Task, WorkerStatus
from annotator.quality import answer_checks, gold, surely_under, wilson, worker_rules
from annotator.queue import batches
from annotator.refusal import Refused
from annotator.server import sql
from datasets.labels import computation
from datasets.models import Label
from tests import make
from workers.budget import ledger
from workers.budget.models import Entry

pytestmark = pytest.mark.django_db


def known(question, count: int, purpose=Purpose.GOLD, value="yes") -> set[int]:
    *most, last = make.items(question.project, count)
    made = make.known(question, most, value, purpose)
    return {*made, gold.add(question, question.project.created_by, last, value, purpose).task_id}


def work(question, person, say, most=1000) -> list[int]:
    """Answer what comes with `say(task)`; return the tasks."""
    tasks = []
    while len(tasks) < most:
        try:
            found = queue.next_tasks(question, person)
        except Refused as refused:
            assert refused.code == "paused"
            break
        if not found:
            break
        tasks.append(found[0].task_id)
        queue.submit(question.project, found[0].task_id, person, uuid.uuid4(), say(found[0].task_id))
        answer_checks.check_answers()
    return tasks


def standing(question, person) -> WorkerStatus:
    return WorkerStatus.objects.get(question=question, worker=person)


@pytest.fixture
def mixed(question):
    """A question with 40 items and 12 known ones, mixed in at one in three."""
    question.gold_rate = 0.33
    question.save()
    make.items_of_split(question.project, Split.TRAIN, 40)
    question.known = known(question, 12)
    return question


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


def test_they_make_no_label(mixed, annotator):
    work(mixed, annotator, lambda task: "yes")
    computation.compute(mixed)
    assert Label.objects.count() == 40
    assert queue.progress(mixed).tasks == 40


def test_who_is_surely_under_the_bar_is_paused_and_their_answers_are_excluded(mixed, annotator):
    random.seed(5)
    work(mixed, annotator, lambda task: "no" if task in mixed.known else "yes")
    person = standing(mixed, annotator)
    assert person.state == "paused" and "0 of 4" in person.reason
    assert not Assignment.objects.filter(worker=annotator, state="held").exists()
    aside = Assignment.objects.filter(worker=annotator, state="excluded")
    assert aside.count() == Answer.objects.count() > 4, "known ones, too: nothing tells them apart afterwards"
    for task in Task.objects.filter(assignments__in=aside, purpose="work"):
        assert (task.answer_count, task.open_slots) == (0, task.overlap)


def test_their_tasks_are_asked_again_but_not_of_them(mixed, annotator, project):
    random.seed(5)
    work(mixed, annotator, lambda task: "no" if task in mixed.known else "yes")
    for _ in range(2):
        other = make.user()
        make.member(project, other, Role.ANNOTATOR)
        work(mixed, other, lambda task: "yes")
    assert set(Task.objects.filter(purpose="work").values_list("answer_count", "open_slots")) == {(2, 0)}
    with pytest.raises(Refused, match="paused"):
        queue.next_tasks(mixed, annotator)


def test_what_was_excluded_counts_no_more_but_is_kept_and_paid(mixed, annotator):
    random.seed(5)
    work(mixed, annotator, lambda task: "no" if task in mixed.known else "yes")
    before = Answer.objects.count()
    computation.compute(mixed)
    assert not Label.objects.exists() and Answer.objects.count() == before
    assert ledger.balances(mixed.project)["answers"] == before * mixed.price


def test_where_the_rule_says_so_the_money_comes_back_and_goes_again_with_the_overruling(mixed, annotator, manager):
    mixed.pay_excluded = False
    mixed.save()
    random.seed(5)
    work(mixed, annotator, lambda task: "no" if task in mixed.known else "yes")
    assert ledger.balances(mixed.project)["answers"] == 0
    counted = worker_rules.resume(mixed, annotator, manager)
    assert counted > 0 and ledger.balances(mixed.project)["answers"] == Answer.objects.count() * mixed.price
    worker_rules.pause(mixed, annotator, "again", manager)
    assert ledger.balances(mixed.project)["answers"] == 0
    assert Entry.objects.filter(kind="correction").count() == 3 * counted
    assert sum(ledger.balances(mixed.project).values()) == 0


def test_who_is_let_go_on_is_measured_from_the_beginning(mixed, annotator, manager):
    random.seed(5)
    work(mixed, annotator, lambda task: "no" if task in mixed.known else "yes")
    worker_rules.resume(mixed, annotator, manager)
    assert (standing(mixed, annotator).gold_right, standing(mixed, annotator).gold_total) == (0, 0)
    work(mixed, annotator, lambda task: "no" if task in mixed.known else "yes")
    again = standing(mixed, annotator)
    assert again.state == "paused" and "0 of 4" in again.reason


def test_a_qualification_that_is_overruled_leaves_the_gold_threshold_active(mixed, annotator, manager):
    random.seed(5)
    tests = known(mixed, 2, Purpose.QUALIFICATION)
    work(mixed, annotator, lambda task: "no")
    assert standing(mixed, annotator).state == "paused"
    worker_rules.resume(mixed, annotator, manager)
    work(mixed, annotator, lambda task: "no" if task in mixed.known | tests else "yes")
    again = standing(mixed, annotator)
    assert again.state == "paused" and "0 of 4" in again.reason


def test_an_overruling_never_exceeds_the_overlap(mixed, annotator, manager, project):
    random.seed(5)
    work(mixed, annotator, lambda task: "no" if task in mixed.known else "yes")
    for _ in range(2):
        other = make.user()
        make.member(project, other, Role.ANNOTATOR)
        work(mixed, other, lambda task: "yes")
    worker_rules.resume(mixed, annotator, manager)
    again = Assignment.objects.filter(worker=annotator, state="answered")
    assert not again.exists(), (
        "the places of their work are taken, and gold that counted again alone would be told by it"
    )
    assert all(task.answer_count <= task.overlap for task in Task.objects.filter(purpose="work"))


def test_a_good_person_with_bad_luck_stays():
    assert not surely_under(3, 5, bar=0.7, minimum=4)
    assert not surely_under(0, 3, bar=0.7, minimum=4)
    assert surely_under(0, 4, bar=0.7, minimum=4)


def test_the_interval_keeps_its_promise():
    """Over many simulated people, 95 of 100 intervals hold the accuracy they came from."""
    luck = random.Random(11)
    for accuracy, total in ((0.6, 10), (0.9, 20), (0.97, 30)):
        held = 0
        for _ in range(2000):
            low, high = wilson(sum(luck.random() < accuracy for _ in range(total)), total)
            held += low <= accuracy <= high
        assert 0.91 < held / 2000 < 0.99, (accuracy, total)


@pytest.mark.parametrize(("right", "total", "level"), [(3, 2, 0.95), (-1, 2, 0.95), (1, 2, 1.0)])
def test_counts_that_cannot_be_are_refused(right, total, level):
    with pytest.raises(ValueError, match="must be"):
        wilson(right, total, level)


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


def test_consequences_a_dead_process_left_undrawn_are_drawn(mixed, annotator, monkeypatch):
    random.seed(5)
    with monkeypatch.context() as patch:
        patch.setattr(worker_rules, "apply_rules", lambda standing: None)
        work(mixed, annotator, lambda task: "no" if task in mixed.known else "yes")
    assert standing(mixed, annotator).state == "working"
    for one in worker_rules.unjudged():
        worker_rules.apply_rules(one)
    assert standing(mixed, annotator).state == "paused"


def test_the_pages_make_an_item_known_and_overrule(mixed, annotator, client, manager):
    client.force_login(manager)
    base = f"/projects/{mixed.project_id}/questions/{mixed.pk}/quality/"
    item = Task.objects.filter(purpose="work").first().item_id
    assert client.post(f"{base}known/", {"item": item, "value": '"maybe"'}).status_code == 400
    assert client.post(f"{base}known/", {"item": item, "value": '"no"', "purpose": "gold"}).status_code == 302
    random.seed(5)
    work(mixed, annotator, lambda task: "no" if task in mixed.known else "yes")
    assert "Paused" in client.get(base).content.decode()
    assert client.post(f"{base}people/{annotator.pk}/", {"paused": "0"}).status_code == 302
    assert standing(mixed, annotator).overruled
    rules = {
        "gold_rate": 10, "gold_bar": 60, "qualification_bar": 80, "review_agreement": 50, "review_confidence": 0,
        "change_minutes": 30,
        "gold_minimum": 6, "pay_excluded": "on", "most_overlap": 8, "label_worth": 50, "instructions": "Look twice.",
    }  # fmt: skip
    assert client.post(base, rules).status_code == 302
    mixed.refresh_from_db()
    assert (mixed.gold_rate, mixed.gold_bar, mixed.gold_minimum) == (0.1, 0.6, 6)
    assert client.post(base, rules | {"gold_rate": 90}).status_code == 400


@pytest.mark.parametrize("purpose", ["qualification", "work"])
def test_an_answer_that_cannot_be_compared_holds_up_no_other(mixed, annotator, monkeypatch, caplog, purpose):
    for task in queue.next_tasks(mixed, annotator, 3):
        queue.submit(mixed.project, task.task_id, annotator, uuid.uuid4(), "yes")
    Task.objects.filter(answers__isnull=False).update(purpose=purpose, overlap=F("answer_count") + 2, open_slots=2)
    Task.objects.filter(answers__isnull=False).update(answer_count=F("overlap"), open_slots=0)
    first = AnswerCheck.objects.order_by("pk").first().answer_id
    compare = answer_checks.check_answer

    def broken(answer_id):
        if answer_id == first:
            raise ZeroDivisionError
        return compare(answer_id)

    def broken_together(tasks):
        raise ZeroDivisionError

    monkeypatch.setattr(answer_checks, "check_answer", broken)
    monkeypatch.setattr(answer_checks, "ask_review_where_answers_disagree", broken_together)
    assert answer_checks.check_answers() == 3 and answer_checks.check_answers() == 0
    assert str(first) in caplog.text and not AnswerCheck.objects.exists()


def test_the_api_pauses_a_person_and_lets_them_go_on(mixed, annotator, manager, api):
    WorkerStatus.objects.get_or_create(question=mixed, worker=annotator)
    address = f"/api/v1/projects/{mixed.project_id}/questions/{mixed.pk}/statuses/{annotator.username}/"
    for exclude in (True, False):
        said = api(manager).patch(
            address, {"paused": True, "reason": "Look again.", "exclude_answers": exclude}, format="json"
        )
        assert said.status_code == 200 and said.json()["state"] == "paused"
        assert WorkerStatus.objects.get(question=mixed, worker=annotator).reason == "Look again."
        said = api(manager).patch(address, {"paused": False}, format="json")
        assert said.status_code == 200 and said.json()["state"] == "working"
