"""Imports over the API: one call imports a file, several look at it first, and whatever is wrong is said."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from annotator.models import Import
from tests import make

TICKETS = b"id,text,label\n1,first,yes\n2,second,no\nbad\n"


def address(project, *parts) -> str:
    return "/".join((f"/api/v1/projects/{project.pk}/imports", *map(str, parts), ""))


def send(client, project, content=TICKETS, name="a.csv", **fields):
    sent = {"file": SimpleUploadedFile(name, content)} | fields
    return client.post(address(project), sent, format="multipart")


@pytest.mark.django_db
def test_one_call_imports_a_file_and_says_what_came_of_it(project, manager, api):
    client = api(manager)
    chosen = {"columns": {"id": "external_id", "text": "text"}}
    found = send(client, project, mapping=json.dumps(chosen), start="true").json()
    assert found["job"]["state"] == "waiting" and found["counts"] == {}
    make.run_jobs()
    done = client.get(address(project, found["id"])).json()
    assert done["job"]["state"] == "done"
    assert done["counts"] == {"new": 2, "known": 0, "changed": 0, "answers": 0, "rejected": 1}
    [row] = done["rejected_rows"]
    assert (row["number"], row["raw"]) == (4, "bad") and "1 fields" in row["reason"]
    assert project.items.get(external_id="1").fields == {"label": "yes"}
    back = client.get(address(project, found["id"], "rejected"))
    assert b"".join(back.streaming_content).decode("utf-8-sig") == "id,text,label\nbad\n"
    assert "a rejected.csv" in back["Content-Disposition"]


@pytest.mark.django_db
def test_a_file_is_shown_changed_checked_and_started(project, manager, question, api):
    client = api(manager)
    found = send(client, project, b"a;b\n1;first text\n").json()
    assert found["reading"]["delimiter"] == ";" and [one["name"] for one in found["columns"]] == ["a", "b"]
    other = client.patch(
        address(project, found["id"]), {"reading": {"delimiter": ",", "encoding": "utf-8"}}, format="json"
    )
    assert [one["name"] for one in other.json()["columns"]] == ["a;b"]
    back = client.patch(
        address(project, found["id"]),
        {"reading": {"delimiter": ";"}, "mapping": {"columns": {"b": "text"}}, "on_rejected": "stop"},
        format="json",
    ).json()
    assert back["mapping"]["columns"] == {"a": "field", "b": "text"} and back["on_rejected"] == "stop"
    assert client.post(address(project, found["id"], "check")).status_code == 202
    make.run_jobs()
    assert client.get(address(project, found["id"])).json()["counts"]["checked"]["new"] == 1
    assert client.post(address(project, found["id"], "start")).status_code == 202
    make.run_jobs()
    assert project.items.get().text == "first text"
    assert client.post(address(project, found["id"], "start")).status_code == 409
    assert client.post(address(project, found["id"], "continue")).status_code == 409
    assert client.patch(address(project, found["id"]), {"mapping": {"columns": {}}}, format="json").status_code == 409


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {"mapping": "{"},
        {"mapping": '{"columns": {"text": "nothing"}}'},
        {"mapping": '{"columns": {"other": "text"}}'},
        {"mapping": '{"columns": {"text": "text", "label": "label"}, "question": 0}'},
        {"mapping": '{"columns": {"text": "text", "label": "label"}, "question": 999999}'},
        {"mapping": '{"columns": {"text": "text"}, "unknown": 1}'},
        {"mapping": "[1]"},
        {"reading": '{"encoding": "no-such"}'},
        {"reading": '{"delimiter": "ab"}'},
        {"reading": "7"},
        {"on_rejected": "maybe"},
        {"file": ""},
        {"other": "1"},
    ],
    ids=str,
)
def test_what_is_wrong_with_a_request_is_said(project, manager, api, fields):
    said = send(api(manager), project, **fields)
    assert said.status_code == 400, said.content


@pytest.mark.django_db
def test_imports_of_another_project_do_not_exist_here(project, manager, api):
    found = send(api(manager), project).json()["id"]
    other = make.project(manager, name="Other")
    for method, *parts in (
        ("get",),
        ("patch",),
        ("post", "check"),
        ("post", "start"),
        ("post", "continue"),
        ("get", "rejected"),
    ):
        call = getattr(api(manager), method)
        assert call(address(other, found, *parts), {}, format="json").status_code == 404
    assert Import.objects.filter(project=other).count() == 0
