"""Held money for answers beyond the first: asked again, by a reviewer, after a pause, and on gold items."""

from decimal import Decimal

import pytest

from annotator import queue
from annotator.models import Role, Task
from annotator.quality import gold, review, worker_rules
from annotator.questions import drafts
from annotator.queue import batches
from annotator.refusal import Refused
from tests import make
from tests.workers.budget import one_dollar
from tests.workers.budget.judging import judge
from tests.workers.budget.one_dollar import answer, money
from workers.budget import funding, reservations
from workers.budget.models import Account

pytestmark = pytest.mark.django_db


@pytest.fixture
def poor(manager):
    return one_dollar.begin(manager)


def test_asking_again_is_covered_or_waits(poor, manager):
    make.items(poor.project, 2)
    poor.overlap = poor.test_overlap = 1
    poor.save()
    batches.change(batches.plan(poor, manager, ""), "open", manager)
    tasks = [answer(poor, manager) for _ in range(2)]
    funding.cut(poor.project, Decimal("0.75"), manager, "cut")  # five cents are left
    items = list(Task.objects.filter(pk__in=tasks).values_list("item_id", flat=True))
    assert queue.increase_redundancy(poor, items) == 2
    assert sum(Task.objects.values_list("unfunded", flat=True)) == 2
    funding.fund(poor.project, Decimal("0.05"), manager, "some")
    assert sum(Task.objects.values_list("unfunded", flat=True)) == 1
    judge(poor.project)


def test_more_people_by_a_reviewer_need_money(poor, manager):
    make.items(poor.project, 1)
    batches.change(batches.plan(poor, manager, ""), "open", manager)
    answer(poor, manager)
    funding.cut(poor.project, Decimal("0.75"), manager, "cut")
    reviewer = make.user()
    make.member(poor.project, reviewer, Role.REVIEWER)
    found = review.ask_by_hand(poor.project, Task.objects.get().pk, manager)
    with pytest.raises(Refused, match=r"\$0\.15 is missing"):
        review.ask_more(poor.project, found.pk, reviewer, 2)
    assert Task.objects.get().overlap == 2


@pytest.mark.parametrize("stays_paid", [True, False])
def test_answers_excluded_are_asked_again_from_the_right_money(poor, manager, stays_paid):
    poor.pay_excluded = stays_paid
    poor.save()
    person = make.user()
    make.member(poor.project, person, Role.ANNOTATOR)
    make.items(poor.project, 5)
    batches.change(batches.plan(poor, manager, ""), "open", manager)
    for _ in range(3):
        answer(poor, person)
    worker_rules.pause(poor, person, "random", manager)
    waiting = sum(Task.objects.values_list("unfunded", flat=True))
    assert waiting == (3 if stays_paid else 0)
    assert money(poor)["spent"] == (Decimal("0.30") if stays_paid else 0)
    judge(poor.project)
    worker_rules.resume(poor, person, manager)
    assert money(poor)["spent"] == Decimal("0.30") and sum(Task.objects.values_list("unfunded", flat=True)) == 0
    judge(poor.project)


@pytest.fixture
def unpayable(poor, manager):
    """Someone who was paused and whose answer was taken back, with no money left to pay it again."""
    poor.pay_excluded = False
    poor.save()
    person = make.user()
    make.member(poor.project, person, Role.ANNOTATOR)
    make.items(poor.project, 1)
    batch = batches.change(batches.plan(poor, manager, ""), "open", manager)
    answer(poor, person)
    worker_rules.pause(poor, person, "random", manager)
    batches.change(batch, "closed", manager)
    funding.cut(poor.project, Decimal(1), manager, "cut")
    return person


def test_who_is_paused_cannot_go_on_where_their_answers_cannot_be_paid_again(poor, manager, unpayable):
    with pytest.raises(Refused, match="not enough money"):
        worker_rules.resume(poor, unpayable, manager)
    judge(poor.project)


def test_known_items_are_covered_beside_the_work_and_stop_where_they_are_not(poor, manager):
    make.items(poor.project, 4)
    for item in list(poor.project.items.all())[:2]:
        gold.add(poor, manager, item, "yes")
    drafts.change(poor, manager, {"gold_rate": 0.5})
    poor.refresh_from_db()
    batch = batches.change(batches.plan(poor, manager, "", count=1), "open", manager)
    held = dict(Account.objects.filter(name="reserved").values_list("batch", "balance"))
    assert held == {None: Decimal("0.20"), batch.pk: Decimal("0.20")}
    funding.cut(poor.project, Decimal("0.60"), manager, "cut")
    reservations.settle(batch)
    poor.refresh_from_db()
    assert poor.gold_paused
    funding.fund(poor.project, Decimal("5"), manager, "more")
    poor.refresh_from_db()
    assert not poor.gold_paused


def test_known_items_that_cannot_be_covered_hold_a_batch_back(poor, manager):
    make.items(poor.project, 6)
    gold.add(poor, manager, poor.project.items.first(), "yes")
    drafts.change(poor, manager, {"gold_rate": 0.5})
    batch = batches.plan(poor, manager, "", count=5)
    with pytest.raises(Refused, match=r"\$1\.00 is missing to pay for the gold items"):
        batches.change(batch, "open", manager)


def test_the_page_says_why_a_person_cannot_go_on(poor, manager, unpayable, client):
    client.force_login(manager)
    page = client.post(
        f"/projects/{poor.project_id}/questions/{poor.pk}/quality/people/{unpayable.pk}/", {"paused": "0"}
    )
    assert page.status_code == 409 and b"not enough money available" in page.content
