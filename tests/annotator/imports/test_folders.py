"""Folders of an archive can be the label, the group, the split or a tag of the items in them."""

import pytest

from annotator.intake import jobs as intake
from annotator.intake.folders import BadFolders, Folders
from annotator.models import Answer
from annotator.models.job import JobState
from tests import make
from tests.annotator.test_archives import zipped

FILES = {
    "train/cats/a.png": make.png(1),
    "train/dogs/b.png": make.png(2),
    "test/cats/c.png": make.png(3),
    "other/cats/d.png": make.png(4),
    "train/birds/e.png": make.png(5),
    "f.png": make.png(6),
}


@pytest.fixture
def asked(project):
    return make.question(project, kind="choice", config={"choices": ["cats", "dogs"]})


@pytest.mark.django_db
def test_folders_are_split_and_label(project, manager, asked):
    folders = Folders.checked(project, {"outer": "split", "inner": "label", "question": asked.pk})
    job = intake.ask(project, manager, "a.zip", zipped(FILES), folders=folders)
    make.run_jobs()
    job.refresh_from_db()
    assert job.state == JobState.DONE, job.error
    assert {item.path: item.split for item in project.items.exclude(path="")} == {
        "train/cats/a.png": "train",
        "train/dogs/b.png": "train",
        "test/cats/c.png": "test",
        "train/birds/e.png": "train",
    }
    labels = {one.task.item.path: one.value for one in Answer.objects.filter(decision=True, imported=True)}
    assert labels == {"train/cats/a.png": "cats", "train/dogs/b.png": "dogs", "test/cats/c.png": "cats"}
    reasons = " ".join(job.result["reasons"])
    assert job.result["refused"] == 2 and "“other” is no split" in reasons and "birds" in reasons


@pytest.mark.django_db
def test_folders_are_group_and_tag(project, manager):
    folders = Folders.checked(project, {"outer": "tags", "inner": "group"})
    intake.ask(project, manager, "a.zip", zipped(FILES), folders=folders)
    make.run_jobs()
    item = project.items.get(path="test/cats/c.png")
    assert (item.group, item.tags) == ("cats", ["test"])
    assert len(set(project.items.filter(group="cats").values_list("split", flat=True))) == 1
    assert project.items.get(name="f.png").group == ""


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sent",
    [
        {"outer": "text"},
        {"outer": "label", "inner": "label", "question": 1},
        {"inner": "label"},
        {"inner": "label", "question": "x"},
        {"inner": "label", "question": 0},
        {"answers_as": "maybe"},
    ],
    ids=str,
)
def test_folders_that_cannot_be_used_like_that_are_refused(project, sent):
    with pytest.raises(BadFolders):
        Folders.checked(project, sent)
