"""Versions nothing can be learned from: a clear message, nothing charged, no crash."""

import json

import pytest

from annotator.models import Job
from annotator.models.job import JobState
from tests import make
from tests.workers.training.setting import frozen, shades
from workers.budget.models import Entry
from workers.training import trainings
from workers.training.learning import dataset
from workers.training.learning.networks.picture import PictureNetwork
from workers.training.models import Curve

pytestmark = [pytest.mark.django_db, pytest.mark.slow]  # each trains


@pytest.fixture(autouse=True)
def _short(monkeypatch):
    monkeypatch.setattr(PictureNetwork, "passes", (3, 4))
    dataset.forget()


def planned(version) -> Job:
    """Run the plan of a version's training and return its job."""
    make.run_jobs("gpu")
    return version.trainings.get().job


def refused(version, said: str) -> None:
    job = planned(version)
    assert job.state == JobState.FAILED and said in job.error, job.error
    assert not version.runs.exists() and not Entry.objects.filter(kind="compute").exists()


def test_one_class(question, manager):
    one = [(content, "yes") for content, _ in shades(20)]
    refused(frozen(question, manager, one, shades(6, 500)), "one class only")


def test_three_items(question, manager):
    refused(frozen(question, manager, shades(3), shades(6, 500)), "3 training items; a model needs at least 8")


def test_an_empty_test_set(question, manager):
    refused(frozen(question, manager, shades(20), []), "no test items")


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_picture_that_cannot_be_opened(question, manager, split):
    train, test = shades(20), shades(6, 500)
    (train if split == "train" else test).append((b"broken " + split.encode(), "yes"))
    refused(frozen(question, manager, train, test), f"item {split}")


def test_a_label_that_is_no_class(question, manager):
    refused(
        frozen(question, manager, [*shades(20), (make.png(99, (9, 9)), "perhaps")], shades(6, 500)),
        "none of the question's classes",
    )


def test_a_test_set_of_one_class_is_judged_all_the_same(question, manager):
    test = [(content, "yes") for content, _ in shades(6, 500)]
    version = frozen(question, manager, shades(20), test)
    for lane in ("gpu", "gpu", "default"):
        make.run_jobs(lane)
    assert trainings.summary(version.trainings.get()).done == 4 and Curve.objects.get().points


def test_nan_and_missing_fields_are_no_trouble(project, manager):
    asked = make.question(project)
    rows = [
        (
            json.dumps({"a": float("nan") if n % 5 == 0 else n % 2, "b": None if n % 3 else "x", "n": n}).encode(),
            "yes" if n % 2 else "no",
        )
        for n in range(60)
    ]
    version = frozen(asked, manager, rows[:40], rows[40:])
    for lane in ("gpu", "gpu", "default"):
        make.run_jobs(lane)
    told = trainings.summary(version.trainings.get())
    assert told.training.network == "row" and told.done == told.total == 7


def test_a_row_that_is_no_row(project, manager):
    asked = make.question(project)
    rows = [(json.dumps({"n": n}).encode(), "yes" if n % 2 else "no") for n in range(30)]
    rows[7] = (b'{"n": ', "yes")
    refused(frozen(asked, manager, rows[:20], rows[20:]), "cannot be opened")


def test_items_of_two_media_begin_no_training(question, manager):
    texts = [(f"text {n}".encode(), "yes" if n % 2 else "no") for n in range(10)]
    version = frozen(question, manager, [*shades(10), *texts], shades(6, 500))
    assert not version.trainings.exists()


def test_a_curve_that_rises_is_drawn_and_told(question, manager, client):
    from workers.training import outlook
    from workers.training.models import TrainingRun

    version = frozen(question, manager, shades(40), shades(16, 500))
    make.run_jobs("gpu")
    for run in version.runs.all():
        TrainingRun.objects.filter(pk=run.pk).update(
            error=0.05 + run.train_size / 45, precision=0.5, recall=0.5, result={"guess_error": 0.5}
        )
    curve = outlook.update(question)
    assert curve.forecast["rises"] > 0.2 and "<svg" in curve.svg_wide
    client.force_login(manager)
    assert "The error rises." in client.get(f"/projects/{question.project_id}/runs/").content.decode()


def test_a_job_that_runs_again_after_its_end_changes_nothing(question, manager):
    from annotator import jobs

    version = frozen(question, manager, shades(20), shades(6, 500))
    for lane in ("gpu", "gpu", "default"):
        make.run_jobs(lane)
    before = list(version.runs.order_by("pk").values_list("weights_sha256", "cost"))
    for job in Job.objects.all():
        jobs.run(job.pk)
    assert list(version.runs.order_by("pk").values_list("weights_sha256", "cost")) == before
