"""What the next sum buys: weighed, published with one click, once, and judged by what came of it."""

from decimal import Decimal

import pytest

from annotator.models import BatchState, Split, TaskPlan
from annotator.models.job import JobState
from annotator.queue import batches
from annotator.refusal import Refused
from tests import make
from tests.workers.training.setting import frozen, shades
from workers.budget import ledger
from workers.training import backtest, publishing
from workers.training.learning.networks.picture import PictureNetwork
from workers.training.models import Recommendation, Way
from workers.training.sentences.recommendation import newest_summary

pytestmark = [pytest.mark.django_db, pytest.mark.slow]  # each trains


@pytest.fixture(autouse=True)
def _short(monkeypatch):
    monkeypatch.setattr(PictureNetwork, "passes", (3, 4))


@pytest.fixture
def asked(project):
    return make.question(project, plan=TaskPlan.BATCHES, price=Decimal("2"), overlap=1, most_overlap=3)


@pytest.fixture
def made(asked, manager):
    """A trained version of 70 items with doubtful labels, and 200 items nobody was asked about."""
    make.items_of_split(asked.project, Split.TRAIN, 200)
    frozen(asked, manager, shades(70), shades(16, 500), probability=0.8)
    for lane in ("gpu", "gpu", "default"):
        make.run_jobs(lane)
    return Recommendation.objects.get()


def test_each_way_has_its_gain_its_interval_and_its_price(made):
    ways = made.content["ways"]
    assert set(ways) >= {"new", "unsure"}
    for way in ways.values():
        assert way["low"] <= way["gain"] <= way["high"] and way["basis"] and Decimal(way["money"]) <= 100
    assert ways["new"]["items"] == 50 and Decimal(ways["new"]["money"]) == 100
    shown = {one["way"]: one["why"] for one in newest_summary(made.version.question)["ways"]}
    assert shown["new"].startswith("1 answer each")
    assert "the trial on 35 of the labels here says little" in shown["unsure"]


def test_new_items_are_asked_about_with_one_click_and_once(made, asked, manager):
    publishing.publish(made, Way.NEW, manager)
    made.refresh_from_db()
    assert made.batch.state == BatchState.OPEN and made.batch.tasks.count() == 50
    assert ledger.totals(asked.project)["reserved"] == 100
    assert set(made.batch.tasks.values_list("item__split", flat=True)) == {Split.TRAIN}
    with pytest.raises(Refused, match="already"):
        publishing.publish(made, Way.NEW, manager)


def test_the_unsure_are_chosen_by_the_model_in_its_order(made, manager):
    publishing.publish(made, Way.UNSURE, manager)
    make.run_jobs("gpu")
    made.refresh_from_db()
    assert made.job.state == JobState.DONE and made.batch.tasks.count() == 50
    assert len(set(made.batch.tasks.values_list("priority", flat=True))) == 50
    assert not made.batch.tasks.filter(item__split=Split.TEST).exists()


def test_a_choice_that_did_not_work_can_be_made_again(made, asked, manager):
    publishing.publish(made, Way.UNSURE, manager)
    batches.plan(asked, manager, "all")
    make.run_jobs("gpu")
    made.refresh_from_db()
    assert made.published == "" and made.job is None


def test_without_money_nothing_is_published(made, asked, manager):
    from workers.budget import funding

    funding.cut(asked.project, Decimal(950), manager, "c", "")
    for way in (Way.NEW, Way.UNSURE):
        with pytest.raises(Refused, match="missing"):
            publishing.publish(made, way, manager)
    made.refresh_from_db()
    assert made.published == "" and made.batch is None


def test_an_unknown_way_is_refused(made, manager):
    with pytest.raises(Refused, match="weighed"):
        publishing.publish(made, "gold", manager)


def test_more_answers_go_to_the_labels_that_gain_most(project, manager):
    people = [make.user() for _ in range(2)]
    for person in people:
        make.member(project, person, "annotator")
    asked = make.question(project, price=Decimal("1"), overlap=2, test_overlap=2, most_overlap=3)
    make.labelled_items(asked, 70, 16, people[:1])
    said = iter(range(1000))
    _disagree(asked, people[1], said)
    from datasets.labels import computation
    from datasets.versions import versions

    computation.compute(asked)
    versions.freeze(asked, versions.build(asked), manager)
    for lane in ("gpu", "gpu", "default"):
        make.run_jobs(lane)
    made = Recommendation.objects.get()
    assert made.content["ways"]["again"]["items"] > 0
    before = asked.tasks.filter(overlap=3).count()
    publishing.publish(made, Way.AGAIN, manager)
    assert asked.tasks.filter(overlap=3).count() - before == made.content["ways"]["again"]["items"]


def _disagree(asked, person, numbers) -> None:
    import uuid

    from annotator import queue

    while tasks := queue.next_tasks(asked, person, 3):
        for one in tasks:
            value = "yes" if next(numbers) % 3 else "no"
            queue.submit(asked.project, one.task_id, person, uuid.uuid4(), value)


def test_a_later_version_shows_how_right_it_was(made, asked, manager):
    frozen(asked, manager, shades(120), shades(16, 500), probability=0.8)
    for lane in ("gpu", "gpu", "default"):
        make.run_jobs(lane)
    made.refresh_from_db()
    assert made.outcome["size"] == 120 and made.outcome["low"] <= made.outcome["expected"] <= made.outcome["high"]
    assert backtest.record(asked).count == 1


def test_the_queue_is_put_in_the_models_order_and_test_items_stand_among_the_others(asked, made, manager):
    batch = batches.plan(asked, manager, "all", count=100)
    tests = make.items_of_split(asked.project, Split.TEST, 3)
    more = batches.plan(asked, manager, "tests", items=[item.pk for item in tests])
    for one in (batch, more):
        batches.change(one, BatchState.OPEN, manager)
    publishing.ask_for_order(asked, manager)
    make.run_jobs("gpu")
    assert len(set(batch.tasks.values_list("priority", flat=True))) == 100
    assert all(-99 <= priority <= 0 for priority in more.tasks.values_list("priority", flat=True))


def test_without_a_model_there_is_no_order(project, manager):
    with pytest.raises(Refused, match="No model"):
        publishing.ask_for_order(make.question(project), manager)
