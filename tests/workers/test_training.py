"""Training: begun by a freeze, reproducible, resumed, charged once."""

import numpy as np
import pytest

from annotator import jobs, storage
from annotator.models import Job, Role
from annotator.models.job import State
from datasets import labels, versions
from tests import make
from workers.budget.models import Entry
from workers.training import runs, trainer
from workers.training.models import Curve, TrainingRun

SHADES = {"yes": 40, "no": 200}


def plan(seed=0, count=40):
    contents = [make.png(20 + number if number % 2 else 200 + number) for number in range(count)]
    targets = np.array([number % 2 for number in range(count)], dtype=np.int64)
    return trainer.Plan("picture-cnn", seed, 2, contents, targets, contents[:10])


@pytest.fixture(autouse=True)
def _short(monkeypatch):
    monkeypatch.setattr(trainer.Plan, "epochs", 6)


def test_it_learns_to_tell_dark_from_light():
    outcome = trainer.train(plan())
    assert outcome.predicted.tolist() == [number % 2 for number in range(10)]
    assert outcome.state.epoch == 6 and outcome.architecture["parameters"] > 1000


def test_the_same_seed_gives_the_same_weights_and_another_seed_others():
    first, same, other = trainer.train(plan()), trainer.train(plan()), trainer.train(plan(seed=1))
    assert first.fingerprint == same.fingerprint != other.fingerprint


def test_a_run_taken_up_from_a_checkpoint_ends_with_the_same_weights():
    kept = []

    class Killed(Exception):
        pass

    def after(state, checkpoint):
        kept.append(checkpoint())
        if state.epoch == 3:
            raise Killed

    with pytest.raises(Killed):
        trainer.train(plan(), after_epoch=after)
    resumed = trainer.train(plan(), checkpoint=kept[-1])
    whole = trainer.train(plan())
    assert resumed.fingerprint == whole.fingerprint
    assert [entry["loss"] for entry in resumed.state.history] == [entry["loss"] for entry in whole.state.history]


def test_a_last_batch_of_one_is_no_trouble():
    assert trainer.train(plan(count=33)).state.epoch == 6


def test_a_picture_that_cannot_be_opened_is_an_os_error():
    broken = plan()
    broken.train_contents[3] = b"no picture"
    with pytest.raises(OSError, match="identify"):
        trainer.train(broken)


@pytest.fixture
def version(question, manager, db):
    people = [make.user() for _ in range(2)]
    for person in people:
        make.member(question.project, person, Role.ANNOTATOR)
    make.labelled_items(question, 12, 6, people)
    labels.compute(question)
    return versions.freeze(question, versions.build(question), manager)[0]


@pytest.mark.django_db
def test_a_freeze_begins_a_run_once(version):
    run = version.runs.get()
    assert run.job.queue == "gpu" and run.job.state == State.WAITING
    assert runs.begin(version) == run
    assert float(run.labels_cost) == pytest.approx(36 * 0.02)


@pytest.mark.django_db
def test_it_ends_with_one_result_one_charge_and_a_curve(version):
    make.run_jobs("gpu")
    make.run_jobs("gpu")
    run = version.runs.get()
    assert run.job.state == State.DONE and 0 <= run.error <= 1 and len(run.weights_sha256) == 64
    assert Entry.objects.filter(kind="compute").count() == 1
    assert run.cost == Entry.objects.get(kind="compute").amount and run.packages["torch"]
    make.run_jobs()
    assert Curve.objects.get().points[0]["size"] == 12
    assert "problem" in Curve.objects.get().forecast and "<svg" in Curve.objects.get().svg_wide


@pytest.mark.django_db
def test_a_run_that_died_goes_on_from_its_checkpoint_and_is_charged_once(version, monkeypatch):
    from workers.training import jobs as training

    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 0.0)
    job = version.runs.get().job
    report = jobs.Work.report

    class Killed(BaseException):
        pass

    def die(self, done, total, message=""):
        report(self, done, total, message)
        if message.startswith("epoch 4"):
            raise Killed

    monkeypatch.setattr(jobs.Work, "report", die)
    with pytest.raises(Killed):
        jobs.run(job.pk)
    monkeypatch.setattr(jobs.Work, "report", report)
    assert storage.exists(f"runs/{version.runs.get().pk}/checkpoint.safetensors")
    Job.objects.filter(pk=job.pk).update(lease_until="2020-01-01T00:00Z")
    jobs.run(job.pk)
    run = version.runs.get()
    assert (
        run.job.state == State.DONE
        and run.job.attempts == 2
        and [entry["epoch"] for entry in run.history] == [1, 2, 3, 4, 5, 6]
    )
    assert Entry.objects.filter(kind="compute").count() == 1


@pytest.mark.django_db
def test_a_stopped_run_is_charged_for_its_seconds(version):
    run = version.runs.get()
    TrainingRun.objects.filter(pk=run.pk).update(seconds=360.0, device="cpu")
    jobs.ask_to_cancel(run.job)
    run.refresh_from_db()
    assert run.job.state == State.RUNNING or Job.objects.get(pk=run.job_id).state == State.CANCELLED
    assert float(run.cost) == pytest.approx(0.01)


@pytest.mark.django_db
def test_a_version_of_one_class_is_refused_with_the_reason(question, manager):
    person = make.user()
    make.member(question.project, person, Role.ANNOTATOR)
    make.labelled_items(question, 4, 2, [person], value=lambda index: "yes")
    labels.compute(question)
    version, _ = versions.freeze(question, versions.build(question), manager)
    make.run_jobs("gpu")
    job = version.runs.get().job
    assert job.state == State.FAILED and "one class only" in job.error


@pytest.mark.django_db
def test_the_pages_of_runs_show_figures_and_mistakes(version, client, manager):
    client.force_login(manager)
    address = f"/projects/{version.project_id}/runs/"
    run = version.runs.get()
    assert b"waits to be trained on" in client.get(f"{address}{run.pk}/").content
    make.run_jobs("gpu")
    page = client.get(f"{address}{run.pk}/").content.decode()
    assert "What was taken for what" in page and "By class" in page
    assert client.get(address).status_code == 200
    part = client.get(f"{address}{run.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part and "hx-trigger" not in part


@pytest.mark.django_db
def test_runs_of_another_project_are_not_found(version, client, manager):
    other = make.project(manager)
    client.force_login(manager)
    assert client.get(f"/projects/{other.pk}/runs/{version.runs.get().pk}/").status_code == 404


def test_the_schedule_of_epochs_shrinks_with_size(monkeypatch):
    monkeypatch.undo()
    small, large = plan(count=10), plan(count=10)
    large.train_contents = large.train_contents * 1000
    assert small.epochs == 60 and large.epochs == 16
