"""Fair pay: how many people earn the floor at a price, and from which price half and nine in ten of them do."""

import uuid
from decimal import Decimal

import pytest

from annotator import queue
from annotator.models import Role
from tests import make
from workers.budget import wages
from workers.budget.models import BudgetSettings, Pay

pytestmark = pytest.mark.django_db

SECONDS = (
    3,
    4,
    5,
    6,
    8,
    10,
    13,
    16,
    20,
    26,
)  # what an answer takes each of ten people: at two cents, $24 to $2.77 an hour


@pytest.fixture
def ten(project):
    """Ten people who differ in pace, with twelve answers each."""
    asked = make.question(project, overlap=10, test_overlap=10)
    make.items(project, 12)
    for seconds in SECONDS:
        person = make.user()
        make.member(project, person, Role.ANNOTATOR)
        for _ in range(12):
            task = queue.next_tasks(asked, person)[0].task_id
            queue.submit(project, task, person, uuid.uuid4(), "yes", seconds * 1000)
    return asked


def set_floor(asked, amount):
    BudgetSettings.objects.update_or_create(project=asked.project, defaults={"wage_floor": amount})


def test_without_a_floor_nothing_is_said_of_fairness(ten):
    assert wages.fairness(ten) is None and wages.warning(ten) == ""


def test_it_says_how_many_people_earn_the_floor(ten):
    set_floor(ten, 10)  # who takes up to 7.2 seconds earns it: four of ten
    found = wages.fairness(ten)
    assert found.people == 10 and found.earn.low <= 0.4 <= found.earn.high
    assert found.earn.middle == pytest.approx(0.4, abs=0.08)
    said = wages.warning(ten)
    assert (
        "6 of 10 people" in said and "under your floor of $10.00 an hour" in said and "120 answers of 10 people" in said
    )


def test_the_prices_it_names_pay_that_many_people_the_floor(ten):
    set_floor(ten, 10)
    prices = wages.fairness(ten).prices
    for share, least, most in (("0.5", 0.4, 0.7), ("0.9", 0.8, 1.0)):
        earn = sum(float(prices[share]) * 3600 / seconds >= 10 for seconds in SECONDS) / len(SECONDS)
        assert least <= earn <= most, (share, prices[share])
    higher = wages.fairness(ten, price=Decimal(prices["0.9"])).earn.middle
    assert higher >= 0.88 > wages.fairness(ten, price=Decimal(prices["0.5"])).earn.middle


def test_a_price_at_which_nine_in_ten_earn_the_floor_is_not_warned_of(ten):
    set_floor(ten, 10)
    fair = wages.fairness(ten).prices["0.9"]
    type(ten).objects.filter(pk=ten.pk).update(price=Decimal(fair))
    ten.refresh_from_db()
    assert wages.warning(ten) == ""


def test_who_is_paid_otherwise_is_not_counted(ten):
    set_floor(ten, 10)
    slowest = ten.project.members.order_by("-pk").first().user
    Pay.objects.create(project=ten.project, worker=slowest, mode="hour", hourly=12)
    assert wages.fairness(ten).people == 9


def test_where_nobody_has_answered_it_speaks_of_people_in_general(question):
    set_floor(question, 12)  # at the usual six seconds, two cents bring twelve dollars
    found = wages.fairness(question)
    assert found.people == 0 and found.earn.low < 0.3 and found.earn.high > 0.7
    assert "% of people likely" in wages.warning(question) and "nobody has answered yet" in wages.warning(question)


def test_a_price_of_zero_warns_of_nothing_and_has_fair_prices(ten):
    set_floor(ten, 10)
    type(ten).objects.filter(pk=ten.pk).update(price=0)
    ten.refresh_from_db()
    assert wages.warning(ten) == "" and wages.fairness(ten).earn.high == 0


def test_pages_and_api_say_it(ten, manager, client, api):
    set_floor(ten, 10)
    client.force_login(manager)
    page = client.get(f"/projects/{ten.project_id}/budget/pay/").content.decode()
    assert "Nine in ten from" in page and "no price is fair to everyone" in page and "of 10" in page
    plan = client.get(f"/projects/{ten.project_id}/questions/{ten.pk}/plan/?only=warning").content.decode()
    assert "6 of 10 people" in plan
    found = api(manager).get(f"/api/v1/projects/{ten.project_id}/questions/{ten.pk}/estimate/?train=10").json()
    assert found["fair"]["people"] == 10 and set(found["fair"]["prices"]) == {"0.5", "0.9"}
    assert found["fair"]["earn"]["low"] <= found["fair"]["earn"]["high"]
