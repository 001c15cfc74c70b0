"""A page of one person in a browser where another is signed in by now; and what a person is told of their pay."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from annotator import queue
from annotator.kinds import bootstrap
from annotator.models import Answer, Assignment, Role
from annotator.people import tokens
from tests import make
from workers.budget import corrections
from workers.budget.models import Entry, Pay

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def ann(project):
    person = make.user("ann")
    make.member(project, person, Role.ANNOTATOR)
    return person


@pytest.fixture
def bob(project):
    person = make.user("bob")
    make.member(project, person, Role.ANNOTATOR)
    return person


def test_a_request_for_one_person_under_the_session_of_another_does_nothing(question, ann, bob):
    make.items(question.project, 2)
    base = f"/api/v1/projects/{question.project_id}/"
    [task] = queue.next_tasks(question, bob)
    browser = Client()
    browser.force_login(bob)
    answer = {"id": str(uuid.uuid4()), "value": "yes"}
    own = f"{base}tasks/{task.public_id}/"
    requests = {
        f"{base}questions/{question.pk}/tasks/next/": {"count": 3},
        f"{own}answer/": answer,
        f"{own}skip/": {"reason": "x"},
        f"{own}return/": {},
        f"{own}renew/": {},
        f"{base}questions/{question.pk}/flags/": {"comment": "unclear"},
    }
    for claimed in (str(ann.pk), "0", "", "x", f"0{bob.pk}"):
        for path, body in requests.items():
            reply = browser.post(path, body, JSON, headers={"X-Marginalia-Person": claimed})
            assert (reply.status_code, reply.json()["code"]) == (409, "other_person"), (path, claimed)
            assert "bob" in reply.json()["detail"]
    pay = f"{base}questions/{question.pk}/pay/"
    assert browser.get(pay, headers={"X-Marginalia-Person": str(ann.pk)}).json()["code"] == "other_person"
    assert not Answer.objects.exists() and not question.flags.exists()
    assert [(one.worker, one.state) for one in Assignment.objects.all()] == [(bob, "held")]
    # An intermediary's sign-in does not switch the comparison off; the right person is let through, and so is no header.
    foreign = {"X-Marginalia-Person": str(ann.pk), "Authorization": "Basic eDp5"}
    assert browser.post(f"{own}answer/", answer, JSON, headers=foreign).json()["code"] == "other_person"
    reply = browser.post(f"{own}answer/", answer, JSON, headers={"X-Marginalia-Person": str(bob.pk)})
    assert reply.status_code == 201
    assert browser.post(f"{own}answer/", answer, JSON).status_code == 200


def test_a_token_and_no_sign_in_are_not_compared(question, ann, bob):
    make.items(question.project, 1)
    path = f"/api/v1/projects/{question.project_id}/questions/{question.pk}/tasks/next/"
    token = tokens.issue(bob, "test")[1]
    headers = {"X-Marginalia-Person": str(ann.pk)}
    assert Client().post(path, {}, JSON, headers=headers | {"Authorization": f"Token {token}"}).status_code == 200
    assert Client().post(path, {}, JSON, headers=headers).status_code == 401


def submit(question, person):
    [task] = queue.next_tasks(question, person)
    queue.submit(question.project, task.task_id, person, uuid.uuid4(), "yes", 1000)


def test_a_person_is_told_what_the_ledger_booked_for_the_question(question, ann, bob):
    question.price = Decimal("0.005")
    question.save()
    make.items(question.project, 4)
    for person in (ann, ann, ann, bob):
        submit(question, person)
    assert bootstrap.booked(question, ann) == {
        "mode": "answer", "earned": "0.015000", "day_ms": 0, "day_most_ms": 0,
    }  # fmt: skip
    entry = Entry.objects.filter(kind="answer", worker=ann).first()
    corrections.correct(entry, question.project.members.first().user, "a mistake")
    assert Decimal(bootstrap.booked(question, ann)["earned"]) == Decimal("0.010")
    Pay.objects.create(project=question.project, worker=ann, mode="free")
    submit(question, ann)
    told = bootstrap.booked(question, ann)
    assert (told["mode"], Decimal(told["earned"])) == ("free", Decimal("0.010"))


def test_by_the_hour_a_person_is_told_how_much_of_the_day_is_paid(question, ann):
    today = timezone.now().date()
    pay = Pay.objects.create(
        project=question.project,
        worker=ann,
        mode="hour",
        hourly=36,
        daily_hours=Decimal("0.05"),
        day=today,
        day_ms=170_000,
    )
    told = bootstrap.booked(question, ann)
    assert (told["mode"], told["day_ms"], told["day_most_ms"]) == ("hour", 170_000, 180_000)
    Pay.objects.filter(pk=pay.pk).update(day=today - timedelta(days=1))
    assert bootstrap.booked(question, ann)["day_ms"] == 0
