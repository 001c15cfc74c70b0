"""Each figure is one number: headline, cards, goal and record agree, and nothing counts twice."""

import uuid
from decimal import Decimal

import numpy as np
import pytest

from annotator import jobs, queue
from annotator.intake import imported
from annotator.items import withdrawal
from annotator.models import AuditEntry, Item, Job, Review, Role, Split, TaskPlan
from annotator.models.batch import BatchState
from annotator.people import members
from annotator.projects import create
from annotator.queue import batches
from annotator.queue.redundancy import increase_redundancy
from datasets.labels import computation
from datasets.models import Label
from datasets.versions import versions
from tests import make
from tests.workers.test_overview import POINTS
from workers.budget.phase import Decision, current_phase
from workers.overview import outcomes
from workers.phases import gates, pace
from workers.training import gains, outlook
from workers.training.curve import worth
from workers.training.models import Curve, Recommendation, Way
from workers.training.sentences import Available, of_project, summarise
from workers.training.sentences.recommendation import newest_summary

pytestmark = pytest.mark.django_db


def curve_of(rng: np.random.Generator) -> list[dict]:
    """Return the points of a simulated curve: a power law with a floor, measured with the luck of a test set."""
    size, a, b, c = int(rng.integers(10, 60)), rng.uniform(0.3, 3), rng.uniform(0.1, 0.9), rng.uniform(0, 0.15)
    tests, points = int(rng.integers(30, 2000)), []
    for number in range(1, int(rng.integers(4, 7))):
        true = float(np.clip(a * size**-b + c, 0.002, 0.9))
        errors = [float(rng.binomial(tests, true) / tests) for _ in range(int(rng.integers(1, 4)))]
        points.append(
            {
                "version": number,
                "run": number,
                "size": size,
                "error": float(np.mean(errors)),
                "errors": errors,
                "runs": len(errors),
                "cost": "1",
                "test_count": tests,
                "guess_error": 0.9,
            }
        )
        size = int(size * rng.uniform(1.3, 3))
    return points


@pytest.mark.parametrize("seed", [*range(40), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(40, 500))])
def test_the_headline_and_the_card_of_new_items_name_one_error(question, seed):
    rng = np.random.default_rng(seed)
    points = curve_of(rng)
    found = outlook.look_ahead(question, points)
    if "next" not in found:
        assert "problem" in found
        return
    law = outlook.law_of(points)
    for factor in (1.0, float(rng.uniform(0.2, 3))):
        size = found["size"] + found["next"]["labels"] * factor
        gain = worth.of_size(law, size, now=found["size"])
        card = gains._as_dict(law, found["size"], gain, 1, 1, Decimal(1), "")
        assert card["now"] == pytest.approx(found["next"]["now"])
        assert card["now"] - card["gain"] == pytest.approx(card["error"])
        assert card["low"] <= card["gain"] <= card["high"]
        if factor == 1.0 and card["gain"] > 0:
            assert card["error"] == pytest.approx(found["next"]["error"], abs=1e-9)
    ahead, said = found["next"], summarise(found, points, None, "USD")
    if "bring it to about" in said.after:
        assert f"{ahead['error'] * 100:.1f}" in said.after and ahead["error"] <= found["error"]


def test_labels_are_the_limit_only_where_more_answers_are_recommended(question):
    found = outlook.look_ahead(question, POINTS)
    found["limit"] = {"low": 0.2, "high": 0.3, "right": 0.04, "more": 0.05, "times": 4, "labels": True}
    found["goal"] = {"error": 0.05, "action": "met", "next_chance": 0.9}
    for best, limited in ((None, True), (Way.AGAIN, True), (Way.NEW, False), (Way.UNSURE, False)):
        said = summarise(found, POINTS, 0.05, "USD", best=best)
        assert ("are the limit" in said.before) is limited
        assert any(head == "Wrong labels cost much." for head, _ in said.notes) is not limited
        assert any(head == "The goal is reached." for head, _ in said.notes), "the goal is named either way"


def test_a_new_goal_is_computed_anew_and_never_wears_the_old_numbers(question, manager):
    project = question.project
    create.change(project, manager, goal_error=0.05)
    Curve.objects.create(question=question, points=POINTS, forecast=outlook.look_ahead(question, POINTS))
    before = dict(of_project(project, question).notes)
    create.change(project, manager, goal_error=0.02)
    assert Job.objects.get(kind="curve").title == "Learning curve for a new goal"
    said = dict(of_project(project, question).notes)
    assert "being computed" in said["The goal"] and said["The goal"] != before["The goal"]
    assert AuditEntry.objects.filter(project=project, action="changed the project").count() == 2


def test_what_a_purchase_lacks_is_said(question):
    question.project.goal_error = 0.03
    found = outlook.look_ahead(question, POINTS)
    assert found["goal"]["action"] == "buy"
    wanted = found["goal"]["next_labels"]

    def said(*supply) -> str:
        return dict(summarise(found, POINTS, 0.03, "USD", supply=Available(*supply)).notes)["The goal"]

    assert "imported" not in said(0, 10**6, Decimal(10**6)) and "available" not in said(0, 10**6, Decimal(10**6))
    assert f"{wanted - 3:,} new items must be imported" in said(2, 1, Decimal(10**6))
    assert "2 of them are asked for already" in said(2, 1, Decimal(10**6))
    assert "Only $1.00 is available" in said(0, 10**6, Decimal(1))


def test_a_label_dearer_than_the_sum_is_weighed_at_its_price(question):
    question.price = Decimal(150)
    found = outlook.look_ahead(question, POINTS)
    assert (found["next"]["labels"], Decimal(found["sum"])) == (1, 300)
    assert summarise(found, POINTS, None, "USD").money == "$300.00"


@pytest.fixture
def labelled(question, manager):
    make.labelled_items(question, 8, 4, [make.user("a"), make.user("b"), make.user("c")])
    computation.compute(question)
    return question


def test_the_same_items_frozen_by_other_rules_are_the_same_version(labelled, manager):
    first, new = versions.freeze(labelled, versions.build(labelled), manager)
    again, newer = versions.freeze(labelled, versions.build(labelled, min_answers=2), manager)
    assert new and not newer and again == first
    Label.objects.filter(question=labelled, item__split=Split.TRAIN).first().delete()
    other, new = versions.freeze(labelled, versions.build(labelled), manager)
    assert new and other != first and other.items_sha256 != first.items_sha256


@pytest.mark.django_db(transaction=True)  # each answer has a time of its own
def test_a_batch_keeps_its_record_when_its_items_are_asked_again(project, manager):
    asked = make.question(project, plan=TaskPlan.BATCHES, overlap=1, test_overlap=1, most_overlap=3)
    make.items(project, 8)
    people = [make.user(), make.user()]
    for person in people:
        make.member(project, person, "annotator")
    batch = batches.change(batches.plan(asked, manager, "whole", count=8), BatchState.OPEN, manager)
    answer_all(asked, people[0])
    batches.note_finished()
    [before] = [record.outcomes for record in outcomes.of_question(asked) if record.name == "Answers of a batch"]
    assert increase_redundancy(asked, list(Item.objects.values_list("pk", flat=True))) == 8
    batch.refresh_from_db()
    assert batch.finished_at is None and batch.first_finished_at is not None
    answer_all(asked, people[1], 3)
    [after] = [record.outcomes for record in outcomes.of_question(asked) if record.name == "Answers of a batch"]
    assert after == before, "what came later was not estimated"


def answer_all(asked, person, most: int = 10**6) -> None:
    while most > 0 and (tasks := queue.next_tasks(asked, person)):
        queue.submit(asked.project, tasks[0].task_id, person, uuid.uuid4(), "yes")
        most -= 1


def test_second_looks_are_no_new_labels_of_the_next_week(project, manager):
    asked = make.question(project, overlap=1, test_overlap=1, most_overlap=3)
    done = make.items_of_split(project, Split.TRAIN, 6)
    person = make.user()
    make.member(project, person, "annotator")
    answer_all(asked, person)
    make.items_of_split(project, Split.TRAIN, 4)
    increase_redundancy(asked, [item.pk for item in done])
    assert gains.open_labels(asked) == 4
    week = pace.next_week(asked, pace.last_week(project), None, queue.progress(asked))
    assert week["answers"] > week["labels"] and week["labels"] <= 4


def test_finished_labels_and_withdrawn_items_are_no_labels_of_the_next_week(project, manager):
    asked = make.question(project, overlap=1, test_overlap=1)
    items = make.items_of_split(project, Split.TRAIN, 8)
    finished = [(item.pk, imported.RawAnswer("", "yes")) for item in items[:4]]
    assert imported.take_in(project, asked, manager, finished, "labels", "labels.csv") == [None] * 4
    withdrawal.withdraw(project, [items[7].pk], manager, "Twice here")
    assert gains.open_labels(asked) == 3
    person = make.user()
    make.member(project, person, "annotator")
    answer_all(asked, person, 1)
    week = pace.next_week(asked, pace.last_week(project), None, queue.progress(asked))
    assert week["labels"] <= week["answers"] <= 2


def test_what_was_spent_is_said_and_not_what_might_have_been(question, manager, as_role):
    make.labelled_items(question, 6, 3, [make.user("a"), make.user("b")])
    computation.compute(question)
    version, _ = versions.freeze(question, versions.build(question), manager)
    way = {"gain": 0.02, "low": 0.0, "high": 0.04, "now": 0.1, "error": 0.08, "size": 9, "items": 5, "answers": 5}
    basis = {"unsure": 5, "corrected": 2.4, "new_items": 0}
    Recommendation.objects.create(
        version=version,
        best=Way.AGAIN,
        published=Way.AGAIN,
        content={"size": 6, "sum": "100", "line": [], "ways": {Way.AGAIN: way | {"money": "22.24", "basis": basis}}},
    )
    Curve.objects.create(question=question, points=POINTS, forecast=outlook.look_ahead(question, POINTS))
    assert newest_summary(question)["spent"] == "22.24"
    page = as_role(Role.MANAGER).get(f"/projects/{question.project_id}/runs/?question={question.pk}").content.decode()
    assert "$22.24 went to more answers" in page


def test_what_cannot_be_changed_is_refused_and_not_dropped(question, manager, api):
    address = f"/api/v1/projects/{question.project_id}/"
    for path, sent in (
        (f"questions/{question.pk}/", {"price": "0.07"}),
        ("", {"role": "stakeholder"}),
        ("", {"nonsense": 1}),
    ):
        answer = api(manager).patch(address + path, sent, format="json")
        assert answer.status_code == 400 and set(answer.json()) == set(sent), answer.content
    whole = api(manager).get(f"{address}questions/{question.pk}/").json()
    answer = api(manager).patch(
        f"{address}questions/{question.pk}/", whole | {"instructions": "Look twice."}, format="json"
    )
    assert answer.status_code == 200 and answer.json()["instructions"] == "Look twice."


def test_a_goal_that_changes_while_its_curve_is_drawn_is_computed_again(labelled, manager, monkeypatch):
    project, computed = labelled.project, outlook.computed
    monkeypatch.setattr(outlook, "collect", lambda question: POINTS)
    create.change(project, manager, goal_error=0.05)
    Curve.objects.create(question=labelled, points=POINTS, forecast=outlook.look_ahead(labelled, POINTS))
    changed = []

    def meanwhile(question):
        values = computed(question)
        if not changed:
            changed.append(create.change(type(project).objects.get(pk=project.pk), manager, goal_error=0.03))
        return values

    monkeypatch.setattr(outlook, "computed", meanwhile)
    create.change(type(project).objects.get(pk=project.pk), manager, goal_error=0.04)
    first = Job.objects.filter(kind="curve").latest("created_at")
    jobs.run(first.pk)
    assert Curve.objects.get().forecast["goal"]["error"] == 0.03


def test_after_a_stop_no_page_says_what_to_buy(question, manager, as_role):
    question.project.goal_error = 0.03
    question.project.save()
    Curve.objects.create(question=question, points=POINTS, forecast=outlook.look_ahead(question, POINTS))
    assert "The next" in of_project(question.project, question).before
    gates.decide(current_phase(question.project), manager, Decision.STOP, "enough")
    said = of_project(question.project, question)
    assert said.before == "The error is 6.0%." and not any("Buy" in text for _, text in said.notes)


def test_nothing_is_expected_of_a_closed_batch_or_of_people_who_are_paused(project, manager):
    asked = make.question(project, plan=TaskPlan.BATCHES, overlap=1, test_overlap=1)
    make.items(project, 8)
    person = make.user()
    make.member(project, person, "annotator")
    batch = batches.change(batches.plan(asked, manager, "one", count=8), BatchState.OPEN, manager)
    answer_all(asked, person, 3)
    week = pace.next_week(asked, pace.last_week(project), None, queue.progress(asked))
    assert week["answers"] > 0
    members.pause(project.members.get(user=person), manager, "away")
    project.members.filter(user=manager).update(presence="paused")
    assert pace.next_week(asked, pace.last_week(project), None, queue.progress(asked))["nobody"]
    batches.change(batch, BatchState.CLOSED, manager)
    assert queue.progress(asked).answers_wanted == 3


def test_a_link_to_a_risk_is_shown_to_those_who_may_open_it(question, as_role):
    Review.objects.create(task=make.items(question.project, 1) and question.tasks.get(), trigger="asked")
    for role, link in ((Role.MANAGER, True), (Role.STAKEHOLDER, False)):
        page = as_role(role).get(f"/projects/{question.project_id}/").content.decode()
        assert "waits for a reviewer" in page
        assert (f"/questions/{question.pk}/review/" in page.split("Needs attention")[1]) is link
