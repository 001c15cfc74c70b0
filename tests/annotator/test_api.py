"""The API: a project from its beginning to its budget, and what it refuses."""

import io
import re
import uuid
import zipfile

import pytest
from django.contrib.auth.models import Permission

from annotator.models import Answer, Item, Project, Role
from tests import make, openapi

pytestmark = pytest.mark.django_db


@pytest.fixture
def creator(manager):
    manager.user_permissions.add(Permission.objects.get(codename="add_project", content_type__app_label="annotator"))
    return manager


def upload(client, project, *contents, field="files"):
    files = [io.BytesIO(content) for content in contents]
    for number, file in enumerate(files):
        file.name = f"file{number}.png"
    return client.post(
        f"/api/v1/projects/{project}/items/", {field: files if field == "files" else files[0]}, format="multipart"
    )


def test_a_project_from_beginning_to_budget(creator, api):
    client = api(creator)
    project = client.post("/api/v1/projects/", {"name": "Cats", "test_share": "0.5"}, format="json").json()["id"]
    base = f"/api/v1/projects/{project}/"
    asked = client.post(
        base + "questions/",
        {"text": "A cat?", "kind": "choice", "config": {"choices": ["yes", "no"]}, "overlap": 1, "test_overlap": 1},
        format="json",
    )
    assert asked.status_code == 201
    question = base + f"questions/{asked.json()['id']}/"
    assert client.post(base + "budget/", {"amount": "10.00"}, format="json").status_code == 201
    assert len(upload(client, project, *[make.png(number) for number in range(20)]).json()) == 20
    while tasks := client.post(question + "tasks/next/", {"count": 3}, format="json").json()["tasks"]:
        for task in tasks:
            value = "yes" if int(task["content"][-2], 16) % 2 else "no"
            answer = {"id": str(uuid.uuid4()), "value": value}
            assert client.post(base + f"tasks/{task['task']}/answer/", answer, format="json").status_code == 201
    assert client.post(question + "versions/", {}, format="json").status_code == 202
    make.run_jobs()
    assert client.get(question + "labels/").json()["count"] == 20
    [version] = client.get(question + "versions/").json()["results"]
    assert version["train_count"] + version["test_count"] == 20
    exported = b"".join(client.get(question + "versions/1/export/?as=csv").streaming_content).decode()
    assert exported.count("\r\n") == 21
    [training] = client.get(base + "trainings/").json()["results"]
    assert training["state"] == "waiting" and client.get(base + "runs/").json()["count"] == 0
    assert client.get(question + "curve/").json()["points"] == []
    budget = client.get(base + "budget/").json()
    assert (budget["answers"], budget["available"]) == ("0.400000", "9.600000")
    assert client.get(base + "charges/?kind=answer").json()["count"] == 20


def test_who_may_not_begin_projects_is_told(manager, api):
    assert api(manager).post("/api/v1/projects/", {"name": "x"}, format="json").status_code == 403


def test_an_answer_sent_twice_is_one(question, annotator, api):
    make.items(question.project)
    client, base = api(annotator), f"/api/v1/projects/{question.project_id}/"
    task = client.post(f"{base}questions/{question.pk}/tasks/next/", {}, format="json").json()["tasks"][0]["task"]
    body = {"id": str(uuid.uuid4()), "value": "yes"}
    replies = [client.post(f"{base}tasks/{task}/answer/", body, format="json") for _ in range(2)]
    assert [reply.status_code for reply in replies] == [201, 200]
    assert [reply.json()["duplicate"] for reply in replies] == [False, True]
    assert Answer.objects.count() == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"id": "abc", "value": "yes"},
        {"id": str(uuid.uuid4()), "value": "maybe"},
        {"id": str(uuid.uuid4())},
        {"id": str(uuid.uuid4()), "value": "yes", "active_ms": -1},
        {"id": str(uuid.uuid4()), "value": "yes", "active_ms": "long"},
        [],
        "text",
        7,
    ],
)
def test_a_malformed_answer_is_refused_with_a_reason(question, annotator, api, body):
    make.items(question.project)
    client, base = api(annotator), f"/api/v1/projects/{question.project_id}/"
    task = client.post(f"{base}questions/{question.pk}/tasks/next/", {}, format="json").json()["tasks"][0]["task"]
    reply = client.post(f"{base}tasks/{task}/answer/", body, format="json")
    assert reply.status_code == 400 and reply.json()
    assert not Answer.objects.exists()


def test_a_task_tells_nothing_of_its_side(question, annotator, api):
    make.items(question.project, 6)
    client = api(annotator)
    [task, *_] = client.post(
        f"/api/v1/projects/{question.project_id}/questions/{question.pk}/tasks/next/", {}, format="json"
    ).json()["tasks"]
    assert set(task) == {
        "task",
        "modality",
        "content",
        "width",
        "height",
        "length",
        "text",
        "suggestion",
        "expires_at",
        "expires_in",
    }


def test_one_bad_picture_keeps_all_out_and_every_reason_is_named(project, manager, api):
    reply = upload(api(manager), project.pk, make.png(1), b"", b"nonsense")
    assert reply.status_code == 400 and len(reply.json()["files"]) == 2
    assert not Item.objects.exists()


def test_no_file_is_refused(project, manager, api):
    assert api(manager).post(f"/api/v1/projects/{project.pk}/items/", {}, format="multipart").status_code == 400


def test_an_archive_is_taken_in_by_a_job_that_names_what_is_bad(question, manager, api):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("../../evil.png", make.png(1))
        archive.writestr("folder/good.png", make.png(2))
        archive.writestr("bad.png", b"no picture")
        archive.writestr("__MACOSX/._good.png", b"junk")
    project = question.project
    assert upload(api(manager), project.pk, buffer.getvalue(), field="archive").status_code == 202
    make.run_jobs()
    assert sorted(project.items.values_list("name", flat=True)) == ["evil.png", "good.png"]
    assert question.tasks.count() == 2
    result = project.jobs.get(kind="import").result
    assert result["refused"] == 1 and "bad.png" in result["reasons"][0]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", make.png(1)])
def test_a_file_that_is_no_archive_is_refused(project, manager, api, content):
    assert upload(api(manager), project.pk, content, field="archive").status_code == 400


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"choices": []},
        {"choices": ["one"]},
        {"choices": ["a", "a"]},
        {"choices": [{"value": ""}, "b"]},
        {"choices": "ab"},
        None,
        [],
        {"choices": [{"value": "a", "key": "1"}, {"value": "b", "key": "1"}]},
        {"choices": [{"value": "a", "key": "§"}, "b"]},
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(project, manager, api, config):
    reply = api(manager).post(
        f"/api/v1/projects/{project.pk}/questions/", {"text": "?", "kind": "choice", "config": config}, format="json"
    )
    assert reply.status_code == 400 and "config" in reply.json()


@pytest.mark.parametrize(
    "field", [{"kind": "riddle"}, {"price": "-1"}, {"price": "0.00001"}, {"overlap": 0}, {"overlap": 99}, {"text": ""}]
)
def test_absurd_questions_are_refused(project, manager, api, field):
    body = {"text": "?", "kind": "choice", "config": {"choices": ["a", "b"]}} | field
    assert api(manager).post(f"/api/v1/projects/{project.pk}/questions/", body, format="json").status_code == 400
    assert not project.questions.exists()


@pytest.mark.parametrize(
    "body", [{"amount": "0"}, {"amount": "-5"}, {"amount": "1.005"}, {"amount": "much"}, {"amount": "99999999999"}, {}]
)
def test_absurd_money_is_refused(project, manager, api, body):
    assert api(manager).post(f"/api/v1/projects/{project.pk}/budget/", body, format="json").status_code == 400


def test_money_sent_twice_is_put_in_once(manager, api):
    project = make.project(manager, money=0)
    body = {"id": str(uuid.uuid4()), "amount": "5.00"}
    for _ in range(2):
        assert api(manager).post(f"/api/v1/projects/{project.pk}/budget/", body, format="json").status_code == 201
    assert api(manager).get(f"/api/v1/projects/{project.pk}/budget/").json()["available"] == "5.000000"


def test_filters_read_no_other_field(project, manager, api):
    make.items(project)
    reply = api(manager).get(f"/api/v1/projects/{project.pk}/items/?project__created_by__password__startswith=md5")
    assert reply.status_code == 400 and "there are: after, answered, asked, external_id, group" in str(reply.json())


def test_every_reading_address_refuses_unknown_parameters_and_knows_its_own(question, manager, api):
    client, paths = api(manager), openapi.document()["paths"]
    asked = 0
    for path, operations in paths.items():
        if "get" not in operations or not path.startswith("/api/v1/projects/") or "/content/" in path:
            continue
        address = path.replace("{project_id}", str(question.project_id)).replace("{question_id}", str(question.pk))
        address = re.sub(r"{[a-z_]+}", "1", address)
        reply = client.get(f"{address}?nonsense=1")
        assert reply.status_code in (400, 404), path
        assert reply.status_code == 404 or "nonsense" in reply.json(), path
        asked += reply.status_code == 400
        for parameter in operations["get"].get("parameters", []):
            if parameter["in"] == "query":
                said = client.get(f"{address}?{parameter['name']}=1")
                assert said.status_code < 500 and "no such parameter" not in str(getattr(said, "data", "")), (
                    path,
                    parameter,
                )
    assert asked >= 25


def test_every_writing_address_refuses_unknown_fields(question, manager, api):
    client, paths, refused = api(manager), openapi.document()["paths"], 0
    member = make.member(question.project, make.user("kim"), Role.ANNOTATOR)
    names = {
        "username": member.user.username,
        "number": question.batches.get().number,
        "phase_id": question.project.phases.get(current=True).pk,
    }
    for path, operations in paths.items():
        address = path.replace("{project_id}", str(question.project_id)).replace("{question_id}", str(question.pk))
        for name, value in names.items():
            address = address.replace(f"{{{name}}}", str(value))
        for method in {"post", "patch", "put"} & set(operations):
            body = operations[method].get("requestBody", {}).get("content", {})
            if "application/json" not in body or "{" in address or path.split("/")[-2] in ("next", "answer", "skip"):
                continue
            reply = getattr(client, method)(address, {"nonsense": 1}, format="json")
            assert reply.status_code == 400 and "nonsense" in reply.json(), (
                method,
                path,
                reply.status_code,
                reply.content,
            )
            refused += 1
    assert refused >= 20


def test_the_share_of_the_test_set_stands_once_there_are_items(project, manager, api):
    make.items(project)
    reply = api(manager).patch(f"/api/v1/projects/{project.pk}/", {"test_share": "0.5"}, format="json")
    assert reply.status_code == 400 and Project.objects.get(pk=project.pk).test_share != 0.5


def test_a_role_is_given_by_name(project, manager, api):
    person = make.user("newcomer")
    reply = api(manager).post(
        f"/api/v1/projects/{project.pk}/members/", {"username": "newcomer", "role": "reviewer"}, format="json"
    )
    assert reply.status_code == 201 and person.memberships.get().role == Role.REVIEWER


@pytest.mark.parametrize(
    "body",
    [
        {"username": "nobody", "role": "reviewer"},
        {"username": "manager", "role": "annotator"},
        {"username": "newcomer", "role": "king"},
    ],
)
def test_a_role_that_cannot_be_given_is_refused(project, manager, api, body):
    make.user("newcomer")
    assert api(manager).post(f"/api/v1/projects/{project.pk}/members/", body, format="json").status_code == 400


def test_the_schema_describes_it_without_a_warning(manager, api, capsys):
    reply = api(manager).get("/api/schema/?format=json")
    assert reply.status_code == 200
    assert "/api/v1/projects/{project_id}/tasks/{task}/answer/" in reply.json()["paths"]
    assert capsys.readouterr().err == ""


def test_a_picture_too_large_for_one_request_is_sent_to_the_archive(project, manager, api):
    from tests.annotator.test_pictures import huge_png

    reply = upload(api(manager), project.pk, huge_png(5000, 5000))
    assert reply.status_code == 400 and "ZIP archive" in reply.json()["files"][0]
