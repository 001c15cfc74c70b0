"""An archive is shown first: what it holds, what its folders are used for, and what an import would do."""

import csv
import io
import json
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from annotator import jobs, storage
from annotator.intake import archives
from annotator.intake.imports import archive_preview, requests
from annotator.intake.unpacking import ArchiveMember
from annotator.items import erasure, stored_files, withdrawal
from annotator.jobs import Cancelled
from annotator.models import Answer, Item
from annotator.models.job import JobState
from annotator.refusal import Refused
from tests import make
from tests.annotator.test_archives import tarred, zipped

FILES = {
    "photos/train/cats/a.png": make.png(1),
    "photos/train/dogs/b.png": make.png(2),
    "photos/test/cats/c.PNG": make.png(3),
    "photos/test/cats/again.png": make.png(3),
    "photos/test/notes.doc": b"no content",
    "photos/train/dogs/broken.png": b"no picture",
}


@pytest.fixture
def asked(project):
    return make.question(project, kind="choice", config={"choices": ["cats", "dogs"]})


def begun(project, manager, files=FILES, name="photos.zip", pack=zipped):
    return requests.begin(project, manager, name, pack(files))


def run(found, manager, check_only=False):
    job = requests.start(found, manager, check_only=check_only)
    make.run_jobs()
    job.refresh_from_db()
    found.refresh_from_db()
    assert job.state == JobState.DONE, job.error
    return job


@pytest.mark.parametrize("pack", [zipped, tarred], ids=["zip", "tar"])
def test_the_preview_counts_endings_and_folders_below_the_one_that_holds_everything(pack):
    said = archive_preview.preview(pack(FILES))
    assert (said["files"], said["complete"], said["below"], said["unknown"]) == (6, True, "photos/", 1)
    assert dict(said["kinds"]) == {"png": 5, "doc": 1}
    assert dict(said["outer"]) == {"train": 3, "test": 3}
    assert dict(said["inner"]) == {"cats": 3, "dogs": 2, "test": 1}


@pytest.mark.parametrize(
    ("paths", "below"),
    [
        (["a.png", "b.png"], ""),
        (["cats/a.png", "cats/b.png"], ""),
        (["photos/cats/a.png", "photos/cats/b.png"], "photos/"),
        (["photos/cats/a.png", "photos/dogs/b.png"], "photos/"),
        (["photos/a.png", "photos/dogs/b.png"], "photos/"),
        (["cat/a.png", "cats/b.png"], ""),
        (["x/y/cats/a.png", "x/y/dogs/b.png"], "x/y/"),
        (["photos/a.png", "readme.txt"], ""),
    ],
    ids=str,
)
def test_the_folder_that_holds_everything_is_no_label(paths, below):
    assert archive_preview.preview(zipped(dict.fromkeys(paths, b"x")))["below"] == below


def test_a_long_tar_is_listed_in_part(monkeypatch):
    monkeypatch.setattr(archive_preview, "SECONDS", -1.0)
    said = archive_preview.preview(tarred(FILES))
    assert said["files"] < len(FILES) and not said["complete"]


@pytest.mark.django_db
def test_a_check_counts_what_an_import_then_does_and_stores_nothing(project, manager, asked):
    found = begun(project, manager)
    requests.choose(found, {"outer": "split", "inner": "label", "question": asked.pk})
    before = _stored_files()
    run(found, manager, check_only=True)
    checked = found.counts["checked"]
    assert project.items.count() == 0 and Answer.objects.count() == 0 and _stored_files() == before
    first = [(row.number, row.raw, row.reason) for row in found.rejected_rows.all()]
    assert found.job is None and [path for _, path, _ in first] == [
        "photos/test/notes.doc",
        "photos/train/dogs/broken.png",
    ]
    run(found, manager)
    assert found.counts == checked == {"new": 3, "known": 1, "changed": 0, "answers": 3, "rejected": 2}
    assert [(row.number, row.raw, row.reason) for row in found.rejected_rows.all()] == first
    labels = {one.task.item.path: (one.value, one.task.item.split) for one in Answer.objects.filter(imported=True)}
    assert labels == {
        "photos/train/cats/a.png": ("cats", "train"),
        "photos/train/dogs/b.png": ("dogs", "train"),
        "photos/test/cats/c.PNG": ("cats", "test"),
    }


def _stored_files():
    return {path.name for path in Path(settings.MARGINALIA_STORAGE).rglob("*") if path.is_file()}


@pytest.mark.django_db
def test_a_check_knows_what_is_here_and_what_comes_twice_across_batches(project, manager, monkeypatch):
    monkeypatch.setattr("annotator.intake.jobs.BATCH", 1)
    run(begun(project, manager, {"x/a.png": make.png(1)}), manager)
    found = begun(project, manager)
    run(found, manager, check_only=True)
    assert found.counts["checked"] == {"new": 2, "known": 2, "changed": 0, "answers": 0, "rejected": 2}
    run(found, manager)
    assert {name: found.counts[name] for name in ("new", "known")} == {"new": 2, "known": 2}


@pytest.mark.django_db
def test_what_cannot_be_is_refused(project, manager, asked):
    found = begun(project, manager)
    for chosen, on_rejected in (
        ({"outer": "label"}, "skip"),
        ({"outer": "text"}, "skip"),
        ({"outer": "split", "inner": "split"}, "skip"),
        ({}, "stop"),
    ):
        with pytest.raises(requests.BadImport):
            requests.choose(found, chosen, on_rejected)
    for content in (b"", b"PK no archive", zipped({}).getvalue()):
        with pytest.raises(requests.BadImport, match=r"photos\.zip"):
            requests.begin(project, manager, "photos.zip", io.BytesIO(content))
    assert project.imports.count() == 1


@pytest.mark.django_db
def test_the_page_shows_maps_checks_and_imports(project, manager, asked, as_role):
    browser = as_role("manager")
    sent = {"files": SimpleUploadedFile("photos.zip", zipped(FILES).getvalue())}
    page = browser.post(f"/projects/{project.pk}/items/add/", sent, follow=True)
    [found] = project.imports.all()
    text = page.content.decode()
    assert (
        "6 files" in text
        and "All are in the folder “photos/”" in text
        and ".png" in text
        and "1 file cannot be imported" in text
    )
    assert project.items.count() == 0 and not project.jobs.exists()
    address = f"/projects/{project.pk}/imports/{found.pk}/"
    refused = browser.post(address, {"action": "check", "inner": "label", "answers_as": "labels"})
    assert refused.status_code == 400 and "Choose the question" in refused.content.decode()
    assert '<option value="label" selected>' in refused.content.decode(), "what was chosen stays"
    chosen = {"outer": "split", "inner": "label", "question": str(asked.pk), "answers_as": "labels"}
    browser.post(address, chosen | {"action": "check"})
    make.run_jobs()
    text = browser.get(address).content.decode()
    assert "What an import would do" in text and "photos/test/notes.doc" in text
    browser.post(address, chosen | {"action": "start"})
    make.run_jobs()
    text = browser.get(address).content.decode()
    assert "What was imported" in text and project.items.count() == 3
    report = b"".join(browser.get(f"{address}rejected/?report").streaming_content).decode("utf-8-sig")
    assert [row[2] for row in csv.reader(io.StringIO(report))] == [
        "path",
        "photos/test/notes.doc",
        "photos/train/dogs/broken.png",
    ]


@pytest.mark.django_db
def test_one_call_imports_an_archive_and_another_shows_what_it_holds(project, manager, asked, api):
    client = api(manager)
    address = f"/api/v1/projects/{project.pk}/imports/"
    file = SimpleUploadedFile("photos.zip", zipped(FILES).getvalue())
    shown = client.post(address, {"file": file}, format="multipart").json()
    assert shown["archive"]["below"] == "photos/" and shown["rows"] == 6 and shown["columns"] == []
    assert shown["mapping"] == {
        "outer": "",
        "inner": "",
        "question": None,
        "answers_as": "labels",
        "below": "photos/",
    }
    chosen = {"inner": "label", "outer": "split", "question": asked.pk}
    changed = client.patch(f"{address}{shown['id']}/", {"mapping": chosen}, format="json").json()
    assert changed["mapping"]["inner"] == "label" and changed["mapping"]["answers_as"] == "labels"
    assert client.patch(f"{address}{shown['id']}/", {"reading": {"key": "a"}}, format="json").status_code == 400
    file = SimpleUploadedFile("photos.zip", zipped(FILES).getvalue())
    sent = {"file": file, "start": "true", "mapping": json.dumps(chosen)}
    done = client.post(address, sent, format="multipart").json()
    make.run_jobs()
    said = client.get(f"{address}{done['id']}/").json()
    assert said["job"]["state"] == "done" and said["counts"]["new"] == 3 and len(said["rejected_rows"]) == 2


@pytest.mark.django_db
def test_an_archive_that_was_stopped_goes_on(project, manager):
    found = begun(project, manager)
    job = requests.start(found, manager)
    type(job).objects.filter(pk=job.pk).update(state=JobState.CANCELLED)
    found.refresh_from_db()
    requests.go_on(found, manager)
    make.run_jobs()
    found.refresh_from_db()
    assert found.job.state == JobState.DONE and found.counts["new"] == 3


@pytest.mark.django_db
def test_nothing_of_an_erased_item_stays_with_the_archive_it_came_from(project, manager):
    found = begun(
        project, manager, {"Ada Lovelace/a.png": make.png(1), "Ada Lovelace/b.doc": b"", "Bob/c.png": make.png(2)}
    )
    run(found, manager)
    item = Item.objects.get(path="Ada Lovelace/a.png")
    withdrawal.withdraw(project, [item.pk], manager, "She asked")
    erasure.erase(project, [item.pk], manager, "She asked")
    make.run_jobs()
    found.refresh_from_db()
    assert not storage.exists(storage.content_key(found.sha256 or "0" * 64))
    assert (
        "Ada" not in json.dumps([found.recognised, found.mapping]) and not found.rejected_rows.exclude(raw="").exists()
    )
    assert stored_files.delete_old() == 0
    found.job.refresh_from_db()
    assert "Ada" not in json.dumps([list(found.rejected_rows.values("raw", "reason")), found.job.result])


@pytest.mark.django_db
def test_an_archive_that_was_sent_and_never_begun_does_not_keep_what_is_erased(project, manager):
    content = {"a.png": make.png(1), "b.png": make.png(2)}
    run(begun(project, manager, content), manager)
    waiting = begun(project, manager, {**content, "c.png": make.png(3)}, name="more.zip")
    item = Item.objects.get(name="a.png")
    withdrawal.withdraw(project, [item.pk], manager, "She asked")
    erasure.erase(project, [item.pk], manager, "She asked")
    sha256 = waiting.sha256
    make.run_jobs()
    assert not storage.exists(storage.content_key(sha256))
    waiting.refresh_from_db()
    job = requests.start(waiting, manager)
    make.run_jobs()
    job.refresh_from_db()
    assert job.state == JobState.FAILED and "send it again" in job.error


@pytest.mark.django_db
def test_what_was_erased_is_named_and_not_imported_again(project, manager):
    content = {"a.png": make.png(1), "b.png": make.png(2)}
    found = begun(project, manager, {f"train/{name}": one for name, one in content.items()})
    requests.choose(found, {"outer": "split"})
    run(found, manager)
    item = Item.objects.get(name="a.png")
    withdrawal.withdraw(project, [item.pk], manager, "She asked")
    erasure.erase(project, [item.pk], manager, "She asked")
    make.run_jobs()
    found = begun(project, manager, content)
    run(found, manager)
    assert found.counts == {"new": 0, "known": 1, "changed": 0, "answers": 0, "rejected": 1}
    assert "its item was erased" in found.rejected_rows.get().reason
    in_a_split = begun(project, manager, {f"test/{name}": one for name, one in content.items()}, name="split.zip")
    requests.choose(in_a_split, {"outer": "split"})
    run(in_a_split, manager)
    reasons = sorted(in_a_split.rejected_rows.values_list("reason", flat=True))
    assert in_a_split.counts == {"new": 0, "known": 0, "changed": 0, "answers": 0, "rejected": 2}
    assert "the same content is in" in reasons[1] and "its item was erased" in reasons[0], "one reason each"


@pytest.mark.django_db
def test_an_import_that_goes_on_counts_what_it_stored_itself_as_new(project, manager, asked, monkeypatch):
    """It was stopped, and its worker died before: files that were done are not read again, and nothing is counted twice."""
    monkeypatch.setattr("annotator.intake.jobs.BATCH", 2)
    files = {f"{'cats' if number % 2 else 'dogs'}/{number:02}.png": make.png(number) for number in range(9)}
    files["cats/03.png"], files["dogs/06.png"] = b"broken", b"broken"
    found = begun(project, manager, files)
    requests.choose(found, {"inner": "label", "question": asked.pk})
    read = []
    opened = archives.open_archive

    class Stopped:
        """The archive, whose import is stopped before the sixth file."""

        total = len(files)

        def __init__(self, *given):
            self.given = given

        def __iter__(self):
            for member in opened(*self.given):
                if len(read) == 5:
                    read.append("stopped")
                    raise Cancelled
                yield ArchiveMember(member.path, lambda member=member: read.append(member.path) or member.read())

    monkeypatch.setattr("annotator.intake.jobs.archives.open_archive", Stopped)
    requests.start(found, manager)
    make.run_jobs()
    found.refresh_from_db()
    assert found.job.state == JobState.CANCELLED and 0 < found.position < 9
    position = found.position
    requests.go_on(found, manager)
    make.run_jobs()
    found.refresh_from_db()
    assert found.job.state == JobState.DONE, found.job.error
    assert found.counts == {"new": 7, "known": 0, "changed": 0, "answers": 7, "rejected": 2}
    assert sorted(found.rejected_rows.values_list("raw", flat=True)) == ["cats/03.png", "dogs/06.png"]
    assert len(found.job.result["reasons"]) == 2
    assert read[6:] == list(files)[position:]


@pytest.mark.django_db
def test_a_file_is_not_imported_while_it_is_checked(project, manager):
    """The end of the check would replace the counts of the import, and its beginning the rejected files."""
    found = begun(project, manager)
    check = requests.start(found, manager, check_only=True)
    for check_only in (False, True):
        with pytest.raises(Refused, match="being checked"):
            requests.start(found, manager, check_only=check_only)
    jobs.ask_to_cancel(check, manager)
    make.run_jobs()
    found.refresh_from_db()
    run(found, manager)
    assert found.counts["new"] == 3


@pytest.mark.django_db
@pytest.mark.parametrize("batch", [1, 100])
def test_the_same_picture_in_the_folders_of_two_splits_is_reported(project, manager, batch, monkeypatch):
    monkeypatch.setattr("annotator.intake.jobs.BATCH", batch)
    files = {
        "train/a.png": make.png(1),
        "test/a.png": make.png(1),
        "train/b.png": make.png(2),
        "train/c.png": make.png(2),
    }
    found = begun(project, manager, files)
    requests.choose(found, {"outer": "split"})
    run(found, manager)
    assert found.counts == {"new": 2, "known": 1, "changed": 0, "answers": 0, "rejected": 1}
    [row] = found.rejected_rows.all()
    assert row.raw == "test/a.png" and "the same content is in the training set" in row.reason
    assert set(project.items.values_list("split", flat=True)) == {"train"}
