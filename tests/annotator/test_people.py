"""People come by invitation, change roles, are paused, leave, and work in groups."""

import uuid
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from annotator import queue
from annotator.models import Assignment, Group, Invitation, Member, Role, Task, User
from annotator.people import invitations, members
from annotator.refusal import Refused
from tests import make

pytestmark = pytest.mark.django_db


def member(project, person) -> Member:
    return Member.objects.get(project=project, user=person)


def test_an_invitation_lets_one_person_in(project, manager):
    _, token = invitations.invite(project, manager, Role.ANNOTATOR)
    first, second = make.user(), make.user()
    assert invitations.accept(token, first).role == Role.ANNOTATOR
    with pytest.raises(Refused) as caught:
        invitations.accept(token, second)
    assert caught.value.status == 410 and not Member.objects.filter(user=second).exists()


def test_its_token_is_kept_nowhere(project, manager):
    invitation, token = invitations.invite(project, manager, Role.ANNOTATOR)
    assert token not in str(Invitation.objects.filter(pk=invitation.pk).values())


@pytest.mark.parametrize(
    ("change", "status"),
    [({"expires_at": timezone.now() - timedelta(seconds=1)}, 410), ({"withdrawn_at": timezone.now()}, 410)],
)
def test_an_ended_invitation_says_so(project, manager, client, change, status):
    invitation, token = invitations.invite(project, manager, Role.ANNOTATOR)
    Invitation.objects.filter(pk=invitation.pk).update(**change)
    page = client.get(f"/join/{token}/")
    assert page.status_code == status and "is no longer valid" in page.content.decode()
    form = {"username": "newcomer", "password": "a good long one"}
    assert client.post(f"/join/{token}/", form).status_code == status
    assert not User.objects.filter(username="newcomer").exists()


def test_an_unknown_invitation_is_not_found(client, db):
    assert client.get("/join/nonsense/").status_code == 404


def test_a_newcomer_makes_a_sign_in_and_is_in(project, manager, client):
    group = members.set_group(project, manager, "Radiologists", [])
    _, token = invitations.invite(project, manager, Role.REVIEWER, group=group, note="Dr. Roe")
    page = client.get(f"/join/{token}/").content.decode()
    assert "invites you to “Cats”" in page and "reviewer" in page
    form = {"name": "Rita Roe", "username": "rita", "password": "a good long one"}
    assert client.post(f"/join/{token}/", form).status_code == 302
    found = member(project, User.objects.get(username="rita"))
    assert (found.role, found.user.display_name, list(found.groups.all())) == (Role.REVIEWER, "Rita Roe", [group])
    assert client.get("/").url == f"/projects/{project.pk}/desk/"
    assert client.get(f"/projects/{project.pk}/desk/").status_code == 200


@pytest.mark.parametrize("password", ["short", "12345678", "password"])
def test_a_weak_password_is_refused_and_the_link_stays_good(project, manager, client, password):
    _, token = invitations.invite(project, manager, Role.ANNOTATOR)
    page = client.post(f"/join/{token}/", {"username": "newcomer", "password": password})
    assert page.status_code == 200 and "errorlist" in page.content.decode()
    assert not User.objects.filter(username="newcomer").exists() and invitations.find(token)


def test_a_taken_name_is_refused_and_nobody_is_let_in_by_it(project, manager, client):
    make.user("rita")
    _, token = invitations.invite(project, manager, Role.ANNOTATOR)
    for name in ("rita", "Rita"):  # people would take the one for the other
        page = client.post(f"/join/{token}/", {"username": name, "password": "a good long one"})
        assert page.status_code == 200 and not Member.objects.filter(user__username__iexact="rita").exists()


def test_who_is_in_already_does_not_use_the_link_up(project, manager, annotator):
    _, token = invitations.invite(project, manager, Role.MANAGER)
    with pytest.raises(Refused, match="already, as annotator"):
        invitations.accept(token, annotator)
    assert invitations.find(token) and member(project, annotator).role == Role.ANNOTATOR


def test_the_api_invites_and_joins(project, manager, api):
    reply = api(manager).post(
        f"/api/v1/projects/{project.pk}/invitations/", {"role": "annotator", "days": 2}, format="json"
    )
    assert reply.status_code == 201
    person = make.user()
    assert api(person).post("/api/v1/join/", {"token": reply.json()["token"]}, format="json").status_code == 201
    listed = api(manager).get(f"/api/v1/projects/{project.pk}/invitations/").json()["results"]
    assert listed[0]["used_by"] == person.username and "token" not in listed[0]


def test_another_role_takes_effect_in_mid_work_and_frees_what_is_held(question, annotator, manager, api):
    make.items(question.project, 3)
    [held] = queue.next_tasks(question, annotator)
    members.set_role(question.project, manager, annotator, Role.STAKEHOLDER)
    assert Task.objects.get(pk=held.task_id).open_slots == Task.objects.get(pk=held.task_id).overlap
    reply = api(annotator).post(
        f"/api/v1/projects/{question.project_id}/tasks/{held.public_id}/answer/",
        {"id": str(uuid.uuid4()), "value": "yes"},
        format="json",
    )
    assert reply.status_code == 403 and Task.objects.get(pk=held.task_id).answer_count == 0


@pytest.mark.parametrize("deed", ["pause", "leave"])
def test_what_a_person_holds_is_free_when_they_are_paused_or_gone(question, annotator, manager, deed):
    make.items(question.project, 3)
    queue.next_tasks(question, annotator, 3)
    if deed == "pause":
        members.pause(member(question.project, annotator), manager, "later")
    else:
        members.leave(member(question.project, annotator), manager)
    assert not Assignment.objects.filter(state="held").exists()
    assert all(task.open_slots == task.overlap for task in Task.objects.all())


def test_another_role_does_not_end_a_pause(project, manager, annotator):
    members.pause(member(project, annotator), manager, "later")
    members.set_role(project, manager, annotator, Role.REVIEWER)
    assert member(project, annotator).presence == "paused"


def test_who_left_can_be_invited_again(project, manager, annotator):
    members.leave(member(project, annotator), manager)
    _, token = invitations.invite(project, manager, Role.REVIEWER)
    assert invitations.accept(token, annotator).presence == "active"


def test_the_last_manager_cannot_go(project, manager):
    with pytest.raises(Refused, match="needs a manager"):
        members.leave(member(project, manager), manager)
    second = make.user()
    make.member(project, second, Role.MANAGER)
    members.leave(member(project, manager), manager)
    assert member(project, manager).presence == "left"


def test_a_group_holds_people_of_the_project_only(project, manager, annotator):
    with pytest.raises(ValidationError, match="Not in this project"):
        members.set_group(project, manager, "Us", [annotator.username, "nobody"])
    assert not Group.objects.exists()
    members.set_group(project, manager, "Us", [annotator.username])
    with pytest.raises(ValidationError):
        members.set_group(project, manager, "Us", [])


def test_the_page_invites_pauses_and_removes(project, manager, annotator, client):
    client.force_login(manager)
    base = f"/projects/{project.pk}/people/"
    page = client.post(f"{base}invite/", {"role": "annotator", "days": 3, "note": "Bea"})
    token = page.context["link"].rstrip("/").rsplit("/", 1)[1]
    assert Client().get(f"/join/{token}/").status_code == 200
    invitation = Invitation.objects.get()
    assert client.post(f"{base}invitations/{invitation.pk}/withdraw/").status_code == 302
    assert Client().get(f"/join/{token}/").status_code == 410
    one = member(project, annotator)
    for deed, presence in (("pause", "paused"), ("resume", "active"), ("remove", "left")):
        assert client.post(f"{base}{one.pk}/", {"deed": deed, "reason": "why"}).status_code == 302
        assert member(project, annotator).presence == presence
    own = member(project, manager)
    assert client.post(f"{base}{own.pk}/", {"deed": "remove"}).status_code == 400
    assert client.post(f"{base}groups/", {"name": "Us", "members": []}).status_code == 302
    assert "Us" in client.get(base).content.decode()
    group = Group.objects.get()
    assert client.post(f"{base}groups/{group.pk}/", {"name": "All of us", "members": [own.pk]}).status_code == 302
    assert Group.objects.get().name == "All of us" and list(group.members.all()) == [own]
    assert client.post(f"{base}groups/{group.pk}/", {"name": "Us", "members": [one.pk]}).status_code == 400


def test_anyone_may_leave_by_themselves(project, annotator, client):
    client.force_login(annotator)
    assert client.post(f"/projects/{project.pk}/leave/").status_code == 302
    assert client.get(f"/projects/{project.pk}/leave/").status_code == 404


@pytest.mark.parametrize("end", ["leaves", "is no manager any more"])
def test_an_invitation_of_somebody_who_may_not_invite_any_more_is_no_way_back(project, manager, end):
    second = make.user("second")
    make.member(project, second, Role.MANAGER)
    _, token = invitations.invite(project, second, Role.MANAGER, days=90)
    if end == "leaves":
        members.leave(member(project, second), manager)
    else:
        members.set_role(project, manager, second, Role.STAKEHOLDER)
    with pytest.raises(Refused) as caught:
        invitations.accept(token, second)
    assert caught.value.status == 410
    with pytest.raises(Refused):
        invitations.accept(token, make.user("third"))
