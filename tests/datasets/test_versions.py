"""Versions: frozen, content-addressed, one test set."""

import uuid

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from annotator import queue
from annotator.models import Role, Split
from datasets import jobs
from datasets.labels import computation
from datasets.models import Label, Version
from datasets.versions import merkle, versions
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(project):
    made = [make.user() for _ in range(3)]
    for person in made:
        make.member(project, person, Role.ANNOTATOR)
    return made


def freeze(question, **rules):
    computation.compute(question)
    return versions.freeze(question, versions.build(question, **rules), question.created_by)


@pytest.fixture
def first(question, people):
    make.labelled_items(question, 4, 3, people)
    return freeze(question)[0]


def test_it_holds_what_was_labelled_under_its_own_fingerprint(first):
    manifest = versions.manifest(first)
    assert (first.number, first.train_count, first.test_count) == (1, 4, 3)
    leaves = [bytes.fromhex(entry["leaf"]) for entry in manifest["items"]]
    header = merkle.leaf(b"", first.manifest.header.encode())
    assert merkle.root([header, *leaves]).hex() == first.sha256 and merkle.root(leaves).hex() == first.items_sha256
    assert {"sha256", "label", "probability", "split"} <= set(manifest["items"][0])


def test_the_same_content_is_the_same_version(question, first):
    again, new = freeze(question)
    assert (again, new) == (first, False) and Version.objects.count() == 1


def test_who_freezes_the_same_content_again_is_told(question, first, as_role):
    browser, base = as_role("data_scientist"), f"/projects/{question.project_id}/"
    browser.post(f"{base}versions/freeze/", {"question": question.pk, "min_answers": 1, "min_probability": 0})
    make.run_jobs()
    page = browser.get(f"{base}versions/?question={question.pk}").content.decode()
    assert "Version 1 has exactly these items and labels, so no new version was made." in page


def test_later_versions_keep_the_test_set_word_for_word(question, first, people):
    make.labelled_items(question, 3, 2, people)
    second, _ = freeze(question)
    assert second.train_count == 7 and second.test_count == first.test_count
    assert second.test_sha256 == first.test_sha256 and second.sha256 != first.sha256


def test_an_item_never_changes_side(question, first, people):
    make.labelled_items(question, 3, 2, people)
    second, _ = freeze(question)
    sides = [
        {entry["sha256"]: entry["split"] for entry in versions.manifest(version)["items"]}
        for version in (first, second)
    ]
    assert all(sides[1][sha256] == side for sha256, side in sides[0].items())
    for side in sides:
        assert not {k for k, v in side.items() if v == "train"} & {k for k, v in side.items() if v == "test"}


def test_a_changed_label_of_a_test_item_does_not_move_the_test_set(question, first, people):
    Label.objects.filter(question=question, item__split=Split.TEST).update(value="no", probability=0.6)
    content = versions.build(question)
    assert [e for e in content["items"] if e["split"] == "test"] == [
        {name: value for name, value in e.items() if name != "leaf"}
        for e in versions.manifest(first)["items"]
        if e["split"] == "test"
    ]


def test_rules_keep_doubtful_training_labels_out(question, first):
    Label.objects.filter(item=Label.objects.filter(item__split=Split.TRAIN).first().item).update(probability=0.4)
    assert len([e for e in versions.build(question, min_probability=0.5)["items"] if e["split"] == "train"]) == 3
    with pytest.raises(versions.NotFreezable, match="training"):
        versions.build(question, min_answers=50)


def test_nothing_labelled_cannot_be_frozen(question):
    with pytest.raises(versions.NotFreezable):
        versions.build(question)
    job = jobs.ask_freeze(question, question.created_by)
    make.run_jobs()
    job.refresh_from_db()
    assert job.state == "failed" and "No training item" in job.error and not Version.objects.exists()


def test_without_a_test_label_it_is_refused(question, people):
    make.items_of_split(question.project, Split.TRAIN, 1)
    queue.submit(question.project, queue.next_tasks(question, people[0])[0].task_id, people[0], uuid.uuid4(), "yes")
    computation.compute(question)
    with pytest.raises(versions.NotFreezable, match="test"):
        versions.build(question)


@pytest.mark.parametrize(
    "change", [lambda: Version.objects.update(train_count=1), lambda: Version.objects.all().delete()]
)
def test_the_database_refuses_to_change_it(first, change):
    with pytest.raises(Exception, match=r"append-only|protected"), transaction.atomic():
        change()


def test_a_plain_delete_is_refused_by_the_database_too(first):
    from django.db import connection

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM datasets_version")


def test_the_command_writes_a_version_whole_or_not_at_all(first, tmp_path):
    call_command("export", f"{first.project_id}/{first.number}", format="csv", out=str(tmp_path / "out"))
    [file] = (tmp_path / "out").iterdir()
    assert file.read_text().count("\n") == 8


def test_the_form_freezes_and_refuses(question, first, client, manager):
    client.force_login(manager)
    address = f"/projects/{question.project_id}/versions/freeze/"
    assert client.post(address, {"min_probability": "2", "min_answers": "1"}).status_code == 400
    assert client.post(address, {"min_probability": "0", "min_answers": "1"}).status_code == 302
    assert question.project.jobs.filter(kind="freeze").exists()


def test_the_page_of_versions_names_its_question_and_a_freeze_stays_with_it(question, manager, client, people):
    other = make.question(question.project, text="Is this a dog?")
    make.labelled_items(other, 2, 2, people)
    computation.compute(other)
    client.force_login(manager)
    address = f"/projects/{question.project_id}/versions/"
    page = client.get(f"{address}?question={other.pk}").content.decode()
    assert "Is this a cat?" in page and "“Is this a dog?”: Freeze the labels" in page
    sent = {"question": other.pk, "min_probability": "0", "min_answers": "1"}
    reply = client.post(f"{address}freeze/", sent)
    assert reply.status_code == 302 and reply.url == f"{address}?question={other.pk}"
