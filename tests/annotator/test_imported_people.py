"""People of other systems: named, marked, and kept out."""

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client

from annotator.models import Member, Role, User
from annotator.people import imported, members
from annotator.people.imported import BadName, clean_person, people_of
from annotator.refusal import Refused
from tests import make
from tests.annotator.imported import stored_texts, taken
from workers.budget import charges, pay_settings

pytestmark = pytest.mark.django_db


def test_the_same_name_is_the_same_person_in_a_project_and_another_one_elsewhere(project, manager):
    other = make.project(manager)
    first = people_of(project, ["Ana", "Ben"])
    assert people_of(project, ["Ana"]) == {"Ana": first["Ana"]}
    assert people_of(other, ["Ana"])["Ana"] != first["Ana"]
    assert people_of(project, ["ana"])["ana"] != first["Ana"]


@pytest.mark.parametrize("name", ["Łukasz Żółć", "渡辺", "👩‍👩‍👧", "manager", "a" * 150, "<b>x</b>", "e\u0301"])
def test_any_name_is_shown_as_it_is(project, name):
    [person] = people_of(project, [clean_person(f"  {name} ")]).values()
    user = User.objects.get(pk=person)
    assert user.display_name == name and user.imported


@pytest.mark.parametrize("name", ["", "   ", "a" * 151, "a\nb", "\x00", "\ud800"])
def test_a_name_that_no_person_has_is_refused(name):
    with pytest.raises(BadName):
        clean_person(name)


def test_they_can_never_sign_in_or_become_anything_else(project, manager):
    [person] = people_of(project, ["manager"]).values()
    user = User.objects.get(pk=person)
    assert user.username != "manager" and ":" in user.username
    assert not user.is_active and not user.has_usable_password()
    for word in ("", "!", user.password):
        assert authenticate(username=user.username, password=word) is None
    member = Member.objects.get(user=user)
    for change in (
        lambda: members.set_role(project, manager, user, Role.MANAGER),
        lambda: members.pause(member, manager, "why"),
        lambda: members.resume(member, manager),
        lambda: members.leave(member, manager),
        lambda: charges.bonus(project, user, 1, "thanks", manager),
        lambda: pay_settings.set_pay(project, user, manager, "hour", 10, 10, 8),
    ):
        with pytest.raises(Refused, match="was imported with answers from another system"):
            change()
    with pytest.raises(CommandError, match="cannot sign in"):
        call_command("newpassword", user.username)
    for fields in ({"is_active": True}, {"is_superuser": True}):
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.filter(pk=person).update(**fields)
    assert not User.objects.filter(pk=person, email__gt="").exists()


def test_the_api_names_marks_and_refuses_them(project, manager, api, sent):
    question = make.question(project)
    [item] = stored_texts(project, "one")
    taken(question, (item, "Ana <b>", "yes"))
    client = api(manager)
    [found] = client.get(f"/api/v1/projects/{project.pk}/members/?imported=true").json()["results"]
    assert (found["name"], found["imported"], found["presence"]) == ("Ana <b>", True, "left")
    address = f"/api/v1/projects/{project.pk}/members/{found['username']}/"
    for change in ({"role": "manager"}, {"presence": "active"}, {"presence": "paused"}, {"presence": "left"}):
        response = client.patch(address, change, format="json")
        assert response.status_code == 409 and response.json()["code"] == "imported_person"
    again = client.post(
        f"/api/v1/projects/{project.pk}/members/", {"username": found["username"], "role": "manager"}, "json"
    )
    assert again.status_code == 400
    bonus = {"username": found["username"], "amount": "1", "reason": "thanks"}
    response = client.post(f"/api/v1/projects/{project.pk}/bonuses/", bonus, format="json")
    assert response.status_code == 409 and response.json()["code"] == "imported_person"
    [status] = client.get(f"/api/v1/projects/{project.pk}/questions/{question.pk}/statuses/").json()
    assert (status["name"], status["imported"], status["answers"]) == ("Ana <b>", True, 1)


def test_pages_mark_them_and_offer_nothing_for_them(project, manager):
    question = make.question(project, overlap=1, test_overlap=1)
    [item] = stored_texts(project, "one")
    taken(question, (item, "Ana <b>", "yes"))
    from datasets.labels import computation

    computation.refresh(question)
    browser = Client()
    browser.force_login(manager)
    base = f"/projects/{project.pk}"
    label = question.labels.get()
    person = Member.objects.get(imported=True).user_id
    for page in (
        f"{base}/people/",
        f"{base}/questions/{question.pk}/quality/",
        f"{base}/questions/{question.pk}/live/",
        f"{base}/questions/{question.pk}/people/{person}/",
        f"{base}/labels/",
        f"{base}/labels/{label.pk}/",
    ):
        text = browser.get(page).content.decode()
        assert "Ana &lt;b&gt;" in text and '<span class="mark">imported</span>' in text, page
    pay = browser.get(f"{base}/budget/pay/").content.decode()
    assert "Ana" not in pay
    response = browser.post(f"{base}/budget/pay/{person}/", {"mode": "hour", "hourly": "10"})
    assert response.status_code == 409 and b"imported" in response.content
    member = Member.objects.get(imported=True)
    assert browser.post(f"{base}/people/{member.pk}/", {"deed": "role", "role": "manager"}).status_code == 409


def test_many_people_are_made_at_once(project, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        assert len(people_of(project, (f"person {number}" for number in range(3000)))) == 3000
    assert imported.LONGEST == 150
