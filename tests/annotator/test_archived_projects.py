"""An archived project is hidden and read-only, and nobody is asked anything; it can be taken back."""

import uuid

import pytest
from django.test import Client

from annotator import queue
from annotator.archive import archiving
from annotator.models import AuditEntry, Job, Presence, Role
from annotator.people import permissions
from annotator.refusal import Refused
from datasets import jobs as label_jobs
from tests import make
from workers.phases import alerts

pytestmark = pytest.mark.django_db


@pytest.fixture
def archived(project, question, manager, annotator):
    make.items(project, 3)
    return archiving.archive(project, manager)


def test_nobody_is_asked_and_no_answer_is_taken(project, question, manager, annotator, api):
    make.items(project, 3)
    [held] = queue.next_tasks(question, annotator)
    archiving.archive(project, manager)
    base = f"/api/v1/projects/{project.pk}/"
    client = api(annotator)
    client.get(f"{base}")  # the token was used a moment ago, so the fast path takes it
    body = {"id": str(uuid.uuid4()), "value": "yes"}
    for path, sent in (
        (f"questions/{question.pk}/tasks/next/", {"count": 2}),
        (f"tasks/{held.public_id}/answer/", body),
        (f"tasks/{held.public_id}/renew/", {}),
        (f"tasks/{held.public_id}/skip/", {"reason": "x"}),
    ):
        said = client.post(f"{base}{path}", sent, format="json")
        assert said.status_code == 403 and "archived" in said.json()["detail"], path
    with pytest.raises(Refused, match="archived") as refused:
        queue.submit(project, held.public_id, annotator, uuid.uuid4(), "yes")
    assert (refused.value.code, refused.value.status) == ("archived", 403), "the desk keeps the answer"
    with pytest.raises(Refused, match="archived"):
        queue.next_tasks(question, annotator)
    archiving.unarchive(project, manager)
    assert client.post(f"{base}tasks/{held.public_id}/answer/", body, format="json").status_code == 201


def test_it_is_read_and_not_changed(archived, question, manager, api):
    browser = Client()
    browser.force_login(manager)
    base = f"/projects/{archived.pk}/"
    for path in ("", "items/", "labels/", "versions/", "budget/", f"questions/{question.pk}/", "settings/"):
        page = browser.get(base + path)
        assert page.status_code == 200 and "Archived" in page.content.decode(), path
    for path in (f"questions/{question.pk}/edit/", "people/", "webhooks/", f"desk/{question.pk}/"):
        assert browser.get(base + path).status_code == 403, path
    assert browser.post(f"{base}settings/", {"name": "x"}).status_code == 403
    said = api(manager).patch(f"/api/v1{base}", {"name": "x"}, format="json")
    assert said.status_code == 403 and "archived" in said.json()["detail"]
    assert api(manager).post(f"/api/v1{base}items/actions/", {}, format="json").status_code == 403


def test_only_what_reads_is_left_of_every_role():
    for role in Role.values:
        left = permissions.allowed_as(role, Presence.ACTIVE, archived=True)
        assert all(one.startswith("view_") for one in left - {"leave", "export_versions", "archive_project"})
        assert left <= permissions.allowed_as(role, Presence.ACTIVE)


@pytest.mark.parametrize("state", ["archived", "paused"])
def test_a_reviewer_learns_no_more_than_before(project, manager, state):
    """Who may not answer at the moment still may not know what the answers are."""
    reviewer = make.user()
    member = make.member(project, reviewer, Role.REVIEWER)
    if state == "archived":
        project = member.project = archiving.archive(project, manager)
    else:
        member.presence = Presence.PAUSED
        member.save()
    assert not permissions.may_tell_known_items(permissions.allowed(member))
    assert permissions.may_tell_known_items(permissions.allowed_as(Role.STAKEHOLDER, Presence.ACTIVE))


def test_it_is_hidden_unless_asked_for(archived, manager, api):
    browser = Client()
    browser.force_login(manager)
    other = make.project(manager, name="Dogs")
    page = browser.get("/projects/").content.decode()
    assert "Dogs" in page and "Cats" not in page and "Archived projects (1)" in page
    page = browser.get("/projects/?archived=1").content.decode()
    assert "Cats" in page and "Dogs" not in page
    assert browser.get("/").url.startswith(f"/projects/{other.pk}/")
    assert [one["name"] for one in api(manager).get("/api/v1/projects/").json()["results"]] == ["Dogs"]
    assert [one["name"] for one in api(manager).get("/api/v1/projects/?archived=true").json()["results"]] == ["Cats"]


def test_recurring_work_skips_it_and_open_work_stops(project, question, manager, annotator):
    make.items(project, 2)
    [task] = queue.next_tasks(question, annotator)
    queue.submit(project, task.task_id, annotator, uuid.uuid4(), "yes")
    label_jobs.ask_labels(question, manager)
    archiving.archive(project, manager)
    assert set(project.jobs.values_list("state", flat=True)) == {"cancelled"}
    assert label_jobs.ask_refreshes() == 0
    assert alerts.watch() == 0
    archiving.unarchive(project, manager)
    assert label_jobs.ask_refreshes() == 1


def test_the_page_and_the_api_archive_and_take_back(project, manager, api):
    browser = Client()
    browser.force_login(manager)
    base = f"/projects/{project.pk}/"
    assert "Archive this project" in browser.get(f"{base}settings/").content.decode()
    page = browser.post(f"{base}archive/", {"archived": "1"}, follow=True).content.decode()
    assert "Take back" in page and "Delete this project permanently" in page
    assert api(manager).get(f"/api/v1{base}").json()["archived_at"]
    assert api(manager).post(f"/api/v1{base}unarchive/").json()["archived_at"] is None
    assert api(manager).post(f"/api/v1{base}archive/").json()["archived_at"]
    browser.post(f"{base}archive/", {"archived": "0"})
    project.refresh_from_db()
    assert project.archived_at is None
    actions = list(AuditEntry.objects.filter(project=project).values_list("action", flat=True))
    assert actions.count("archived the project") == actions.count("took the project back") == 2
    assert not Job.objects.exists()
