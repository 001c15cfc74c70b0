"""Phases and gates: money comes at the gate, decisions are for good, and the evidence is frozen."""

import threading
import uuid
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from annotator import queue
from annotator.queue import batches
from annotator.refusal import Refused
from tests import make
from tests.workers.budget.judging import judge
from workers.budget import ledger
from workers.budget.models import Entry
from workers.budget.phase import Decision, Gate, Phase, Stage, current_phase
from workers.phases import briefs, gates, phases
from workers.phases.models import Feedback
from workers.sample.story import BRIEF

pytestmark = pytest.mark.django_db


@pytest.fixture
def whole(project, manager):
    """A project whose brief is whole."""
    briefs.write(project, manager, **BRIEF)
    return project


def decide(project, manager, decision=Decision.GO_ON, **more):
    return gates.decide(current_phase(project), manager, decision, more.pop("reason", "because"), **more)


def test_a_project_begins_in_the_first_of_six_phases(project):
    assert [phase.stage for phase in project.phases.all()] == [1, 2, 3, 4, 5, 6]
    assert current_phase(project).stage == Stage.DEFINING and current_phase(project).ends_at is not None


def test_going_on_begins_the_next_phase_and_releases_its_money(whole, manager):
    gate = decide(whole, manager, money="44.50", days=5)
    now = current_phase(whole)
    assert (now.stage, now.days, now.active, gate.to) == (2, 5, True, now)
    assert gate.phase.state == "passed" and gate.phase.ended_at
    entry = Entry.objects.get(idempotency_key=f"gate:{gate.pk}")
    assert (entry.amount, entry.phase, entry.by) == (Decimal("44.5"), now, manager)
    assert ledger.totals(whole)["available"] == Decimal("1044.50")
    judge(whole)


def test_what_is_spent_is_spent_in_its_phase(whole, manager):
    asked = make.question(whole)
    make.items(whole, 2)
    answer(asked, manager)
    first = current_phase(whole)
    decide(whole, manager)
    answer(asked, manager)
    assert ledger.totals(whole, first)["spent"] == ledger.totals(whole, current_phase(whole))["spent"] == asked.price
    judge(whole)


def answer(asked, person):
    task = queue.next_tasks(asked, person)[0].task_id
    queue.submit(asked.project, task, person, uuid.uuid4(), "yes")


def test_a_brief_with_gaps_keeps_the_first_gate_shut(project, manager):
    with pytest.raises(Refused, match="gaps") as refused:
        decide(project, manager)
    assert refused.value.code == "brief_has_gaps" and current_phase(project).stage == 1


def test_going_back_makes_another_go_and_leaves_the_old_one_as_it_was(whole, manager):
    decide(whole, manager)
    decide(whole, manager, Decision.GO_BACK, to_stage=1, money=2, days=3)
    assert (current_phase(whole).stage, current_phase(whole).attempt) == (1, 2)
    decide(whole, manager)
    assert (current_phase(whole).stage, current_phase(whole).attempt) == (2, 2)
    states = list(whole.phases.order_by("began_at").exclude(began_at=None).values_list("stage", "attempt", "state"))
    assert states == [(1, 1, "passed"), (2, 1, "left"), (1, 2, "passed"), (2, 2, "active")]
    assert [(phase.stage, phase.attempt) for phase in phases.line(whole)][:3] == [(1, 2), (2, 2), (3, 1)]


def test_from_production_nobody_goes_back(whole, manager):
    for _ in range(4):
        decide(whole, manager)
    assert current_phase(whole).stage == 5
    with pytest.raises(Refused, match="nobody goes back"):
        decide(whole, manager, Decision.GO_BACK, to_stage=3)
    decide(whole, manager)
    decide(whole, manager)  # another term of maintenance
    assert (current_phase(whole).stage, current_phase(whole).attempt) == (6, 2)


def test_stopping_closes_what_is_open_and_takes_the_available_money_back(whole, manager):
    asked = make.question(whole)
    make.items(whole, 3)
    held = queue.next_tasks(asked, manager)[0]
    decide(whole, manager, Decision.STOP, reason="out of reach")
    assert asked.batches.get().state == "closed" and not current_phase(whole).active
    assert ledger.totals(whole)["available"] == 0 and ledger.totals(whole)["reserved"] == asked.price
    queue.submit(whole, held.task_id, manager, uuid.uuid4(), "yes")  # what was in hand is still paid
    assert ledger.totals(whole)["spent"] == asked.price
    with pytest.raises(Refused, match="decided before"):
        decide(whole, manager)
    with pytest.raises(Refused, match="stopped at the gate"):
        batches.change(asked.batches.get(), "open", manager)
    judge(whole)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"reason": "  "}, "no_reason"),
        ({"decision": "perhaps"}, "no_decision"),
        ({"decision": "go_back"}, "no_target"),
        ({"decision": "go_back", "to_stage": 4}, "no_target"),
        ({"money": "-1"}, "bad_amount"),
        ({"money": "0.001"}, "bad_amount"),
        ({"money": "much"}, "bad_amount"),
        ({"money": "1e30"}, "bad_amount"),
        ({"days": 0}, "bad_days"),
        ({"days": 99999}, "bad_days"),
    ],
)
def test_a_bad_decision_decides_nothing(whole, manager, said, code):
    before = (Entry.objects.count(), list(Phase.objects.values_list("state", "current")))
    with pytest.raises(Refused) as refused:
        decide(whole, manager, **said)
    assert refused.value.code == code and not Gate.objects.exists()
    assert before == (Entry.objects.count(), list(Phase.objects.values_list("state", "current")))


def test_evidence_holds_no_draft(whole, manager):
    make.question(whole, text="Is this asked?")
    make.question(whole, text="A secret draft?", draft=True)
    gate = decide(whole, manager)
    assert [one["text"] for one in gate.evidence["questions"]] == ["Is this asked?"]
    assert "secret" not in str(gate.evidence)


def test_the_evidence_is_a_copy_that_nothing_changes(whole, manager):
    asked = make.question(whole)
    make.items(whole, 2)
    answer(asked, manager)
    Feedback.objects.create(phase=current_phase(whole), user=manager, verdict="useful", text="so far")
    gate = decide(whole, manager)
    frozen = gate.evidence
    assert frozen["money"]["spent"] == "0.020000" and frozen["questions"][0]["answers"] == 1
    assert frozen["feedback"] == [{"who": manager.display_name, "verdict": "Useful as it is", "text": "so far"}]
    assert frozen["brief"]["question"] == BRIEF["question"]
    answer(asked, manager)
    briefs.write(whole, manager, question="Another?")
    assert Gate.objects.get().evidence == frozen
    for change in (lambda: Gate.objects.update(reason="x"), lambda: Gate.objects.all().delete()):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()


@pytest.mark.django_db(transaction=True)
def test_two_who_decide_at_once_decide_once(whole, manager):
    phase, said = current_phase(whole), []

    def run():
        try:
            gates.decide(phase, manager, Decision.GO_ON, "because", money=10)
            said.append("done")
        except Refused as problem:
            said.append(problem.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["decided"] * 3 + ["done"] and ledger.totals(whole)["available"] == 1010


def test_a_plan_is_changed_until_the_phase_is_over(whole, manager):
    first, third = whole.phases.get(stage=1), whole.phases.get(stage=3)
    phases.plan(third, manager, goal="learn", budget=Decimal("84"), days=20)
    asked = make.question(whole)
    make.items(whole)
    answer(asked, manager)
    with pytest.raises(Refused, match="spent in this phase already"):
        phases.plan(first, manager, goal="", budget=Decimal("0.01"), days=1)
    for budget, days in (("-1", 1), ("0.001", 1), ("NaN", 1), ("1e12", 1), ("1", 0), ("1", 4000)):
        with pytest.raises(Refused):
            phases.plan(first, manager, goal="", budget=Decimal(budget), days=days)
    decide(whole, manager)
    with pytest.raises(Refused, match="is over"):
        phases.plan(first, manager, goal="", budget=Decimal(5), days=1)


def test_the_pages(whole, manager, client):
    client.force_login(manager)
    base = f"/projects/{whole.pk}/"
    phase = current_phase(whole)
    assert b"The gate of" in client.get(base + "phases/").content
    refused = client.post(f"{base}phases/{phase.pk}/decide/", {"decision": "go_on", "reason": "", "money": "5"})
    assert refused.status_code == 400 and b"Say why" in refused.content and b'value="5"' in refused.content
    done = client.post(
        f"{base}phases/{phase.pk}/decide/", {"decision": "go_on", "reason": "<b>clear</b>", "money": "5", "days": "9"}
    )
    assert done.status_code == 302
    page = client.get(done.url).content.decode()
    assert "On from “Defining the problem” to “Finding a model”" in page and "&lt;b&gt;clear" in page
    again = client.post(f"{base}phases/{phase.pk}/decide/", {"decision": "go_on", "reason": "again"})
    assert again.status_code == 409 and b"decided before" in again.content
    planned = whole.phases.get(stage=3)
    form = {"goal": "g", "budget": "80", "days": "12"}
    assert client.post(f"{base}phases/{planned.pk}/plan/", form).status_code == 302
    for wrong in ({"budget": "-1"}, {"budget": ""}, {"days": "0"}, {"budget": "0.001"}):
        assert client.post(f"{base}phases/{planned.pk}/plan/", form | wrong).status_code == 400, wrong


def test_the_api(whole, manager, api):
    base, boss = f"/api/v1/projects/{whole.pk}/", api(manager)
    listed = boss.get(base + "phases/").json()
    assert [one["name"] for one in listed][:2] == ["Defining the problem", "Finding a model"]
    address = f"{base}phases/{listed[0]['id']}/gate/"
    for wrong in ({"decision": "go_on"}, {"reason": "x"}, {"decision": "go_on", "reason": "x", "money": "-4"}):
        assert boss.post(address, wrong, format="json").status_code == 400
    body = {"decision": "go_on", "reason": "clear", "money": "4"}
    done = boss.post(address, body, format="json")
    assert done.status_code == 201 and done.json()["evidence"]["money"]["spent"] == "0.000000"
    assert boss.post(address, body, format="json").status_code == 409
    assert [one["decision"] for one in boss.get(base + "gates/").json()] == ["go_on"]
    changed = boss.patch(f"{base}phases/{listed[2]['id']}/", {"budget": "50"}, format="json")
    assert changed.status_code == 200 and changed.json()["budget"] == "50.000"
    assert boss.patch(f"{base}phases/{listed[2]['id']}/", {"budget": "-50"}, format="json").status_code == 400


def test_a_plan_that_is_no_object_is_refused(project, manager, api):
    phase = project.phases.get(current=True)
    for body in (["goal"], "goal", 7, None):
        reply = api(manager).patch(f"/api/v1/projects/{project.pk}/phases/{phase.pk}/", body, format="json")
        assert reply.status_code in (200, 400) and reply.status_code == (200 if body is None else 400), body
