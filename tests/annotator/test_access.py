"""Who may see and do what: every page and endpoint, by every role, as the table says."""

import pytest

from annotator.models import Member, Role
from annotator.people import members
from datasets.models import Label, Version
from tests import make
from tests.annotator.access_table import CASES, ROLES, ROWS

pytestmark = pytest.mark.django_db


@pytest.fixture
def places(question, manager):
    """What the addresses of the table are about."""
    from datasets.labels import computation
    from datasets.versions import versions

    make.labelled_items(question, 2, 2, [manager])
    computation.compute(question)
    versions.freeze(question, versions.build(question), manager)
    item = question.project.items.first()
    return {
        "p": question.project.pk,
        "q": question.pk,
        "sha": item.sha256,
        "v": Version.objects.get().pk,
        "label": Label.objects.first().pk,
        "worker": manager.pk,
        "one": 1,
        "nobody": "nobody",
        "week": "2001-01-01",
        "none": "00000000-0000-4000-8000-000000000000",
        "u": "00000000-0000-4000-8000-000000000001",
    }


@pytest.mark.parametrize("role", ROLES)
def test_every_role_gets_what_the_table_says(places, as_role, role):
    browser = as_role(role)
    wrong = []
    for path, method, status in [(path, method, status) for path, method, asked, status in CASES if asked == role]:
        response = getattr(browser, method.lower())(path.format(**places), {}, content_type="application/json")
        if response.status_code != status:
            wrong.append(f"{method} {path} as {role}: {response.status_code}, not {status}")
    assert not wrong, "\n".join(wrong)


def test_who_is_not_signed_in_sees_nothing(places, client):
    for path, method, _, _ in CASES:
        if path in ("/healthz", "/readyz"):
            continue  # they are for machines; test_health says what they tell
        response = getattr(client, method.lower())(path.format(**places), {}, content_type="application/json")
        if path.startswith("/api/"):
            assert response.status_code == 401, path
        else:
            assert response.status_code == 302 and response.url.startswith("/sign-in/"), path


def test_the_table_names_every_address_of_a_project():
    from django.urls import get_resolver

    def walk(patterns, prefix=""):
        for pattern in patterns:
            path = prefix + str(pattern.pattern)
            yield from walk(pattern.url_patterns, path) if hasattr(pattern, "url_patterns") else [path]

    import re

    known = {re.sub(r"[{][a-z]+[}]|0|(?<=versions/)1", "*", row[0].partition("?")[0]) for row in ROWS}
    # A run needs a trained model; its page is tried in test_runs.
    for path in walk(get_resolver().url_patterns):
        plain = "/" + re.sub(r"<[^>]+>", "*", path)
        if "projects/*" in plain and plain != "/projects/*/runs/*/":
            assert plain in known, plain


def test_a_superuser_has_no_short_cut(places, client):
    person = make.user()
    person.is_superuser = person.is_staff = True
    person.save()
    client.force_login(person)
    assert client.get(f"/projects/{places['p']}/").status_code == 404


def test_a_question_of_another_project_is_not_found(places, manager, client):
    other = make.question(make.project(manager))
    client.force_login(manager)
    assert client.get(f"/projects/{places['p']}/questions/{other.pk}/").status_code == 404
    assert client.get(f"/projects/{places['p']}/desk/{other.pk}/").status_code == 404
    assert client.get(f"/projects/{places['p']}/labels/?question={other.pk}").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/projects/x/",
        "/projects/1/questions/abc/",
        "/api/v1/projects/abc/",
        "/api/v1/projects/1/jobs/7/",
        "/projects/99999999999999999999/",
        "/api/v1/projects/99999999999999999999/",
    ],
)
def test_text_where_an_id_belongs_is_not_found(path, manager, client):
    client.force_login(manager)
    assert client.get(path).status_code == 404


def test_a_paused_person_may_look_but_not_answer(places, as_role, project, manager):
    browser = as_role(Role.ANNOTATOR)
    members.pause(Member.objects.get(user=browser.person), manager, "Please read the instructions again.")
    reply = browser.post(f"/api/v1/projects/{places['p']}/questions/{places['q']}/tasks/next/", {}, "application/json")
    assert reply.status_code == 403 and "read the instructions again" in reply.json()["detail"]
    assert browser.get(f"/projects/{places['p']}/desk/").status_code == 403
    assert browser.get(f"/projects/{places['p']}/decisions/").status_code == 200


def test_who_has_left_is_a_stranger(places, as_role, manager):
    browser = as_role(Role.ANNOTATOR)
    members.leave(Member.objects.get(user=browser.person), manager)
    assert browser.get(f"/projects/{places['p']}/questions/{places['q']}/").status_code == 404
    reply = browser.post(f"/api/v1/projects/{places['p']}/questions/{places['q']}/tasks/next/", {}, "application/json")
    assert reply.status_code == 404
    assert "Cats" not in browser.get("/projects/").content.decode()


@pytest.mark.slow
def test_head_and_options_ask_what_get_asks(places, as_role):
    """The length of an answer tells as much as the answer; and HEAD runs what GET runs."""
    browsers = {role: as_role(role) for role in ROLES}
    wrong = []
    for path, method, role, status in CASES:
        if method != "GET" or status not in (403, 404):
            continue
        refused = status == 403 or role == "stranger"
        for other in ("head", "options") if refused and path.startswith("/api/") else ("head",):
            response = getattr(browsers[role], other)(path.format(**places))
            if response.status_code != status:
                wrong.append(f"{other} {path} as {role}: {response.status_code}, not {status}")
    assert not wrong, "\n".join(wrong)


def test_head_of_labels_notes_nothing_for_who_may_not_read_them(places, project, as_role):
    from annotator.models import Assignment

    person = as_role(Role.ANNOTATOR)
    assert person.head(f"/api/v1/projects/{places['p']}/questions/{places['q']}/labels/").status_code == 403
    assert not Assignment.objects.filter(worker=person.person, state="seen").exists()


def test_every_handler_of_the_api_names_its_permission():
    from django.urls import get_resolver

    from annotator.api.common.scoped import ProjectView

    def views(patterns):
        for one in patterns:
            if hasattr(one, "url_patterns"):
                yield from views(one.url_patterns)
            elif isinstance(view := getattr(one.callback, "view_class", None), type):
                yield view

    found = {view for view in views(get_resolver().url_patterns) if issubclass(view, ProjectView)}
    assert len(found) > 30
    for view in found:
        handlers = {name.upper() for name in view.http_method_names if hasattr(view, name)} - {"HEAD", "OPTIONS"}
        assert handlers <= set(view.permissions), f"{view.__name__}: {handlers - set(view.permissions)}"
