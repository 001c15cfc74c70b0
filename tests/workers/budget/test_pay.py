"""Pay and prices: what an hour brings, the floor, how each is paid, and machines."""

import uuid
from decimal import Decimal

import pytest

from annotator import jobs, queue
from annotator.models import Role
from datasets.models import Version
from tests import make
from workers.budget import charges, ledger, wages
from workers.budget.models import BudgetSettings, Machine, Pay
from workers.training import compute_costs
from workers.training.models import TrainingRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def worked(question, annotator):
    """Twenty answers of four seconds at two cents: 18 dollars an hour."""
    make.items(question.project, 20)
    for _ in range(20):
        task = queue.next_tasks(question, annotator)[0].task_id
        queue.submit(question.project, task, annotator, uuid.uuid4(), "yes", 4000)
    return question


def test_it_says_what_an_hour_brought(worked, annotator, manager):
    [one] = wages.people(worked.project)
    assert (one.username, one.answers, one.earned) == (annotator.username, 20, Decimal("0.40"))
    assert one.wage == pytest.approx(18.0)
    charges.bonus(worked.project, annotator, Decimal("0.40"), "well done", manager)
    assert wages.people(worked.project)[0].earned == Decimal("0.80")


def test_answers_whose_time_is_not_known_do_not_make_an_hour_dearer(worked, annotator):
    make.items(worked.project, 1)
    task = queue.next_tasks(worked, annotator)[0].task_id
    queue.submit(worked.project, task, annotator, uuid.uuid4(), "yes")
    assert wages.people(worked.project)[0].wage == pytest.approx(18.0)


def test_a_price_under_the_floor_is_warned_of(worked):
    assert wages.warning(worked) == ""
    BudgetSettings.objects.create(project=worked.project, wage_floor=25)
    assert "under your floor of $25.00" in wages.warning(worked) and "20 answers of 1 person" in wages.warning(worked)
    BudgetSettings.objects.update(wage_floor=10)
    assert wages.warning(worked) == ""


def test_the_page_sets_floor_and_addresses(project, manager, client):
    client.force_login(manager)
    address = f"/projects/{project.pk}/budget/pay/"
    assert client.post(address, {"wage_floor": "15", "emails": "a@example.org, b@example.org"}).status_code == 302
    budget_settings = BudgetSettings.objects.get()
    assert (budget_settings.wage_floor, budget_settings.emails) == (15, "a@example.org\nb@example.org")
    for wrong in ({"wage_floor": "-1"}, {"wage_floor": "much"}, {"emails": "nobody"}, {"emails": "x@y.z " * 30}):
        assert client.post(address, {"wage_floor": "15", "emails": ""} | wrong).status_code == 400
    assert BudgetSettings.objects.get().wage_floor == 15


def test_the_page_says_who_is_under_the_floor(worked, manager, client):
    BudgetSettings.objects.create(project=worked.project, wage_floor=25)
    client.force_login(manager)
    page = client.get(f"/projects/{worked.project_id}/budget/pay/").content.decode()
    assert "1 person earns less than" in page and "under the floor" in page


def test_how_a_person_is_paid_is_changed_and_audited(project, manager, annotator, client):
    client.force_login(manager)
    address = f"/projects/{project.pk}/budget/pay/{annotator.pk}/"
    assert client.post(address, {"mode": "hour", "hourly": "18.5"}).status_code == 302
    assert Pay.objects.get().hourly == Decimal("18.5")
    assert client.post(address, {"mode": "free"}).status_code == 302
    for wrong in ({"mode": "hour"}, {"mode": "hour", "hourly": "-1"}, {"mode": "hour", "hourly": "NaN"}, {"mode": "x"}):
        assert client.post(address, wrong).status_code == 400
    assert Pay.objects.get().mode == "free"


def test_a_bonus_from_the_page(project, manager, annotator, client):
    client.force_login(manager)
    address = f"/projects/{project.pk}/budget/pay/{annotator.pk}/bonus/"
    body = {"id": str(uuid.uuid4()), "amount": "2", "memo": "thanks"}
    assert [client.post(address, body).status_code for _ in range(2)] == [302, 302]
    assert ledger.totals(project)["bonuses"] == 2
    assert client.post(address, body | {"id": str(uuid.uuid4()), "amount": "-2"}).status_code == 400
    assert client.post(address, body | {"id": str(uuid.uuid4()), "memo": ""}).status_code == 400


def test_machines_have_prices_and_one_of_a_device_is_charged(project, manager, client):
    client.force_login(manager)
    base = f"/projects/{project.pk}/budget/machines/"
    new = {"name": "Rented", "device": "cuda", "hourly_price": "3", "spot_price": "1.2", "spot": "on", "chosen": "on"}
    assert client.post(base, new).status_code == 302
    rented = Machine.objects.get(name="Rented")
    assert rented.price == Decimal("1.2") and Machine.objects.filter(device="cuda", chosen=True).get() == rented
    assert client.post(base, new).status_code == 400, "a name twice"
    for wrong in ({"hourly_price": "-1"}, {"spot_price": ""}, {"hourly_price": "much"}, {"device": "abacus"}):
        assert client.post(base, new | {"name": "Other"} | wrong).status_code == 400, wrong
    change = {"name": "Rented", "device": "cuda", "hourly_price": "3", "spot_price": "1.2"}
    assert client.post(f"{base}{rented.pk}/", change).status_code == 302
    rented.refresh_from_db()
    assert rented.chosen and rented.price == 3, "some machine of each device is charged"


def test_a_run_is_charged_by_the_chosen_machine_and_what_is_not_there_is_owed(manager):
    project = make.project(manager, money="0.01")
    asked = make.question(project, price=0)
    Machine.objects.filter(device="cpu").update(hourly_price=36)
    version = Version.objects.create(
        project=project, question=asked, number=1, sha256="0" * 64, test_sha256="1" * 64, train_count=1, test_count=1,
        answer_count=1,
    )  # fmt: skip
    job = jobs.submit(project, "train", "t", "c")
    run = TrainingRun.objects.create(version=version, job=job, network="x", train_size=1, labels_cost=0, seconds=5)
    for _ in range(2):
        assert compute_costs.charge_run(run) == Decimal("0.05")
    found = ledger.totals(project)
    assert (found["compute"], found["available"], found["overdraft"]) == (Decimal("0.05"), 0, Decimal("0.04"))


def test_nobody_else_sees_what_people_earn(project, as_role):
    make.member(project, make.user("worker"), Role.ANNOTATOR)
    assert as_role("data_scientist").get(f"/projects/{project.pk}/budget/pay/").status_code == 403


def test_how_somebody_is_paid_who_has_not_answered_yet_is_shown_as_it_is(project, manager, annotator, client):
    client.force_login(manager)
    sent = {"mode": "hour", "hourly": "12.345", "most_minutes": "7", "daily_hours": "6"}
    assert client.post(f"/projects/{project.pk}/budget/pay/{annotator.pk}/", sent).status_code == 302
    page = client.get(f"/projects/{project.pk}/budget/pay/").content.decode()
    assert 'by the hour, <span class="money">$12.345</span>' in page
    for shown in (
        'value="hour" selected',
        'name="hourly" inputmode="decimal" value="12.345"',
        'value="7.00"',
        'value="6.00"',
    ):
        assert shown in page, shown


def test_a_bonus_is_no_hours_pay(worked, annotator, manager):
    charges.bonus(worked.project, annotator, Decimal("2.50"), "well done", manager)
    [one] = wages.people(worked.project)
    assert one.earned == Decimal("2.90") and one.wage == pytest.approx(18.0)
