"""Estimates: ranges that say what they rest on, tightened by a pilot, frozen, and held against what came."""

import math
import random
import uuid
from decimal import Decimal

import pytest
from django.utils import timezone

from annotator import queue
from annotator.models import Role
from annotator.quality import gold, worker_rules
from annotator.questions import drafts
from annotator.queue import batches
from tests import make
from workers.budget import estimates, fees
from workers.budget.models import BatchEstimate, BudgetSettings, Entry, Pay
from workers.budget.paces import Range, mean_time

pytestmark = pytest.mark.django_db


def ordered(one: Range) -> bool:
    return 0 <= one.low <= one.middle <= one.high and math.isfinite(one.high)


def test_an_estimate_is_ranges_that_say_why(question):
    found = estimates.estimate(question, 80, 20)
    assert found.items == 100
    for one in (found.answers, found.money, found.hours, found.days, found.compute, found.wage):
        assert ordered(one)
    assert 220 <= found.answers.middle <= 230 and found.money.middle == pytest.approx(found.answers.middle * 0.02)
    assert "nobody has answered yet" in found.hours.rests_on


@pytest.mark.slow
def test_known_items_asking_again_and_fees_cost_more(question, manager):
    plain = estimates.estimate(question, 100, 0)
    items = make.items(question.project, 60)
    gold.add(question, manager, items[0], "yes")
    drafts.change(question, manager, {"gold_rate": 0.2})
    question.refresh_from_db()
    # Nobody has joined yet; an item has up to three answers, so three people meet the one gold item.
    assert estimates.estimate(question, 100, 0).answers.middle == pytest.approx(plain.answers.middle + 3, abs=0.5)
    for item in items[1:]:
        gold.add(question, manager, item, "yes")
    known = estimates.estimate(question, 100, 0)
    assert known.answers.middle == pytest.approx(plain.answers.middle / 0.8, rel=0.01)
    assert known.answers.low < plain.answers.middle / 0.8 < known.answers.high
    drafts.change(question, manager, {"adaptive": True, "most_overlap": 6})
    question.refresh_from_db()
    again = estimates.estimate(question, 100, 0)
    assert again.answers.middle > known.answers.middle and again.answers.high > again.answers.middle
    turk = estimates.estimate(question, 100, 0, fees.Terms(assignments=2), "mturk")
    assert turk.money.middle == pytest.approx(again.money.middle * 1.5)  # 2 cents, and a cent of fee each


def test_a_pilot_tightens_it(question, annotator):
    before = estimates.estimate(question, 100, 0).hours
    make.items(question.project, 20)
    luck = random.Random(1)
    other = make.user()
    make.member(question.project, other, Role.ANNOTATOR)
    for person in (annotator, other):
        for _ in range(20):
            task = queue.next_tasks(question, person)[0].task_id
            ms = int(1000 * luck.lognormvariate(1.0, 0.5))
            queue.submit(question.project, task, person, uuid.uuid4(), "yes", ms)
    after = estimates.estimate(question, 100, 0).hours
    assert after.high / after.low < before.high / before.low
    assert "40 answers of 2 people" in after.rests_on


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    """Crowds whose people differ as the model says: 80% of the intervals hold the mean time of everyone."""
    luck, inside, rounds = random.Random(7), 0, 400
    for _ in range(rounds):
        usual = 6.0
        middle = math.log(usual) + luck.gauss(0, 0.7)
        people = []
        for _ in range(luck.choice([3, 5, 8])):
            own = middle + luck.gauss(0, 0.4)
            times = [luck.gauss(own, 0.6) for _ in range(30)]
            mean = sum(times) / 30
            people.append((mean, sum((one - mean) ** 2 for one in times) / 29, 30))
        found = mean_time(usual, people)
        inside += found.low <= math.exp(middle + (0.6**2 + 0.4**2) / 2) <= found.high
    assert 0.72 <= inside / rounds <= 0.88


def test_what_is_known_is_stated_as_known(question):
    """Nothing is asked again, there are no gold items, and nobody was excluded: so many answers it is."""
    found = estimates.estimate(question, 80, 20)
    assert (found.answers.low, found.answers.middle, found.answers.high) == (220, 220, 220)
    assert found.money.low == found.money.high == pytest.approx(4.4)


def test_the_same_past_gives_the_same_estimate(question, monkeypatch):
    now = timezone.now()
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    assert estimates.estimate(question, 80, 20) == estimates.estimate(question, 80, 20)


def test_too_few_people_are_named_and_others_are_expected_to_join(question):
    found = estimates.estimate(question, 20, 10).days
    assert "an item needs up to 3 different people, and there is 1: others must join" in found.rests_on
    assert found.high < 365


def test_items_that_were_asked_again_are_expected_to_be_again(question):
    drafts.change(question, question.created_by, {"adaptive": True, "most_overlap": 8})
    question.refresh_from_db()
    make.items(question.project, 40)
    before = estimates.estimate(question, 100, 0).answers
    question.tasks.update(overlap=6, answer_count=6, open_slots=0)
    often = estimates.estimate(question, 100, 0).answers
    question.tasks.update(overlap=2, answer_count=2)
    never = estimates.estimate(question, 100, 0).answers
    assert never.middle < before.middle < often.middle and 200 <= never.low < never.high
    assert f"in {question.tasks.count()} items so far" in often.rests_on


def test_left_over_tasks_want_only_what_is_missing_and_what_came_before_is_not_counted_twice(project, manager):
    asked = make.question(project, plan="batches", price=Decimal("0.05"), overlap=2, test_overlap=2)
    make.items(project, 3)
    first, second = (make.user() for _ in range(2))
    for one in (first, second):
        make.member(project, one, Role.ANNOTATOR)
    batch = batches.plan(asked, manager, "First", count=3)
    batches.change(batch, "open", manager)
    for _ in range(3):
        queue.submit(project, queue.next_tasks(asked, first)[0].task_id, first, uuid.uuid4(), "yes", 3000)
    batches.change(batch, "closed", manager)
    rest = batches.plan(asked, manager, "Rest")
    assert estimates.of_batch(rest).answers.middle == pytest.approx(3, abs=0.2)
    batches.change(rest, "open", manager)
    for _ in range(3):
        queue.submit(project, queue.next_tasks(asked, second)[0].task_id, second, uuid.uuid4(), "yes", 3000)
    came = estimates.actual(rest)
    assert (came.answers, came.money, round(came.hours * 3600)) == (3, 0.15, 9)


def test_hourly_people_cost_their_time_and_free_ones_nothing(question, annotator):
    make.items(question.project, 40)
    pay = Pay.objects.create(project=question.project, worker=annotator, mode="hour", hourly=36)
    for _ in range(40):
        task = queue.next_tasks(question, annotator)[0].task_id
        queue.submit(question.project, task, annotator, uuid.uuid4(), "yes", 10_000)
    found = estimates.estimate(question, 200, 0)
    assert found.money.middle > found.answers.middle * 0.05, "ten seconds at 36 an hour are ten cents"
    Pay.objects.filter(pk=pay.pk).update(mode="free", hourly=0)
    assert estimates.estimate(question, 200, 0).money.low < found.answers.middle * 0.005


def test_people_paid_otherwise_change_what_an_answer_costs(question, annotator):
    Pay.objects.create(project=question.project, worker=annotator, mode="hour", hourly=60)
    found = estimates.estimate(question, 100, 0)
    assert found.money.high > estimates.estimate(question, 100, 0).answers.middle * 0.02 and ordered(found.money)


def test_the_estimate_is_frozen_when_the_batch_opens_and_what_came_stands_beside_it(project, manager, client):
    asked = make.question(project, plan="batches", price=Decimal("0.05"), overlap=1, test_overlap=1)
    make.items(project, 6)
    batch = batches.plan(asked, manager, "First", count=4)
    assert not BatchEstimate.objects.exists()
    batches.change(batch, "open", manager)
    frozen = BatchEstimate.objects.get().content
    assert frozen["items"] == 4 and frozen["answers"]["low"] == pytest.approx(4, abs=0.1)
    for _ in range(4):
        queue.submit(project, queue.next_tasks(asked, manager)[0].task_id, manager, uuid.uuid4(), "yes", 3000)
    batches.change(batch, "paused", manager)
    batches.change(batch, "open", manager)
    assert BatchEstimate.objects.get().content == frozen
    came = estimates.actual(batch)
    assert (came.answers, came.money, round(came.hours * 3600)) == (4, 0.2, 12)
    client.force_login(manager)
    page = client.get(f"/projects/{project.pk}/questions/{asked.pk}/plan/").content.decode()
    assert "2 items cost" in page and "Expected and actual" in page and "$0.20" in page


def test_what_came_counts_what_was_expected_known_items_and_what_was_excluded_too(project, manager, monkeypatch):
    asked = make.question(project, plan="batches", price=Decimal("0.05"), overlap=1, test_overlap=1, gold_rate=0.5)
    known, *_ = make.items(project, 5)
    gold.add(asked, manager, known, "yes")
    batch = batches.plan(asked, manager, "First", count=4)
    batches.change(batch, "open", manager)
    monkeypatch.setattr("annotator.queue.gold_items.random.random", lambda: 0.0)  # a known item comes first
    person = make.user()
    make.member(project, person, Role.ANNOTATOR)
    for _ in range(3):
        queue.submit(project, queue.next_tasks(asked, person)[0].task_id, person, uuid.uuid4(), "yes", 3000)
    came = estimates.actual(batch)
    assert (came.answers, came.money, round(came.hours * 3600)) == (3, 0.15, 9)
    assert Entry.objects.filter(kind="answer", batch=None).count() == 1, "one of them was to the gold item"
    worker_rules.pause(asked, person, "Look again.", manager)
    again = estimates.actual(batch)
    assert (again.answers, again.money) == (3, 0.15), "what was excluded was paid"


def test_the_page_estimates_as_one_types(project, manager, client):
    asked = make.question(project, plan="batches")
    make.items(project, 30)
    client.force_login(manager)
    address = f"/projects/{project.pk}/questions/{asked.pk}/plan/"
    part = client.get(address + "?count=7", headers={"HX-Request": "true"}).content.decode()
    assert "7 items cost" in part and "<html" not in part
    for odd in ("0", "-1", "much", "99999999999"):
        assert client.get(address + f"?count={odd}").status_code == 200
    assert b"Plan a pilot of 20 items" in client.get(address).content


def test_a_price_under_the_floor_is_warned_of_before_a_batch_opens(project, manager, client):
    asked = make.question(project, plan="batches")
    BudgetSettings.objects.create(project=project, wage_floor=100)
    client.force_login(manager)
    address = f"/projects/{project.pk}/questions/{asked.pk}/plan/?only=warning"
    assert b"under your floor of $100.00" in client.get(address).content
    BudgetSettings.objects.update(wage_floor=1)
    assert client.get(address).content.strip() == b""


def test_the_api_estimates(question, manager, api):
    address = f"/api/v1/projects/{question.project_id}/questions/{question.pk}/estimate/"
    found = api(manager).get(address + "?train=100&test=10&platform=mturk&assignments=10").json()
    assert found["items"] == 110 and found["money"]["low"] <= found["money"]["high"]
    for wrong in ("?train=-1", "?platform=nobody", "?train=much"):
        assert api(manager).get(address + wrong).status_code == 400
