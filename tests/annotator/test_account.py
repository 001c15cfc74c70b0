"""A person's account: passwords are changed and reset, sign-ins and tokens are listed and ended."""

import re

import pytest
from django.core import mail

from annotator.models import AuditEntry
from annotator.people import tokens
from tests import make
from tests.annotator.signing_in import sign_in, stranger

pytestmark = pytest.mark.django_db


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


def test_a_new_email_address_is_on_record(client):
    person = make.user("person")
    client.force_login(person)
    for _ in range(2):
        client.post("/account/", {"do": "email", "email": "person@example.org"})
    assert AuditEntry.objects.get(user=person, action="changed their e-mail address")
    person.refresh_from_db()
    assert person.email == "person@example.org"
