"""The ledger: every cent once, and never changed."""

import uuid
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotator import queue
from tests import make
from workers.budget import ledger
from workers.budget.models import Account, Entry

pytestmark = pytest.mark.django_db


def test_a_new_project_has_its_accounts_and_no_money(project):
    assert ledger.balances(project) == {"funding": 0, "free": 0, "answers": 0, "compute": 0}
    assert {machine.device for machine in project.machines.all()} == {"cpu", "cuda"}


def test_money_put_in_is_free_to_spend(project, manager):
    ledger.fund(project, Decimal("12.34"), manager, "x")
    assert ledger.balances(project) == {
        "funding": Decimal("-12.34"),
        "free": Decimal("12.34"),
        "answers": 0,
        "compute": 0,
    }


@pytest.mark.parametrize("amount", ["0", "-1", "0.001", "1000000001"])
def test_absurd_money_is_refused(project, manager, amount):
    with pytest.raises(ledger.BadAmount):
        ledger.fund(project, Decimal(amount), manager, "x")
    assert not Entry.objects.exists()


def test_an_answer_is_charged_when_it_is_accepted(question, annotator):
    make.items(question.project)
    queue.submit(question.project, queue.next_tasks(question, annotator)[0].task_id, annotator, uuid.uuid4(), "yes")
    entry = Entry.objects.get()
    assert (entry.amount, entry.worker, entry.question) == (Decimal("0.02"), annotator, question)
    assert ledger.spent(question.project) == Decimal("0.02")


def test_a_free_answer_makes_no_entry(project, annotator):
    asked = make.question(project, price=Decimal(0))
    make.items(project)
    queue.submit(project, queue.next_tasks(asked, annotator)[0].task_id, annotator, uuid.uuid4(), "yes")
    assert not Entry.objects.exists()


@given(
    moves=st.lists(
        st.tuples(
            st.sampled_from(["funding", "free", "answers", "compute"]),
            st.sampled_from(["funding", "free", "answers", "compute"]),
            st.decimals("0.01", "1000", places=2),
            st.integers(0, 6),
        ),
        max_size=15,
    )
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_balances_always_sum_to_zero_and_a_cause_counts_once(project, moves):
    with transaction.atomic():
        causes = set()
        for source, target, amount, cause in moves:
            if source != target:
                ledger.move(project, source, target, amount, "answer", f"cause:{cause}")
                causes.add(cause)
        assert sum(ledger.balances(project).values()) == 0
        assert Entry.objects.count() == len(causes)
        transaction.set_rollback(True)


@pytest.mark.parametrize("sql", ["UPDATE workers_entry SET amount = 1", "DELETE FROM workers_entry"])
def test_the_database_refuses_to_change_an_entry(project, manager, sql):
    ledger.fund(project, Decimal(5), manager, "x")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_nobody_but_the_tests_may_empty_the_ledger(project):
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL marginalia.testing = 'off'")
        cursor.execute("TRUNCATE workers_entry CASCADE")


def test_the_database_refuses_a_cause_twice_and_an_amount_of_nothing(project, manager):
    ledger.fund(project, Decimal(5), manager, "x")
    free, funding = Account.objects.get(name="free"), Account.objects.get(name="funding")
    for fields in (
        {"cause": "x", "amount": 1},
        {"cause": "y", "amount": 0},
        {"cause": "z", "amount": -1},
        {"cause": "w", "amount": 1, "source": free},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Entry.objects.create(
                **(
                    {"project": project, "source": funding, "target": free, "currency": "USD", "kind": "funding"}
                    | fields
                )
            )


def test_the_page_says_what_is_left_and_takes_money(project, manager, client):
    client.force_login(manager)
    address = f"/projects/{project.pk}/budget/"
    assert b"There is no money in this project yet" in client.get(address).content
    form = {"id": str(uuid.uuid4()), "amount": "20", "memo": "first"}
    for _ in range(2):  # a double click
        assert client.post(address + "add/", form).status_code == 302
    page = client.get(address)
    assert page.context["free"] == 20 and b"$20.00" in page.content
    assert client.post(address + "add/", form | {"amount": "-3"}).status_code == 400
