"""What came of forecasts and estimates, on one page."""

import uuid
from decimal import Decimal

import pytest
from django.utils import timezone

from annotator import queue
from annotator.models import Role, TaskPlan
from annotator.models.batch import BatchState
from annotator.queue import batches
from datasets.labels import computation
from datasets.versions import versions
from tests import make
from workers.budget import estimates
from workers.overview import outcomes
from workers.training.backtest import Outcome, Record
from workers.training.models import Curve, Recommendation, Way

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("came", "verdict"),
    [(0.2, "inside"), (0.1, "inside"), (0.3, "inside"), (0.31, "optimistic"), (0.09, "pessimistic")],
)
def test_what_came_lies_inside_or_says_what_the_statement_was(came, verdict):
    assert Outcome("", 0.2, 0.1, 0.3, came).verdict == verdict


def test_what_was_known_beforehand_shows_nothing_unless_it_was_wrong():
    record = Record("x", "count", [Outcome("", 8, 8, 8, came) for came in (8, 9, 7)])
    assert [one.verdict for one in record.outcomes] == ["known", "optimistic", "pessimistic"]
    assert (record.count, record.inside) == (2, 0)


def test_the_three_sorts_are_all_there_are():
    record = Record("x", "share", [Outcome("", 0.2, 0.1, 0.3, came) for came in (0.05, 0.1, 0.2, 0.4, 0.5)])
    assert (record.count, record.inside, record.optimistic, record.pessimistic) == (5, 2, 2, 1)


def point(version: int, size: int, error: float, whole: bool = True) -> dict:
    return {"version": version, "size": size, "error": error, "whole": whole, "cost": f"{size * 0.02:.2f}"}


def test_a_goal_is_met_by_the_first_version_that_met_it(question):
    Curve.objects.create(
        question=question,
        points=[
            point(1, 100, 0.2),
            point(2, 200, 0.04, whole=False),
            point(2, 400, 0.08),
            point(3, 800, 0.05),
            point(4, 900, 0.03),
        ],
        forecast={"goal": {"error": 0.05, "enough": 640.0}},
    )
    found = outcomes.goal_of(question)
    assert (found.version, found.labels, found.money) == (3, 800, Decimal("16.00"))
    assert found.ratio == pytest.approx(1.25)


@pytest.mark.parametrize("goal", [None, {"error": 0.01, "enough": None}, {"error": 0.01, "enough": 90.0}])
def test_where_the_goal_is_not_met_nothing_is_said_of_it(question, goal):
    Curve.objects.create(question=question, points=[point(1, 100, 0.2)], forecast={"goal": goal} if goal else {})
    assert outcomes.goal_of(question) is None


@pytest.fixture
def answered(project, manager):
    """A question with a batch that two people finished, and one that was closed early."""
    question = make.question(project, plan=TaskPlan.BATCHES, overlap=1, test_overlap=1)
    make.items(project, 12)
    people = [make.user(), make.user()]
    for person in people:
        make.member(project, person, "annotator")
    whole = batches.change(batches.plan(question, manager, "whole", count=8), BatchState.OPEN, manager)
    for person in people:
        while tasks := queue.next_tasks(question, person):
            queue.submit(project, tasks[0].task_id, person, uuid.uuid4(), "yes")
    early = batches.change(batches.plan(question, manager, "early", count=4), BatchState.OPEN, manager)
    batches.change(early, BatchState.CLOSED, manager)
    batches.note_finished()
    question.whole = whole
    return question


def test_finished_batches_stand_beside_their_estimates(answered, as_role):
    records = {record.name: record for record in outcomes.of_question(answered)}
    assert set(records) == {
        "Answers of a batch",
        "Money of a batch",
        "People's time for a batch",
        "Time until a batch was done",
    }
    for record in records.values():
        assert [one.about for one in record.outcomes] == ["whole"], "a batch that was closed early was not estimated"
    came = estimates.actual(answered.whole)
    assert records["Answers of a batch"].outcomes[0].came == came.answers == 8
    assert records["Money of a batch"].outcomes[0].came == pytest.approx(came.money)
    said = (
        as_role(Role.STAKEHOLDER)
        .get(f"/projects/{answered.project_id}/outcomes/?question={answered.pk}")
        .content.decode()
    )
    assert "Answers of a batch: known beforehand" in said and "exactly 8" in said and "$0.16" in said


def test_the_page_says_where_nothing_came_yet(project, as_role):
    said = as_role(Role.STAKEHOLDER).get(f"/projects/{project.pk}/outcomes/").content.decode()
    assert "There is no outcome yet." in said


def test_a_forecast_and_its_outcome_are_on_the_page(question, manager, as_role):
    make.labelled_items(question, 6, 3, [make.user("a"), make.user("b"), make.user("c")])
    computation.compute(question)
    version, _ = versions.freeze(question, versions.build(question), manager)
    outcome = {"version": 2, "size": 20, "error": 0.4, "expected": 0.2, "low": 0.1, "high": 0.3, "inside": False}
    Recommendation.objects.create(version=version, best=Way.NEW, content={"size": 6}, outcome=outcome)
    Curve.objects.create(
        question=question,
        points=[point(1, 6, 0.2), point(2, 20, 0.1)],
        forecast={"goal": {"error": 0.1, "enough": 16.5}},
        updated_at=timezone.now(),
    )
    said = (
        as_role(Role.STAKEHOLDER)
        .get(f"/projects/{question.project_id}/outcomes/?question={question.pk}")
        .content.decode()
    )
    assert "0 of 1 outcomes were as expected." in said
    assert "version 1, shown by version 2" in said and "too optimistic" in said
    assert "The test of version 2 met the goal of 10.0%, with 1.2 times the labels that were needed" in said
