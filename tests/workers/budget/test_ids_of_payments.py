"""A client's id names one movement of money for good, and the audit trail holds only what moved."""

import uuid
from decimal import Decimal

import pytest

from annotator.models import AuditEntry
from annotator.refusal import Refused
from tests import make
from workers.budget import charges, funding
from workers.budget.models import Entry

pytestmark = pytest.mark.django_db


def trail(project) -> list[tuple[str, str]]:
    done = AuditEntry.objects.filter(project=project, action__in=["put money in", "took money back", "paid a bonus"])
    return [(entry.action, entry.detail["amount"]) for entry in done.order_by("pk")][1:]  # the first funds the project


@pytest.mark.parametrize("back", [False, True])
def test_one_id_of_the_api_moves_money_once(project, manager, api, back):
    client, key = api(manager), str(uuid.uuid4())
    path = f"/api/v1/projects/{project.pk}/budget/"
    body = {"id": key, "amount": "5", "back": back}
    first, again = (client.post(path, body, format="json") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201) and first.json()["id"] == again.json()["id"]
    other = client.post(path, body | {"amount": "6"}, format="json")
    assert other.status_code == 409 and other.json()["code"] == "id_taken"
    for more in ({"back": not back}, {"memo": "for snacks"}):
        assert client.post(path, body | more, format="json").status_code == 409
    assert len(trail(project)) == 1 and trail(project)[0][1] in ("5", "5.000000")


def test_one_id_pays_one_bonus_to_one_person(project, manager, annotator, api):
    client, key = api(manager), str(uuid.uuid4())
    other = make.user("other")
    make.member(project, other, "annotator")
    path = f"/api/v1/projects/{project.pk}/bonuses/"
    body = {"id": key, "username": "annotator", "amount": "1.50", "reason": "well done"}
    statuses = [
        client.post(path, body | more, format="json").status_code
        for more in ({}, {}, {"amount": "2"}, {"username": "other"}, {"reason": "thanks"})
    ]
    assert statuses == [201, 201, 409, 409, 409]
    assert Entry.objects.filter(kind="bonus").count() == 1 and trail(project) == [("paid a bonus", "1.500000")]


def test_the_same_id_in_another_project_is_another_id(project, manager):
    key = str(uuid.uuid4())
    for one, amount in ((project, "1"), (make.project(manager, name="Dogs"), "2")):
        funding.fund(one, Decimal(amount), manager, f"funding:{one.pk}:{key}")
    assert Entry.objects.filter(idempotency_key__endswith=key).count() == 2


def test_a_bonus_is_not_taken_for_a_funding_of_the_same_id(project, manager, annotator):
    key = uuid.uuid4()
    funding.fund(project, Decimal(1), manager, f"funding:{project.pk}:{key}")
    with pytest.raises(Refused, match="another movement"):
        charges.bonus(project, annotator, Decimal(1), "x", manager, key)
