"""The files that imports read are deleted when they are not needed any more."""

import hashlib
import io
from datetime import timedelta

import pytest
from django.utils import timezone

from annotator import storage
from annotator.intake import content, pictures, upload
from annotator.intake import jobs as archive_imports
from annotator.intake.imports import requests
from annotator.items import erasure, stored_files, withdrawal
from annotator.models import Import, Job
from annotator.models.job import JobState
from tests import make
from tests.annotator.imports.files import begun, imported
from tests.annotator.test_archives import zipped

pytestmark = pytest.mark.django_db

ROWS = "id,text\n1,first words of it\n2,second words of it\n"
OLD = timezone.now() - stored_files.KEPT - timedelta(hours=1)


def is_stored(sha256: str) -> bool:
    return storage.exists(storage.content_key(sha256))


def test_the_file_of_an_import_is_deleted_a_week_after_its_end(project, manager):
    found = imported(project, manager, "rows.csv", ROWS)
    assert stored_files.delete_old() == 0 and is_stored(found.sha256)
    Job.objects.filter(pk=found.job_id).update(ended_at=OLD)
    assert stored_files.delete_old() == 1 and not is_stored(found.sha256)
    assert Import.objects.get(pk=found.pk).sha256 == "" and project.items.count() == 2
    assert stored_files.delete_old() == 0


def test_a_file_that_nobody_began_to_import_is_deleted_after_a_week(project, manager, api):
    found = begun(project, manager, "rows.csv", ROWS)
    Import.objects.filter(pk=found.pk).update(created_at=OLD)
    assert stored_files.delete_old() == 1 and not is_stored(found.sha256)
    address = f"/api/v1/projects/{project.pk}/imports/{found.pk}/"
    response = api(manager).patch(address, {"reading": {"encoding": "cp1252"}}, format="json")
    assert response.status_code == 400 and "send it again" in str(response.data["detail"])
    response = api(manager).post(f"{address}start/", {}, format="json")
    make.run_jobs()
    [job] = project.jobs.filter(kind=requests.KIND)
    assert job.state == JobState.FAILED and "send it again" in job.error


def test_the_file_of_an_import_that_waits_or_runs_stays(project, manager):
    found = begun(project, manager, "rows.csv", ROWS)
    requests.start(found, manager)
    Import.objects.filter(pk=found.pk).update(created_at=OLD)
    assert stored_files.delete_old() == 0
    make.run_jobs()
    assert project.items.count() == 2


def test_a_file_that_another_import_needs_stays(project, manager):
    first = imported(project, manager, "rows.csv", ROWS)
    second = begun(make.project(manager), manager, "rows.csv", ROWS)
    Job.objects.filter(pk=first.job_id).update(ended_at=OLD)
    stored_files.delete_old()
    assert is_stored(second.sha256)
    requests.start(second, manager)
    make.run_jobs()
    assert second.project.items.count() == 2


def test_an_archive_is_deleted_a_week_after_its_import_and_its_pictures_stay(project, manager):
    job = archive_imports.ask(project, manager, "a.zip", zipped({"a.png": make.png(3), "b.png": make.png(4)}))
    make.run_jobs()
    Job.objects.filter(pk=job.pk).update(ended_at=OLD)
    assert stored_files.delete_old() == 1 and not is_stored(job.arguments["sha256"])
    assert project.items.count() == 2 and all(is_stored(item.sha256) for item in project.items.all())


def test_erasing_an_item_deletes_the_file_it_came_from(project, manager):
    found = imported(project, manager, "rows.csv", ROWS)
    other = begun(project, manager, "more.csv", ROWS.replace("words", "letters"))
    item = project.items.get(text="first words of it")
    withdrawal.withdraw(project, [item.pk], manager, "She asked")
    erasure.erase(project, [item.pk], manager, "She asked")
    make.run_jobs()
    assert not is_stored(found.sha256)
    assert not is_stored(other.sha256), "a file that nobody began to import may hold the same content"


def test_a_file_sent_again_while_it_is_deleted_is_stored(project, manager, monkeypatch):
    found = imported(project, manager, "rows.csv", ROWS)
    put = storage.put_content_stream
    deleted = iter([True])

    def put_and_lose(file):
        sha256 = put(file)
        if next(deleted, False):  # somebody deletes it before the row names it
            storage.delete(storage.content_key(sha256))
        return sha256

    monkeypatch.setattr(storage, "put_content_stream", put_and_lose)
    again = requests.begin(project, manager, "rows.csv", io.BytesIO(ROWS.encode()))
    assert again.sha256 == found.sha256 and is_stored(again.sha256)


def test_with_the_file_go_the_rows_that_an_import_keeps_of_it(project, manager, api):
    found = imported(
        project,
        manager,
        "rows.csv",
        "id,text\n1,first words of it\n1,TOPSECRET words of it\n2,\n",
        columns={"id": "external_id"},
    )
    assert found.rejected_rows.count() == 2
    item = project.items.get()
    withdrawal.withdraw(project, [item.pk], manager, "She asked")
    erasure.erase(project, [item.pk], manager, "She asked")
    make.run_jobs()
    shown = api(manager).get(f"/api/v1/projects/{project.pk}/imports/{found.pk}/").content.decode()
    assert "first words" not in shown and "TOPSECRET" not in shown and '"number":2' not in shown
    assert '"number":3' in shown and '"number":4' in shown, "the lines stay"


def test_an_erased_content_that_is_sent_again_is_not_stored_again(project, manager):
    picture = pictures.check_picture("a.png", make.png(9))
    [item] = content.store(project, [picture])
    withdrawal.withdraw(project, [item.pk], manager, "She asked")
    erasure.erase(project, [item.pk], manager, "She asked")
    make.run_jobs()
    assert not is_stored(item.sha256)
    assert content.store(project, [pictures.check_picture("a.png", make.png(9))]) == []
    assert not is_stored(item.sha256)


def test_a_content_that_is_refused_leaves_no_file(project, manager, django_capture_on_commit_callbacks):
    first, second = (pictures.check_picture(f"{n}.png", make.png(n)) for n in (1, 2))
    first.group, first.split = "G", "train"
    second.group, second.split = "G", "test"
    with django_capture_on_commit_callbacks(execute=True):
        stored = content.store_new(project, [first, second])
    assert len(stored.new) == len(stored.refused) == 1
    assert is_stored(first.sha256) and not is_stored(second.sha256)


def test_an_upload_that_is_refused_leaves_no_file(project, manager, monkeypatch):
    first, second = (pictures.check_picture(f"{n}.png", make.png(n)) for n in (1, 2))
    first.group, first.split, second.group, second.split = "G", "train", "G", "test"
    with pytest.raises(upload.BadUpload):
        upload.take_in(project, manager, [first, second])
    assert not project.items.exists() and not is_stored(first.sha256) and not is_stored(second.sha256)


def test_a_file_that_is_refused_is_not_kept(project, manager, monkeypatch):
    def refuse(*arguments, **named):
        raise ValueError

    monkeypatch.setattr(requests.audit, "record", refuse)
    with pytest.raises(ValueError):
        begun(project, manager, "rows.csv", ROWS)
    assert not Import.objects.exists() and not is_stored(hashlib.sha256(ROWS.encode()).hexdigest())
