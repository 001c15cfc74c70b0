"""Trainings from a freeze to a curve: planned after a probe, paid out of what was held, each run once."""

from decimal import Decimal

import pytest

from annotator import jobs, storage
from annotator.models import Job
from annotator.models.job import JobState
from annotator.refusal import Refused
from tests import make
from tests.workers.training.setting import frozen, shades
from workers.budget import funding, ledger
from workers.budget.models import Entry, Machine
from workers.training import trainings
from workers.training.learning.networks.picture import PictureNetwork
from workers.training.models import Curve, Recommendation, Training, TrainingRun

pytestmark = [pytest.mark.django_db, pytest.mark.slow]  # each trains


@pytest.fixture(autouse=True)
def _short(monkeypatch):
    monkeypatch.setattr(PictureNetwork, "passes", (4, 6))


@pytest.fixture
def version(question, manager):
    return frozen(question, manager, shades(40), shades(16, 500))


def finish() -> None:
    """Plan, run and conclude."""
    for lane in ("gpu", "gpu", "default"):
        make.run_jobs(lane)


def test_a_freeze_plans_a_training_once(version):
    training = version.trainings.get()
    assert training.job.queue == "gpu" and training.job.state == JobState.WAITING and not training.runs.exists()
    assert trainings.begin(version, "picture") == training


def test_the_plan_probes_estimates_holds_and_begins_nested_runs(version, project):
    make.run_jobs("gpu")
    training = version.trainings.get()
    assert training.job.state == JobState.DONE and training.sizes == [10, 20, 40]
    assert training.probe["examples"] == 20 and training.probe["mistakes"] <= 0.2 and training.probe["guess_error"] > 0
    assert training.seconds > 0 and training.cost > 0
    sizes = list(training.runs.order_by("train_size", "seed").values_list("train_size", "seed"))
    assert sizes == [(10, 0), (10, 1), (10, 2), (20, 0), (20, 1), (40, 0), (40, 1)]
    held = sum(run.reserved for run in training.runs.all())
    assert held > 0 and ledger.balances(project)["training"] == held == ledger.totals(project)["reserved"]
    assert all(run.job.parent == training.job for run in training.runs.all())


def test_every_run_ends_once_is_charged_once_and_the_rest_is_set_free(version, project):
    finish()
    finish()
    training = version.trainings.get()
    found = list(training.runs.select_related("job"))
    assert {run.job.state for run in found} == {JobState.DONE}
    charged = Entry.objects.filter(kind="compute")
    assert charged.count() == len(found) and sum(run.cost for run in found) == sum(one.amount for one in charged)
    assert ledger.balances(project)["training"] == 0 and ledger.balances(project)["overdraft"] == 0
    assert all(len(run.weights_sha256) == 64 and run.packages["torch"] and run.stopped for run in found)


def test_then_there_is_a_curve_with_findings_and_a_recommendation(version):
    finish()
    curve = Curve.objects.get()
    assert [point["size"] for point in curve.points] == [10, 20, 40] and [p["runs"] for p in curve.points] == [3, 2, 2]
    assert "line" in curve.forecast and "<svg" in curve.svg_wide and curve.forecast["next"]["precision"]["low"] >= 0
    training = version.trainings.get()
    assert training.found["judged"] == 40 and training.found["test_noise"]["low"] == 0
    assert Recommendation.objects.get().content["ways"]["new"]["money"]


def test_a_training_that_the_budget_does_not_cover_is_refused_and_can_be_started_again(version, project, manager):
    Machine.objects.filter(project=project).update(hourly_price=Decimal(900_000))
    make.run_jobs("gpu")
    training = version.trainings.get()
    assert training.job.state == JobState.FAILED and "is available. Add funds" in training.job.error
    assert not TrainingRun.objects.exists() and ledger.balances(project)["training"] == 0
    assert not Entry.objects.filter(kind="compute").exists()
    Machine.objects.filter(project=project).update(hourly_price=Decimal("0.1"))
    again = trainings.begin(version, "picture", manager)
    assert again.attempt == 2
    finish()
    assert trainings.summary(again).done == 7


@pytest.mark.parametrize(
    ("limit", "said"),
    [({"most_money": Decimal("0.000001")}, "more than the limit"), ({"most_seconds": 0.01}, "longer than")],
)
def test_a_limit_below_what_is_expected_is_refused(version, limit, said):
    Training.objects.update(**limit)
    make.run_jobs("gpu")
    assert said in version.trainings.get().job.error


def test_a_limit_of_time_ends_a_run_which_is_judged_as_far_as_it_came(version):
    make.run_jobs("gpu")
    run = version.runs.filter(train_size=40).first()
    TrainingRun.objects.filter(pk=run.pk).update(limit_seconds=0.001)
    jobs.run(run.job_id)
    run.refresh_from_db()
    assert run.stopped == "time" and len(run.history) == 1 and run.error is not None


def test_a_run_that_died_goes_on_from_its_checkpoint_and_is_charged_once(version, monkeypatch):
    from workers.training import jobs as training

    make.run_jobs("gpu")
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 0.0)
    run = version.runs.filter(train_size=40).first()
    report = jobs.Work.report

    class Killed(BaseException):
        pass

    def die(self, done, total, message=""):
        report(self, done, total, message)
        if message.startswith("pass 3"):
            raise Killed

    monkeypatch.setattr(jobs.Work, "report", die)
    with pytest.raises(Killed):
        jobs.run(run.job_id)
    monkeypatch.setattr(jobs.Work, "report", report)
    assert storage.exists(f"runs/{run.pk}/checkpoint.safetensors")
    Job.objects.filter(pk=run.job_id).update(lease_until="2020-01-01T00:00Z")
    jobs.run(run.job_id)
    run.refresh_from_db()
    assert Job.objects.get(pk=run.job_id).state == JobState.DONE
    assert [entry["epoch"] for entry in run.history] == list(range(1, len(run.history) + 1))
    assert Entry.objects.filter(kind="compute").count() == 1
    same = version.runs.filter(train_size=40, seed=run.seed).get()
    assert same.weights_sha256 and not storage.exists(f"runs/{run.pk}/checkpoint.safetensors")


def test_dying_again_and_again_is_no_end_where_the_work_gets_on(version, monkeypatch):
    from workers.training import jobs as training

    make.run_jobs("gpu")
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 0.0)
    run = version.runs.filter(train_size=40).first()
    Job.objects.filter(pk=run.job_id).update(attempts=jobs.MOST_ATTEMPTS - 1)
    jobs.run(run.job_id)
    assert Job.objects.get(pk=run.job_id).attempts == 1


def test_a_stopped_training_is_charged_for_what_ran_and_sets_the_rest_free(version, project):
    make.run_jobs("gpu")
    training = version.trainings.get()
    first = training.runs.order_by("train_size", "seed").first()
    jobs.run(first.job_id)
    jobs.ask_to_cancel(training.job)
    told = trainings.summary(training)
    assert told.done == 1 and not told.open
    assert ledger.balances(project)["training"] == 0 and Entry.objects.filter(kind="compute").count() == 1
    assert Job.objects.filter(kind="curve").count() == 1


def test_with_another_test_set_runs_are_no_points_of_the_curve(version, question, manager):
    finish()
    other = frozen(question, manager, shades(24), shades(10, 600))
    finish()
    assert {point["version"] for point in Curve.objects.get().points} == {other.number}


def test_an_unknown_network_is_refused(version):
    with pytest.raises(Refused, match="cannot be trained"):
        trainings.begin(version, "span")


def test_the_same_version_trained_twice_gives_the_same_weights(version, manager):
    finish()
    first = {(r.train_size, r.seed): r.weights_sha256 for r in version.runs.all()}
    TrainingRun.objects.update(error=None)  # as if it had come to nothing
    again = trainings.begin(version, "picture", manager)
    finish()
    assert {(r.train_size, r.seed): r.weights_sha256 for r in again.runs.all()} == first


def test_a_labels_cost_is_shared_out_to_nested_sizes(version, project, manager):
    funding.fund(project, Decimal(1), manager, "x", "")
    make.run_jobs("gpu")
    assert {run.labels_cost for run in version.runs.all()} == {Decimal(0)}
