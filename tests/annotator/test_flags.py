"""People say that a question is unclear, and are answered."""

import uuid

import pytest

from annotator import queue
from annotator.models import Flag, Role
from annotator.queue import flags
from annotator.refusal import Refused
from tests import make

pytestmark = pytest.mark.django_db


def test_a_comment_names_the_task_in_hand(question, annotator, api):
    make.items(question.project)
    [held] = queue.next_tasks(question, annotator)
    path = f"/api/v1/projects/{question.project_id}/questions/{question.pk}/flags/"
    reply = api(annotator).post(path, {"comment": "A lion too?", "task": str(held.public_id)}, format="json")
    assert reply.status_code == 201 and Flag.objects.get().task_id == held.task_id


def test_a_task_one_never_met_cannot_be_named(question, annotator):
    make.items(question.project)
    with pytest.raises(Refused, match="no such task"):
        flags.raise_flag(question, annotator, Role.ANNOTATOR, "what?", uuid.uuid4())


def test_one_person_who_says_it_often_is_one(question, annotator):
    for number in range(5):
        flags.raise_flag(question, annotator, Role.ANNOTATOR, f"unclear {number}")
    assert flags.unclear(question) == 1


def test_a_stakeholders_word_is_feedback_and_holds_nothing_back(question):
    for _ in range(flags.MANY):
        flags.raise_flag(question, make.user(), Role.STAKEHOLDER, "Well done.")
    flags.refuse_where_unclear(question)


def test_a_comment_is_settled_once_and_its_author_reads_the_reply(question, annotator, manager, client):
    flag = flags.raise_flag(question, annotator, Role.ANNOTATOR, "A lion too?")
    client.force_login(manager)
    path = f"/projects/{question.project_id}/comments/{flag.pk}/settle/"
    assert client.post(path, {"reply": "Yes, every cat."}).status_code == 302
    with pytest.raises(Refused, match="settled before"):
        flags.settle(flag, manager, "No.")
    client.force_login(annotator)
    page = client.get(f"/projects/{question.project_id}/questions/{question.pk}/comments/").content.decode()
    assert "Yes, every cat." in page


def test_people_see_their_own_comments_only(question, annotator, client):
    flags.raise_flag(question, make.user(), Role.ANNOTATOR, "Mine alone.")
    client.force_login(annotator)
    path = f"/projects/{question.project_id}/questions/{question.pk}/comments/"
    assert "Mine alone." not in client.get(path).content.decode()
    assert client.post(path, {"comment": "<script>alert(1)</script>"}).status_code == 302
    assert "<script>alert" not in client.get(path).content.decode()


def test_more_money_is_warned_of(question, client, manager):
    for _ in range(flags.MANY):
        flags.raise_flag(question, make.user(), Role.ANNOTATOR, "unclear")
    client.force_login(manager)
    assert "say that" in client.get(f"/projects/{question.project_id}/budget/").content.decode()
