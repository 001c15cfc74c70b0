"""An export of Label Studio by page and by API: looked at, mapped, imported, and its receipt."""

import json
import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from annotator import storage
from annotator.items import stored_files
from annotator.models import Answer, Import, Item, Job, Question, Role
from tests import make
from tests.annotator.label_studio_export import archive, document, pictures_export, texts_export

pytestmark = pytest.mark.django_db


def sent(file, name="export.json"):
    return SimpleUploadedFile(name, file.getvalue())


def test_a_person_looks_at_an_export_maps_it_and_reads_the_receipt(project, manager):
    mine = make.question(project, text="Which mood?", config={"choices": ["happy", "sad"]}, plan="batches")
    tasks, meant = texts_export(40)
    browser = Client()
    browser.force_login(manager)
    base = f"/projects/{project.pk}/items/"
    assert f"{base}label-studio/" in browser.get(base).content.decode()
    page = browser.post(f"{base}label-studio/", {"file": sent(document(tasks))}).content.decode()
    assert "40 tasks in export.json" in page and "ana@example.org" in page and "A new question (span)" in page
    assert not Item.objects.exists()
    export = re.search(r'name="export" value="([^"]+)"', page)[1]
    controls = dict(re.findall(r'name="name(\d)" value="([^"]+)"', page))
    form = {f"name{place}": name for place, name in controls.items()}
    form |= {f"to{place}": mine.pk if name == "feeling" else "new" for place, name in controls.items()}
    response = browser.post(f"{base}label-studio/import/", form | {"export": export, "ground_truth": "gold"})
    assert response.status_code == 302
    assert "at work" in browser.get(response.url).content.decode()
    make.run_jobs()
    receipt = browser.get(response.url).content.decode()
    assert f"40 new items and {len(meant.answers)} answers imported" in receipt
    assert "ben@example.org" in receipt and "Cancelled annotations" in receipt
    assert Answer.objects.filter(task__question=mine).count() == sum(key[1] == "feeling" for key in meant.answers)


def test_a_file_of_another_project_cannot_be_imported_by_its_address(project, manager):
    tasks, _ = texts_export(3)
    browser = Client()
    browser.force_login(manager)
    page = browser.post(f"/projects/{project.pk}/items/label-studio/", {"file": sent(document(tasks))}).content.decode()
    export = re.search(r'name="export" value="([^"]+)"', page)[1]
    other = make.project(manager)
    for form in ({"export": export}, {"export": "abc"}, {}):
        response = browser.post(f"/projects/{other.pk}/items/label-studio/import/", form)
        assert response.status_code == 400 and b"Choose the file again" in response.content
    bad = {"export": export, "name0": "feeling", "to0": "99999"}
    response = browser.post(f"/projects/{project.pk}/items/label-studio/import/", bad)
    assert response.status_code == 400 and b"choose a published question" in response.content
    assert not Job.objects.exists()


def test_the_api_imports_a_zip(project, manager, api):
    tasks, meant, files = pictures_export(12)
    client = api(manager)
    address = f"/api/v1/projects/{project.pk}/label-studio/"
    body = {"file": sent(archive(tasks, files), "export.zip"), "questions": json.dumps({"stars": 0})}
    response = client.post(address, body, format="multipart")
    assert response.status_code == 202, response.content
    make.run_jobs()
    job = client.get(f"/api/v1/projects/{project.pk}/jobs/{response.json()['id']}/").json()
    assert job["state"] == "done" and job["result"]["counts"]["new"] == 12
    assert not Question.objects.filter(text="stars").exists()
    assert job["result"]["counts"]["answers"] == sum(key[1] != "stars" for key in meant.answers)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"file": SimpleUploadedFile("x.zip", b"PK\x03\x04nothing")},
        {"file": SimpleUploadedFile("x.json", b"[]"), "questions": "no"},
        {"file": SimpleUploadedFile("x.json", b"[]"), "questions": '{"a": 99}'},
        {"file": SimpleUploadedFile("x.json", b"[]"), "questions": '{"a": true}'},
        {"file": SimpleUploadedFile("x.json", b"[]"), "questions": "[1]"},
        {"file": SimpleUploadedFile("x.json", b"[]"), "ground_truth": "maybe"},
        {"file": SimpleUploadedFile("x.json", b"[]"), "colour": "red"},
    ],
)
def test_the_api_refuses_with_a_reason(project, manager, api, body):
    response = api(manager).post(f"/api/v1/projects/{project.pk}/label-studio/", body, format="multipart")
    assert response.status_code == 400 and response.json()


def test_only_those_who_add_items_may(project, as_role):
    browser = as_role(Role.REVIEWER)
    assert browser.get(f"/projects/{project.pk}/items/label-studio/").status_code == 403


def _looked_at(project, manager):
    browser = Client()
    browser.force_login(manager)
    page = browser.post(f"/projects/{project.pk}/items/label-studio/", {"file": sent(document(texts_export(3)[0]))})
    return browser, re.search(r'name="export" value="([^"]+)"', page.content.decode())[1]


def test_an_export_that_nobody_imports_is_deleted_after_a_week(project, manager, api):
    _, named = _looked_at(project, manager)
    kept = Import.objects.get(pk=named)
    assert stored_files.delete_old() == 0 and storage.exists(storage.content_key(kept.sha256))
    Import.objects.update(created_at=timezone.now() - timedelta(days=8))
    assert stored_files.delete_old() == 1 and not storage.exists(storage.content_key(kept.sha256))
    browser, base = Client(), f"/projects/{project.pk}/"
    browser.force_login(manager)
    response = browser.post(f"{base}items/label-studio/import/", {"export": named})
    assert response.status_code == 400 and b"Choose the file again" in response.content
    assert browser.get(f"{base}imports/{named}/").status_code == 404, "it is no table"
    assert api(manager).get(f"/api/v1{base}imports/").json() == []


def test_an_export_is_imported_once_however_often_somebody_clicks(project, manager):
    browser, named = _looked_at(project, manager)
    address = f"/projects/{project.pk}/items/label-studio/import/"
    pages = {browser.post(address, {"export": named})["Location"] for _ in range(2)}
    assert len(pages) == 1 and Job.objects.count() == 1
    make.run_jobs()
    assert project.items.count() == 3
    Job.objects.update(ended_at=timezone.now() - timedelta(days=8))
    kept = Import.objects.get().sha256
    stored_files.delete_old()
    assert not storage.exists(storage.content_key(kept))
