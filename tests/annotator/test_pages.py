"""Pages as people use them, without a browser."""

import io

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from annotator.models import Job, Project, Role
from annotator.models.job import JobState
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(manager):
    manager.user_permissions.add(Permission.objects.get(codename="add_project", content_type__app_label="annotator"))
    client = Client()
    client.force_login(manager)
    return client


def picture(content, name="cat.png"):
    file = io.BytesIO(content)
    file.name = name
    return file


def test_home_leads_an_annotator_of_one_project_to_the_desk(project, annotator, client):
    client.force_login(annotator)
    assert client.get("/").url == f"/projects/{project.pk}/desk/"


def test_the_list_shows_only_ones_own_projects(project, browser):
    make.project(make.user(), name="Somebody else's")
    page = browser.get("/projects/").content.decode()
    assert "Cats" in page and "Somebody" not in page


def test_a_person_without_a_project_is_told_what_to_do(client):
    client.force_login(make.user())
    assert b"You have no project yet" in client.get("/projects/").content


def test_a_person_whose_projects_are_archived_is_told_so(project, browser):
    Project.objects.update(archived_at=timezone.now())
    page = browser.get("/projects/").content.decode()
    assert "All your projects are archived." in page and "no project yet" not in page


def test_a_project_is_begun_and_a_question_added(browser):
    response = browser.post(
        "/projects/new/", {"name": "Dogs", "currency": "eur", "test_share": "0.3", "goal_percent": "5"}
    )
    project = Project.objects.get(name="Dogs")
    assert response.url == f"/projects/{project.pk}/questions/new/" and project.goal_error == 0.05
    form = {
        "text": "Which?",
        "choices": "poodle\nterrier\n\n",
        "price": "0.05",
        "overlap": 3,
        "test_overlap": 5,
        "plan": "everything",
    }
    question = browser.post(response.url, form, follow=True).context["question"]
    assert [choice["value"] for choice in question.config["choices"]] == ["poodle", "terrier"]


@pytest.mark.parametrize(
    "field", [{"currency": "euro"}, {"test_share": "0"}, {"test_share": "2"}, {"name": ""}, {"goal_percent": "200"}]
)
def test_an_absurd_project_is_refused_beside_the_field(browser, field):
    response = browser.post("/projects/new/", {"name": "Dogs", "currency": "EUR", "test_share": "0.3"} | field)
    assert response.status_code == 200 and b"errorlist" in response.content and not Project.objects.exists()


def test_settings_change_the_goal_and_what_they_leave_stays(project, browser):
    address = f"/projects/{project.pk}/settings/"
    assert (
        browser.post(address, {"name": "Dogs", "description": "All of them", "goal_percent": "3.3"}).status_code == 302
    )
    project.refresh_from_db()
    assert (project.name, project.description, project.goal_error) == ("Dogs", "All of them", 0.033)
    form = browser.get(address).context["form"]
    kept = {name: form[name].value() for name in form.fields}
    assert kept == {"name": "Dogs", "description": "All of them", "goal_percent": 3.3}
    assert browser.post(address, kept | {"currency": "EUR", "test_share": "0.9"}).status_code == 302
    project.refresh_from_db()
    assert (project.goal_error, project.currency) == (0.033, "USD")
    assert browser.post(address, {"name": "Dogs"}).status_code == 302
    project.refresh_from_db()
    assert project.goal_error is None and project.description == ""


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"goal_percent": "0"}, {"goal_percent": "101"}, {"goal_percent": "much"}, {"goal_percent": "nan"}],
)
def test_settings_that_cannot_be_are_refused_and_change_nothing(project, browser, wrong):
    response = browser.post(f"/projects/{project.pk}/settings/", {"name": "Dogs", "goal_percent": "5"} | wrong)
    assert response.status_code == 400 and b"errorlist" in response.content
    assert Project.objects.get(pk=project.pk).name == project.name


@pytest.mark.parametrize("choices", ["one", "", "a\na"])
def test_choices_that_cannot_be_told_apart_are_refused(project, browser, choices):
    form = {
        "text": "Which?",
        "choices": choices,
        "price": "0.05",
        "overlap": 3,
        "test_overlap": 5,
        "plan": "everything",
    }
    response = browser.post(f"/projects/{project.pk}/questions/new/", form)
    assert response.status_code == 400 and b"errorlist" in response.content


def test_pictures_are_brought_in(question, browser):
    response = browser.post(
        f"/projects/{question.project_id}/items/add/", {"files": [picture(make.png(1)), picture(make.png(2))]}
    )
    assert response.status_code == 302 and question.tasks.count() == 2
    assert b"2 items imported." in browser.get(response.url).content
    again = browser.post(
        f"/projects/{question.project_id}/items/add/",
        {"files": [picture(make.png(2)), picture(make.png(3))]},
        follow=True,
    )
    assert b"1 item imported. 1 had the same content as an item that is here already" in again.content
    assert browser.get(f"/projects/{question.project_id}/items/?new=x&known=-1").status_code == 200


def test_a_bad_picture_is_named_on_the_page_and_nothing_is_stored(project, browser):
    response = browser.post(
        f"/projects/{project.pk}/items/add/", {"files": [picture(make.png(1)), picture(b"", "empty.png")]}
    )
    assert (
        response.status_code == 400
        and b"empty.png: the file is empty" in response.content
        and not project.items.exists()
    )


def test_an_item_shows_where_it_comes_from_and_what_else_its_row_says(question, browser, manager, client):
    table = picture(b"id,text,label\n007,<b>late</b> again,yes\n", "a.csv")
    sent = browser.post(f"/projects/{question.project_id}/items/add/", {"files": [table]})
    browser.post(sent.url, {"action": "start", "use-0": "external_id", "use-1": "text", "use-2": "field"})
    make.run_jobs()
    item = question.project.items.get()
    page = browser.get(f"/projects/{question.project_id}/items/{item.pk}/").content.decode()
    assert "&lt;b&gt;late&lt;/b&gt; again" in page and "007" in page and "Fields" in page and question.text in page
    reviewer = make.user("rita")
    make.member(question.project, reviewer, Role.REVIEWER)
    client.force_login(reviewer)
    page = client.get(f"/projects/{question.project_id}/items/{item.pk}/").content.decode()
    assert "late" in page and "007" not in page and "Tasks" not in page, "a field may hold the answer"


def test_the_desk_of_a_project_without_a_question_says_so(project, browser):
    assert b"nothing to answer yet" in browser.get(f"/projects/{project.pk}/desk/").content


def test_people_are_given_roles(project, browser):
    make.user("newcomer")
    browser.post(f"/projects/{project.pk}/people/", {"username": "newcomer", "role": "reviewer"})
    assert project.members.get(user__username="newcomer").role == Role.REVIEWER
    assert (
        b"no such person"
        in browser.post(f"/projects/{project.pk}/people/", {"username": "x", "role": "reviewer"}).content
    )


def test_jobs_show_their_progress_and_are_stopped(project, browser):
    job = Job.objects.create(
        project=project,
        kind="import",
        title="Import of 5 pictures",
        idempotency_key="x",
        state=JobState.RUNNING,
        done=2,
        total=5,
        message="two of five",
    )
    page = browser.get(f"/projects/{project.pk}/jobs/").content.decode()
    assert 'value="40"' in page and "two of five" in page
    browser.post(f"/projects/{project.pk}/jobs/{job.pk}/cancel/", {"next": "https://evil.example/"})
    job.refresh_from_db()
    assert job.cancel_asked


def test_what_an_archive_held_that_is_no_picture_is_named_on_the_page(question, browser):
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("good.png", make.png(1))
        archive.writestr("notes.doc", b"a text")
    address = f"/projects/{question.project_id}/items/"
    shown = browser.post(f"{address}add/", {"files": [picture(buffer.getvalue(), "both.zip")]})
    assert b"waits for its turn" not in browser.get(address).content, "it is shown first"
    browser.post(shown["Location"], {"action": "start"})
    assert b"waits for its turn" in browser.get(address).content
    make.run_jobs()
    page = browser.get(address).content
    assert (
        b"1 item imported. 1 file, row or label could not be imported" in page
        and b"notes.doc" in page
        and b"good.png" in page
    )


def test_the_page_is_asked_for_anew_when_a_job_has_ended(project, browser):
    Job.objects.create(project=project, kind="import", title="t", idempotency_key="x", state=JobState.DONE)
    ask = f"/projects/{project.pk}/jobs/?seen="
    assert "HX-Refresh" in browser.get(ask + "0", headers={"HX-Request": "true"})
    assert "HX-Refresh" not in browser.get(ask + "1", headers={"HX-Request": "true"})


def test_the_admin_shows_and_changes_nothing_that_is_append_only(browser, manager, question):
    manager.is_staff = manager.is_superuser = True
    manager.save()
    for page in ("annotator/job", "annotator/auditentry", "workers/entry", "datasets/version", "workers/trainingrun"):
        assert browser.get(f"/admin/{page}/").status_code == 200
        assert browser.get(f"/admin/{page}/add/").status_code == 403
