"""Signing in: closed, limited, remembered."""

import pytest

from annotator.models import AuditEntry
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _cache_in_memory(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    from django.core.cache import cache

    cache.clear()


def sign_in(client, password, name="person"):
    return client.post("/sign-in/", {"username": name, "password": password})


def test_it_opens_with_the_right_password(client):
    person = make.user("person")
    assert sign_in(client, "correct horse").status_code == 302
    assert AuditEntry.objects.get(action="signed in").user == person


def test_it_waits_after_ten_failures_even_for_the_right_password(client):
    make.user("person")
    for _ in range(10):
        assert sign_in(client, "wrong").status_code == 200
    response = sign_in(client, "correct horse")
    assert response.status_code == 200 and b"Too many attempts" in response.content


def test_another_name_is_not_kept_waiting(client):
    make.user("person")
    for _ in range(11):
        sign_in(client, "wrong", "someone else")
    assert sign_in(client, "correct horse").status_code == 302


def test_a_token_needs_the_password_and_is_limited(api, client):
    make.user("person")
    body = {"username": "person", "password": "correct horse"}
    assert "token" in client.post("/api/token/", body, content_type="application/json").json()
    statuses = [
        client.post("/api/token/", body | {"password": "x"}, content_type="application/json").status_code
        for _ in range(12)
    ]
    assert statuses[0] == 400 and statuses[-1] == 429


@pytest.mark.parametrize("path", ["/sign-up/", "/register/", "/accounts/signup/", "/user/signup/"])
def test_there_is_no_sign_up(client, path):
    assert client.get(path).status_code == 404


def test_a_redirect_after_signing_in_stays_here(client):
    make.user("person")
    response = client.post(
        "/sign-in/?next=https://evil.example/",
        {"username": "person", "password": "correct horse", "next": "https://evil.example/"},
    )
    assert response.url.startswith("/")
