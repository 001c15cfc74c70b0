"""Tokens are given for a password, limited like signing in, and stored hashed. Each has a scope and an end."""

from datetime import timedelta

import pytest
from django.utils import timezone

from annotator.models import AccessToken
from annotator.people import tokens
from tests import make

pytestmark = pytest.mark.django_db


def test_a_token_needs_the_password_and_is_limited(api, client):
    make.user("person")
    body = {"username": "person", "password": "correct horse"}
    assert "token" in client.post("/api/v1/token/", body, content_type="application/json").json()
    statuses = [
        client.post("/api/v1/token/", body | {"password": "x"}, content_type="application/json").status_code
        for _ in range(12)
    ]
    assert statuses[0] == 400 and statuses[-1] == 429


def test_who_has_a_token_is_limited_like_anybody(api):
    client = api(make.user("person"))
    statuses = {
        client.post("/api/v1/token/", {"username": "other", "password": "x"}, format="json").status_code
        for _ in range(12)
    }
    assert statuses == {400, 429}


@pytest.mark.parametrize(
    "body", ["[]", '"text"', "3", "null", '{"username": "\\ud800", "password": "x"}', '{"username": "a\\u0000", "password": "x"}',
             '{"username": {}, "password": []}', "[" * 100_000], ids=range(8)
)  # fmt: skip
def test_no_body_breaks_the_token_address(client, body):
    assert client.post("/api/v1/token/", body, content_type="application/json").status_code == 400


def test_tokens_are_stored_hashed_have_a_scope_and_an_end(client, api):
    person = make.user("person")
    body = {"username": "person", "password": "correct horse", "name": "export", "scope": "read", "days": 3}
    said = client.post("/api/v1/token/", body, content_type="application/json").json()
    stored = AccessToken.objects.get()
    assert said["token"] not in str(AccessToken.objects.values()) and stored.scope == "read" and stored.name == "export"
    header = {"Authorization": f"Token {said['token']}"}
    assert client.get("/api/v1/projects/", headers=header).status_code == 200
    assert client.get("/api/v1/projects/", headers={"Authorization": said["token"]}).status_code == 401
    [told] = client.get("/api/v1/tokens/", headers=header).json()
    assert told["last_used_at"] and told["start"] == said["token"][:6] and "digest" not in told
    AccessToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get("/api/v1/projects/", headers=header).status_code == 401
    assert person.access_tokens.count() == 1


def test_a_scope_is_kept_on_the_short_way_and_the_long_way(question, annotator, client):
    make.items(question.project)
    address = f"/api/v1/projects/{question.project_id}/questions/{question.pk}/tasks/next/"
    asked = {}
    for scope in ("read", "answer", "manage"):
        _, token = tokens.issue(annotator, scope, scope)
        header = {"Authorization": f"Token {token}"}
        asked[scope] = [client.post(address, {}, "application/json", headers=header).status_code for _ in range(2)]
        asked[f"{scope} bare"] = client.post(
            address, {}, "application/json", headers={"Authorization": token}
        ).status_code
    assert asked["read"] == [403, 403] and asked["answer"] == asked["manage"] == [200, 200]
    assert asked["answer bare"] == 401


def test_a_token_for_answering_manages_nothing(project, manager, client):
    _, token = tokens.issue(manager, "desk", "answer")
    reply = client.post(
        f"/api/v1/projects/{project.pk}/groups/",
        {"name": "x"},
        "application/json",
        headers={"Authorization": f"Token {token}"},
    )
    assert reply.status_code == 403 and project.groups.count() == 0


def test_a_revoked_token_ends_at_once_and_nobody_revokes_anothers(question, annotator, api, client):
    made, token = tokens.issue(annotator, "laptop")
    header = {"Authorization": f"Token {token}"}
    other = make.user("other")
    assert api(other).delete(f"/api/v1/tokens/{made.pk}/").status_code == 404
    assert client.delete(f"/api/v1/tokens/{made.pk}/", headers=header).status_code == 204
    assert client.get("/api/v1/projects/", headers=header).status_code == 401
    address = f"/api/v1/projects/{question.project_id}/questions/{question.pk}/tasks/next/"
    assert client.post(address, {}, "application/json", headers=header).status_code == 401


def test_a_token_asked_for_with_a_password_that_changes_meanwhile_is_not_given(client, monkeypatch):
    from annotator.models import User
    from annotator.people import sign_in as attempts

    make.user("person")
    checked = attempts.authenticate

    def slow(*given, **named):
        found = checked(*given, **named)
        changed = User.objects.get(username="person")
        changed.set_password("a long new one")
        changed.save()
        return found

    monkeypatch.setattr(attempts, "authenticate", slow)
    body = {"username": "person", "password": "correct horse"}
    assert client.post("/api/v1/token/", body, content_type="application/json").status_code == 409
    assert not AccessToken.objects.exists()
