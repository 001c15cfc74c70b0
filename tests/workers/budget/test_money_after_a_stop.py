"""After a stop a project pays what it owes and bonuses out of what the stop left. Nothing else begins."""

import uuid
from decimal import Decimal

import pytest

from annotator import queue
from annotator.queue import batches
from annotator.refusal import Refused
from tests import make
from tests.workers.budget import places
from tests.workers.budget.actions import correct, pay_bonus, put_in
from tests.workers.budget.judging import judge
from tests.workers.budget.places import Place, stopped, stopped_owing
from workers.budget import charges, ledger
from workers.budget.amounts import BadAmount
from workers.budget.models import Entry
from workers.budget.phase import Decision, current_phase
from workers.phases import gates

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(manager) -> Place:
    return places.worked_in(manager)


def test_a_bonus_after_a_stop_comes_out_of_what_the_stop_left(place):
    batches.change(place.asked.batches.get(name="first"), "closed", place.manager)
    left = place.free()
    stopped(place)
    before = ledger.totals(place.project)
    key = uuid.uuid4()
    for _ in range(2):  # sent twice, it is paid once
        charges.bonus(place.project, place.worker, Decimal(5), "thorough", place.manager, key)
    after = ledger.totals(place.project)
    assert (after["bonuses"], after["available"], after["funded"]) == (5, 0, before["funded"] + 5)
    with pytest.raises(Refused, match="another movement"):
        charges.bonus(place.project, place.worker, Decimal(6), "thorough", place.manager, key)
    with pytest.raises(BadAmount, match=rf"At most \${left - 5:,.2f} of its money is left"):
        pay_bonus(place, str(left - 4))
    pay_bonus(place, str(left - 5))
    with pytest.raises(BadAmount, match=r"At most \$0\.00 of its money is left"):
        pay_bonus(place, "0.01")
    judge(place.project)


def test_a_bonus_after_a_stop_first_takes_what_is_free(place):
    stopped(place)
    batch = place.asked.batches.get(name="first")
    assert batch.state == "closed"
    correct(place)  # half a dollar is free again
    pay_bonus(place, "0.50")
    assert not Entry.objects.filter(project=place.project, idempotency_key__contains=":back:").exists()
    judge(place.project)


def test_what_is_owed_after_a_stop_may_be_settled_and_no_more_goes_in(place):
    stopped_owing(place)
    with pytest.raises(BadAmount, match=r"only to settle the overdraft: at most \$4\.51\."):
        put_in(place, "4.52")
    put_in(place, "4.51")
    assert ledger.totals(place.project)["overdraft"] == 0
    with pytest.raises(BadAmount, match="No more money goes in"):
        put_in(place, "0.01")
    judge(place.project)


def test_the_api_and_the_pages_say_so_too(place, api, client):
    stopped(place)
    base = f"/api/v1/projects/{place.project.pk}/"
    boss = api(place.manager)
    work = [
        ("patch", f"questions/{place.asked.pk}/batches/{place.batch.number}/", {"state": "open"}),
        ("post", f"questions/{place.asked.pk}/batches/", {"name": "more", "count": 1}),
        ("post", f"questions/{place.draft.pk}/publish/", {}),
        ("post", f"questions/{place.asked.pk}/recommendation/", {"way": "new"}),
        ("post", "budget/", {"amount": "5"}),
        ("post", "budget/", {"amount": "5", "phase": 2}),
        ("patch", f"phases/{place.project.phases.get(stage=3).pk}/", {"budget": "5"}),
    ]
    for method, path, body in work:
        reply = getattr(boss, method)(base + path, body, format="json")
        assert reply.status_code in (400, 409) and "was stopped at the gate of" in str(reply.json()), (
            path,
            reply.json(),
        )
        assert "Add funds" not in str(reply.json()) and "gets its money" not in str(reply.json())
    assert (
        boss.post(
            base + "bonuses/", {"username": "ada", "amount": "5", "reason": "thorough"}, format="json"
        ).status_code
        == 201
    )
    client.force_login(place.manager)
    here = f"/projects/{place.project.pk}/"
    page = client.get(here + "budget/").content.decode()
    assert "Add funds" not in page and "was stopped at the gate of" in page and "Withdraw" in page
    form = {"id": str(uuid.uuid4()), "amount": "5", "memo": "thorough"}
    assert client.post(f"{here}budget/pay/{place.worker.pk}/bonus/", form).status_code == 302
    refused = client.post(here + "budget/add/", form | {"id": str(uuid.uuid4())})
    assert refused.status_code == 400 and "was stopped at the gate of" in refused.content.decode()
    opened = client.post(f"{here}questions/{place.asked.pk}/batches/{place.batch.number}/", {"state": "open"})
    assert opened.status_code == 409 and "was stopped at the gate of" in opened.content.decode()
    assert ledger.totals(place.project)["bonuses"] == 10
    judge(place.project)


def test_after_a_stop_free_work_is_not_given_out_either(manager):
    project = make.project(manager, money=0)
    asked = make.question(project, price=Decimal(0))
    make.items(project, 2)
    gates.decide(current_phase(project), manager, Decision.STOP, "enough")
    with pytest.raises(Refused, match="stopped at the gate") as refused:
        batches.change(asked.batches.get(), "open", manager)
    assert refused.value.code == "stopped" and not queue.next_tasks(asked, manager, 3)
