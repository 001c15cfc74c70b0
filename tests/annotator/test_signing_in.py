"""Signing in: closed, limited, remembered."""

import re
import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from annotator.models import AccessToken, AuditEntry, SignInAttempts
from annotator.people import tokens
from tests import make

pytestmark = pytest.mark.django_db


def sign_in(client, password, name="person", address="192.0.2.1"):
    return client.post("/sign-in/", {"username": name, "password": password}, REMOTE_ADDR=address)


def stranger():
    return Client()


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
    assert "token" in client.post("/api/v1/token/", body, content_type="application/json").json()
    statuses = [
        client.post("/api/v1/token/", body | {"password": "x"}, content_type="application/json").status_code
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


def test_a_new_password_ends_tokens_and_other_sign_ins(client):
    person = make.user("person")
    tokens.issue(person, "laptop")
    sign_in(client, "correct horse")
    elsewhere = stranger()
    sign_in(elsewhere, "correct horse")
    new = "battery staple 7"
    body = {"do": "password", "old_password": "correct horse", "new_password1": new, "new_password2": new}
    assert "was changed" in client.post("/account/", body).content.decode()
    assert not person.access_tokens.exists()
    assert client.get("/account/").status_code == 200 and elsewhere.get("/account/").status_code == 302
    assert person.sign_ins.count() == 1


def test_the_command_ends_tokens_and_sign_ins_too(client):
    from django.core.management import call_command

    person = make.user("person")
    tokens.issue(person, "laptop")
    sign_in(client, "correct horse")
    call_command("newpassword", "person")
    assert not person.access_tokens.exists() and client.get("/account/").status_code == 302


def test_the_account_page_lists_and_ends_sign_ins_and_tokens(client):
    person = make.user("person")
    sign_in(client, "correct horse")
    elsewhere = stranger()
    elsewhere.post(
        "/sign-in/", {"username": "person", "password": "correct horse"}, headers={"User-Agent": "Telescope 9"}
    )
    shown = client.get("/account/").content.decode()
    assert "Telescope 9" in shown and "this one" in shown
    other = person.sign_ins.get(browser="Telescope 9")
    assert client.post(f"/account/sign-ins/{other.pk}/end/").status_code == 302
    assert elsewhere.get("/account/").status_code == 302
    page = client.post("/account/", {"do": "token", "name": "nightly", "scope": "read", "days": "7"}).content.decode()
    token = re.search(r'class="token">([0-9a-f]{40})<', page).group(1)
    assert client.get("/account/").content.decode().count(token) == 0, "it is shown once"
    made = person.access_tokens.get()
    assert client.post(f"/account/tokens/{made.pk}/revoke/").status_code == 302 and not person.access_tokens.exists()
    assert client.post("/account/", {"do": "token", "name": "x", "scope": "read", "days": "9999"}).status_code == 400


def test_a_forgotten_password_is_reset_by_mail_even_while_strangers_try(client, settings):
    settings.EMAIL_HOST = "mail.example.org"
    settings.SIGN_IN_ATTEMPTS_BY_NAME = 3
    person = make.user("person")
    person.email = "person@example.org"
    person.save()
    for number in range(6):
        sign_in(stranger(), "wrong", address=f"198.51.100.{number}")
    assert client.post("/forgotten-password/", {"email": "person@example.org"}).status_code == 302
    link = re.search(r"/new-password/\S+", mail.outbox[0].body).group()
    form = client.get(link)
    body = {"new_password1": "battery staple 7", "new_password2": "battery staple 7"}
    assert client.post(form.url, body).status_code == 302
    assert client.get("/account/").status_code == 200, "signed in"
    client.post("/sign-out/")
    assert sign_in(client, "battery staple 7").status_code == 302, "and the browser is known now"
    assert stranger().get(link).content.decode().count("does not work") == 1


def test_without_a_mail_server_no_link_is_promised(client, settings):
    settings.EMAIL_HOST = ""
    assert client.get("/forgotten-password/").status_code == 404
    assert "Forgotten" not in client.get("/sign-in/").content.decode()


def test_the_present_password_cannot_be_guessed_on_the_account_page(client):
    person = make.user("person")
    client.force_login(person)
    form = {"do": "password", "new_password1": "another long one", "new_password2": "another long one"}
    statuses = [client.post("/account/", form | {"old_password": f"wrong {n}"}).status_code for n in range(12)]
    assert statuses == [400] * 10 + [429] * 2
    assert client.post("/account/", form | {"old_password": "correct horse"}).status_code == 429
    person.refresh_from_db()
    assert person.check_password("correct horse")


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


def test_the_admin_leaves_changing_a_password_to_the_account_page(client):
    """A page of its own would let whoever found an open sign-in guess the old password without a limit."""
    person = make.user("operator")
    person.is_staff = True
    person.save()
    client.force_login(person)
    body = {"old_password": "correct horse", "new_password1": "quite a long one", "new_password2": "quite a long one"}
    for reply in (client.get("/admin/password_change/"), client.post("/admin/password_change/", body)):
        assert reply.status_code == 302 and reply["Location"] == "/account/"
    person.refresh_from_db()
    assert person.check_password("correct horse")


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
