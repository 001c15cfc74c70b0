"""The ledger: every cent once, booked by the database, and never changed."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import make
from workers.budget import funding, ledger
from workers.budget.models import WITHOUT_FLOOR, Account, AccountName, Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def empty(manager):
    """A project without money."""
    return make.project(manager, money=0)


def execute(sql: str, *values) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


def test_a_new_project_has_its_accounts_and_no_money(empty):
    assert ledger.balances(empty) == dict.fromkeys(AccountName.values, 0)
    assert {machine.device for machine in empty.machines.all() if machine.chosen} == {"cpu", "cuda"}


def test_a_cause_moves_money_once(empty, manager):
    for _ in range(3):
        funding.fund(empty, Decimal("12.34"), manager, "x")
    assert ledger.totals(empty)["available"] == Decimal("12.34")
    assert Entry.objects.get().by == manager


names = st.sampled_from(AccountName.values)


@given(moves=st.lists(st.tuples(names, names, st.decimals("0.01", "1000", places=2), st.integers(0, 6)), max_size=15))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_database_books_every_entry_and_keeps_every_floor(empty, moves):
    with transaction.atomic():
        expected, idempotency_keys = dict.fromkeys(AccountName.values, Decimal(0)), set()
        for source, target, amount, idempotency_key in moves:
            if source == target or idempotency_key in idempotency_keys:
                continue
            allowed = source in WITHOUT_FLOOR or expected[source] >= amount
            try:
                with transaction.atomic():
                    ledger.move(
                        ledger.account(empty.pk, source),
                        ledger.account(empty.pk, target),
                        amount,
                        "answer",
                        f"c:{idempotency_key}",
                    )
                assert allowed, "an account fell under its floor"
                idempotency_keys.add(idempotency_key)
                expected[source] -= amount
                expected[target] += amount
            except IntegrityError:
                assert not allowed
        assert ledger.balances(empty) == expected and sum(expected.values()) == 0
        assert Entry.objects.count() == len(idempotency_keys)
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE workers_entry SET amount = 1",
        "UPDATE workers_entry SET memo = 'x'",
        "DELETE FROM workers_entry",
        "UPDATE workers_account SET balance = balance + 1",
        "UPDATE workers_account SET name = 'available' WHERE name = 'reserved'",
        "UPDATE workers_account SET project_id = project_id + 1",
        "DELETE FROM workers_account",
        "INSERT INTO workers_account (project_id, name, balance) SELECT project_id, 'bonuses', 5 FROM workers_account LIMIT 1",
        "UPDATE annotator_project SET currency = 'EUR'",
    ],
)
def test_the_database_refuses_to_rewrite_the_books(empty, manager, sql):
    funding.fund(empty, Decimal(5), manager, "x")
    before = list(Account.objects.order_by("pk").values_list("pk", "name", "balance"))
    with pytest.raises(IntegrityError, match=r"append-only|entries of the ledger alone|currency of a project"):
        execute(sql)
    assert list(Account.objects.order_by("pk").values_list("pk", "name", "balance")) == before
    assert Entry.objects.get().amount == 5


@pytest.mark.parametrize("table", ["workers_entry", "workers_account", "workers_gate"])
def test_nobody_but_the_tests_may_empty_the_books(empty, table):
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL marginalia.testing = 'off'")
        cursor.execute(f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize(
    "fields",
    [
        {"idempotency_key": "x"},
        {"amount": 0},
        {"amount": -1},
        {"source": "available", "target": "available"},
        {"source": "available", "target": "funding", "amount": 6},
        {"currency": "EUR"},
        {"target": "stranger"},
    ],
    ids=str,
)
def test_the_database_refuses_a_bad_entry(empty, manager, fields):
    funding.fund(empty, Decimal(5), manager, "x")
    stranger = make.project(manager, money=0)
    values = {
        "source": "funding",
        "target": "available",
        "amount": 1,
        "idempotency_key": "y",
        "currency": "USD",
    } | fields
    for side in ("source", "target"):
        of = stranger if values[side] == "stranger" else empty
        values[side] = Account.objects.get(project=of, name="available" if values[side] == "stranger" else values[side])
    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.create(project=empty, kind="funding", **values)
    assert ledger.totals(empty)["available"] == 5
