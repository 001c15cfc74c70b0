"""Signing in: closed, limited, remembered."""

import threading

import pytest
from django.db import connection
from django.test import Client

from annotator.models import AuditEntry, SignInAttempts
from tests import make
from tests.annotator.signing_in import sign_in, stranger

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize("spelling", [" person", "person ", "PERSON", "ｐｅｒｓｏｎ", "\u00a0person"])
def test_spellings_of_one_name_are_counted_together(client, spelling):
    make.user("person")
    for number in range(10):
        sign_in(client, "wrong", spelling if number % 2 else "person")
    assert b"Too many attempts" in sign_in(client, "correct horse").content


def test_one_address_that_tries_many_names_waits(client, settings):
    settings.SIGN_IN_ATTEMPTS_BY_ADDRESS = 20
    make.user("person")
    for number in range(20):
        sign_in(client, "wrong", f"name{number}")
    assert b"Too many attempts" in sign_in(client, "correct horse").content
    assert sign_in(stranger(), "correct horse", address="192.0.2.2").status_code == 302


def test_a_forged_forwarded_for_is_not_believed(client):
    make.user("person")
    for number in range(12):
        response = client.post(
            "/sign-in/",
            {"username": "person", "password": "wrong"},
            headers={"X-Forwarded-For": f"198.51.100.{number}"},
        )
    assert b"Too many attempts" in response.content


def test_behind_a_proxy_each_client_has_its_own_address(client, settings):
    settings.TRUSTED_PROXIES = 1
    make.user("person")
    body = {"username": "person", "password": "correct horse"}
    for _ in range(11):
        client.post("/sign-in/", body | {"password": "x"}, headers={"X-Forwarded-For": "9.9.9.9, 198.51.100.1"})
    other = stranger().post("/sign-in/", body, headers={"X-Forwarded-For": "198.51.100.2"})
    assert other.status_code == 302


def test_a_stranger_cannot_lock_a_person_out_of_a_browser_they_know(client, settings):
    settings.SIGN_IN_ATTEMPTS_BY_NAME = 15
    make.user("person")
    assert sign_in(client, "correct horse").status_code == 302
    client.post("/sign-out/")
    for number in range(20):
        sign_in(stranger(), "wrong", address=f"198.51.100.{number}")
    assert b"Too many attempts" in sign_in(stranger(), "correct horse", address="203.0.113.9").content
    assert sign_in(client, "correct horse").status_code == 302
    client.post("/sign-out/")
    for _ in range(10):
        sign_in(client, "wrong")
    assert b"Too many attempts" in sign_in(client, "correct horse").content, "a known browser is limited, too"


def test_success_is_not_counted(client):
    make.user("person")
    for _ in range(30):
        assert sign_in(stranger(), "correct horse").status_code == 302
    assert set(SignInAttempts.objects.values_list("count", flat=True)) == {0}


@pytest.mark.django_db(transaction=True)
def test_of_many_simultaneous_tries_no_more_than_the_limit_are_checked(settings, monkeypatch):
    from annotator.people import sign_in as attempts

    checked = []
    monkeypatch.setattr(attempts, "authenticate", lambda *args, **named: checked.append(named) or None)

    def send():
        sign_in(stranger(), "wrong")
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(48)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(checked) == settings.SIGN_IN_ATTEMPTS


def test_the_limit_is_one_for_page_api_and_admin(client):
    make.user("person")
    for _ in range(4):
        sign_in(client, "wrong")
        client.post(
            "/api/v1/token/", {"username": "person", "password": "x"}, "application/json", REMOTE_ADDR="192.0.2.1"
        )
        client.post("/admin/login/", {"username": "person", "password": "x"}, REMOTE_ADDR="192.0.2.1")
    assert b"Too many attempts" in sign_in(client, "correct horse").content
    body = {"username": "person", "password": "correct horse"}
    assert client.post("/api/v1/token/", body, "application/json", REMOTE_ADDR="192.0.2.1").status_code == 429
    shown = client.post("/admin/login/", body, REMOTE_ADDR="192.0.2.1").content
    assert b"Too many attempts" in shown


def test_a_browser_is_known_only_as_long_as_the_password_is_the_same(client):
    person = make.user("person")
    other = Client()
    assert sign_in(other, "correct horse").status_code == sign_in(client, "correct horse").status_code == 302
    client.post(
        "/account/",
        {
            "do": "password",
            "old_password": "correct horse",
            "new_password1": "a long new one",
            "new_password2": "a long new one",
        },
    )
    person.refresh_from_db()
    assert person.check_password("a long new one")
    for _ in range(10):
        sign_in(stranger(), "wrong")
    assert b"Too many" in sign_in(other, "a long new one").content, "it knew the old password only"
    client.post("/sign-out/")
    assert sign_in(client, "a long new one").status_code == 302, "the browser in which it was changed is known"


def test_a_browser_in_which_someone_joined_is_known(project, manager, client):
    from annotator.people import invitations

    _, token = invitations.invite(project, manager, "annotator")
    client.post(f"/join/{token}/", {"name": "Ann", "username": "ann", "password": "quite a long one"})
    client.post("/sign-out/")
    for _ in range(10):
        sign_in(stranger(), "wrong", "ann")
    assert sign_in(client, "quite a long one", "ann").status_code == 302


def test_a_device_lets_only_its_own_person_try_more_often(settings):
    """A namesake in other letters signs in, has a new device each time, and must not get new tries at the other with it."""
    make.user("person")
    make.user("Person")
    shown = []
    for _ in range(3):
        mine = Client()
        if sign_in(mine, "correct horse", "Person").status_code != 302:
            continue  # counted as a stranger's tries at that name by now
        guessing = Client()
        guessing.cookies["marginalia_device"] = mine.cookies["marginalia_device"].value
        for _ in range(settings.SIGN_IN_ATTEMPTS):
            shown.append(sign_in(guessing, "wrong", "person").content)
    let = [page for page in shown if b"Too many attempts" not in page]
    assert b"Please enter a correct" in let[0] and len(let) <= settings.SIGN_IN_ATTEMPTS


def test_the_addresses_of_one_ipv6_network_are_counted_together(client, settings):
    settings.SIGN_IN_ATTEMPTS_BY_ADDRESS = 5
    for number in range(5):
        sign_in(client, "wrong", f"name {number}", address=f"2001:db8::{number:x}")
    assert b"Too many attempts" in sign_in(client, "wrong", "other", address="2001:db8::ffff").content
    assert b"Too many attempts" not in sign_in(client, "wrong", "other", address="2001:db8:0:1::1").content
    for number in range(5):
        sign_in(client, "wrong", f"name {number}", address="192.0.2.1" if number % 2 else "::ffff:192.0.2.1")
    assert b"Too many attempts" in sign_in(client, "wrong", "other", address="192.0.2.1").content
