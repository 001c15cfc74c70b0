"""Money in and out: in whole coins, in one currency, for the phase a project is in, and never what is spent or held."""

import uuid
from decimal import Decimal

import pytest

from annotator import queue
from tests import make
from workers.budget import funding, ledger
from workers.budget.amounts import BadAmount, checked
from workers.budget.models import Account, Entry, EntryKind
from workers.budget.phase import current_phase
from workers.phases import gates

pytestmark = pytest.mark.django_db
ABSURD = ["0", "-1", "0.001", "1000000001", "NaN", "Infinity", "-Infinity", "much", "", "1e400", "1.005"]


@pytest.mark.parametrize("amount", ABSURD)
def test_an_absurd_amount_is_refused(project, manager, amount):
    before = Entry.objects.count()
    for move in (funding.fund, funding.cut):
        with pytest.raises(BadAmount):
            move(project, amount, manager, "y")
    assert Entry.objects.count() == before


@pytest.mark.parametrize(
    ("amount", "currency", "fits"),
    [
        ("100", "JPY", True),
        ("0.5", "JPY", False),
        ("1.005", "KWD", True),
        ("1.0005", "KWD", False),
        ("1.01", "EUR", True),
    ],
)
def test_amounts_are_whole_coins_of_their_currency(amount, currency, fits):
    if fits:
        assert checked(amount, currency) == Decimal(amount)
    else:
        with pytest.raises(BadAmount, match="no coin smaller"):
            checked(amount, currency)


def test_what_is_spent_or_held_cannot_be_taken_back(manager):
    project = make.project(manager, money=1)
    asked = make.question(project, price=Decimal("0.10"), overlap=2, test_overlap=2)
    make.items(project, 3)  # 0.60 held
    queue.submit(project, queue.next_tasks(asked, manager)[0].task_id, manager, uuid.uuid4(), "yes")  # 0.10 spent
    with pytest.raises(BadAmount, match=r"At most \$0\.40 .* \$0\.10 is spent, and \$0\.50 is reserved"):
        funding.cut(project, Decimal("0.41"), manager, "cut")
    funding.cut(project, Decimal("0.40"), manager, "cut")
    assert ledger.totals(project)["available"] == 0
    assert Entry.objects.get(idempotency_key="cut").kind == EntryKind.WITHDRAWAL


def test_new_money_settles_first_what_is_owed(manager):
    project = make.project(manager, money=0)
    owed, spent = ledger.account(project.pk, "overdraft"), ledger.account(project.pk, "compute")
    ledger.move(owed, spent, Decimal("0.30"), EntryKind.COMPUTE, "run:0")
    funding.fund(project, Decimal("1"), manager, "a")
    found = ledger.totals(project)
    assert (found["overdraft"], found["available"], found["spent"]) == (0, Decimal("0.70"), Decimal("0.30"))


def test_a_stopped_project_takes_no_money(project, manager):
    gates.decide(current_phase(project), manager, "stop", "out of reach")
    with pytest.raises(BadAmount, match="stopped"):
        funding.fund(project, Decimal(1), manager, "y")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"amount": "5", "currency": "EUR"}, "counts in USD"),
        ({"amount": "5", "phase": 3}, "another phase gets its money at a gate"),
        ({"amount": "5.005"}, "fractions of a cent"),
        ({"amount": "-5"}, "more than zero"),
        ({"amount": "1001", "back": True}, "At most $1,000.00"),
        ({"amount": "12345678901"}, "digits"),
    ],
)
def test_the_api_says_why_money_does_not_move(project, manager, api, body, said):
    before = Entry.objects.count()
    answer = api(manager).post(f"/api/v1/projects/{project.pk}/budget/", body, format="json")
    assert answer.status_code == 400 and said in str(answer.json()), answer.json()
    assert Entry.objects.count() == before


def test_the_page_says_what_is_left_and_moves_money_once(manager, client):
    project = make.project(manager, money=0)
    client.force_login(manager)
    address = f"/projects/{project.pk}/budget/"
    assert b"There is no money in this project yet" in client.get(address).content
    form = {"id": str(uuid.uuid4()), "amount": "20", "memo": "first"}
    for _ in range(2):  # a double click
        assert client.post(address + "add/", form).status_code == 302
    page = client.get(address)
    assert page.context["available"] == 20 and b"$20.00" in page.content
    assert client.post(address + "add/", form | {"amount": "-3"}).status_code == 400
    refused = client.post(address + "add/", form | {"id": str(uuid.uuid4()), "amount": "21", "deed": "cut"})
    assert refused.status_code == 400 and b"At most $20.00" in refused.content
    assert (
        client.post(address + "add/", form | {"id": str(uuid.uuid4()), "amount": "5", "deed": "cut"}).status_code == 302
    )
    assert Account.objects.get(project=project, name="available").balance == 15


def test_the_currency_stands_once_money_has_moved(manager, api):
    project = make.project(manager, money=0)
    address = f"/api/v1/projects/{project.pk}/"
    assert api(manager).patch(address, {"currency": "EUR"}, format="json").status_code == 200
    project.refresh_from_db()
    funding.fund(project, Decimal(1), manager, "x")
    refused = api(manager).patch(address, {"currency": "JPY"}, format="json")
    assert refused.status_code == 400 and "once money has moved" in str(refused.json())
