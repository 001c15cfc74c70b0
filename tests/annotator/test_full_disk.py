"""A full disk: people are told, nothing is stored in part, and the work goes on once there is room."""

import errno
import os
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, ProgrammingError

from annotator import storage
from annotator.intake import content
from annotator.intake import jobs as archive_imports
from annotator.intake.imports import requests, rows
from annotator.models import Import
from annotator.models.job import JobState
from tests import make
from tests.annotator.imports.files import begun
from tests.annotator.test_archives import zipped

pytestmark = pytest.mark.django_db


class Disk:
    """A disk that can be full: files are written but do not reach it, which is when the system says so at the latest."""

    def __init__(self) -> None:
        self.room: int | None = None  # files that still fit; None for any number
        self._sync = os.fsync

    def fsync(self, file: int) -> None:
        if self.room is not None:
            if self.room == 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            self.room -= 1
        self._sync(file)


@pytest.fixture
def disk(monkeypatch) -> Disk:
    made = Disk()
    monkeypatch.setattr(storage.os, "fsync", made.fsync)
    return made


def stored() -> set[str]:
    return {path.name for path in Path(settings.MARGINALIA_STORAGE).rglob("*") if path.is_file()}


def full_database(*arguments: object, **named: object) -> None:
    raise OperationalError("could not extend file") from psycopg.errors.DiskFull("could not extend file")


def test_an_upload_is_refused_and_leaves_nothing(project, manager, question, api, disk):
    disk.room = 1
    files = {"files": [SimpleUploadedFile(f"{n}.png", make.png(n), "image/png") for n in range(3)]}
    response = api(manager).post(f"/api/v1/projects/{project.pk}/items/", files)
    assert response.status_code == 507 and response.json()["code"] == "disk_full"
    assert project.items.count() == 0 and stored() == set()


def test_a_table_that_cannot_be_stored_is_refused(project, manager, as_role, disk):
    disk.room = 0
    browser = as_role("manager")
    file = SimpleUploadedFile("rows.csv", b"text\none text of it\n", "text/csv")
    response = browser.post(f"/projects/{project.pk}/items/add/", {"files": file})
    assert response.status_code == 507 and "The disk is full" in response.content.decode()
    assert not Import.objects.exists() and stored() == set()


def test_an_archive_ends_with_a_reason_and_goes_on_when_there_is_room(project, manager, question, disk, monkeypatch):
    monkeypatch.setattr(archive_imports, "BATCH", 4)
    files = {f"{n}.png": make.png(n) for n in range(10)}
    first = archive_imports.ask(project, manager, "a.zip", zipped(files))
    disk.room = 6
    make.run_jobs()
    first.refresh_from_db()
    assert first.state == JobState.FAILED and "disk of the server is full" in first.error
    assert project.items.count() == 4, "the first part, and nothing of the second"
    assert stored() == {first.arguments["sha256"], *project.items.values_list("sha256", flat=True)}
    disk.room = None
    archive_imports.ask(project, manager, "a.zip", zipped(files))
    make.run_jobs()
    assert project.items.count() == 10 == len(stored()) - 1
    assert question.tasks.count() == 10


@pytest.mark.parametrize("on_rejected", ["skip", "stop"])
def test_a_table_goes_on_when_the_database_has_room_again(project, manager, question, monkeypatch, on_rejected):
    content = "text\n" + "".join(f"this is text number {n}\n" for n in range(500))
    found = begun(project, manager, "rows.csv", content)
    requests.choose(found, found.mapping, on_rejected)
    store, calls = rows.store_new, []

    def once(*arguments):
        calls.append(arguments)
        return full_database() if len(calls) == (4 if on_rejected == "stop" else 2) else store(*arguments)

    monkeypatch.setattr(rows, "store_new", once)
    requests.start(found, manager)
    make.run_jobs()
    found.refresh_from_db()
    assert found.job.state == JobState.FAILED and "disk of the server is full" in found.job.error
    assert project.items.count() == question.tasks.count() == found.position == (200 if on_rejected == "skip" else 0)
    requests.go_on(found, manager)
    make.run_jobs()
    found.refresh_from_db()
    assert found.job.state == JobState.DONE, found.job.error
    assert project.items.count() == question.tasks.count() == found.counts["new"] == 500


def test_a_page_says_that_the_database_has_no_room(project, as_role, monkeypatch):
    monkeypatch.setattr("annotator.pages.items.upload.direct", full_database)
    file = SimpleUploadedFile("a.png", make.png(1), "image/png")
    response = as_role("manager").post(f"/projects/{project.pk}/items/add/", {"files": file})
    assert response.status_code == 507 and "Nothing was changed" in response.content.decode()


def test_errors_of_copy_are_errors_of_the_database(project, manager, monkeypatch):
    text = content.FoundContent("a.txt", b"some words", "text", "text/plain", length=10)
    monkeypatch.setattr(content, "_COPY", content._COPY.replace('"name"', '"no_such_column"'))
    with pytest.raises(ProgrammingError):
        content.store(project, [text])
