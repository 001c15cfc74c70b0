"""Wrong ids, other people's leases, absurd numbers, wrong clocks: a clear 4xx, and nothing changed."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from annotator import queue
from annotator.models import (
    Answer,
    Assignment,
    AuditEntry,
    Batch,
    Flag,
    Gold,
    Group,
    Invitation,
    Member,
    Question,
    Review,
    Role,
    Task,
    Webhook,
    WorkerStatus,
)
from annotator.quality import gold
from annotator.queue import batches
from tests import make
from workers.budget.models import Entry

pytestmark = pytest.mark.django_db
TABLES = [
    Answer,
    Assignment,
    AuditEntry,
    Batch,
    Entry,
    Flag,
    Gold,
    Group,
    Invitation,
    Member,
    Question,
    Review,
    Task,
    Webhook,
]


def everything() -> list[list[tuple]]:
    """Return every row of every table that a request could change."""
    return [sorted(map(repr, table.objects.values_list())) for table in TABLES]


@pytest.fixture
def scene(question, annotator, manager, project):
    """A question with work, a gold item, a batch, and someone else's lease."""
    items = make.items(project, 8)
    question.tasks.update(overlap=1, open_slots=1)  # so that no two people hold one task
    gold.add(question, manager, items[0], "yes")
    other = make.user("other")
    make.member(project, other, Role.ANNOTATOR)
    [theirs] = queue.next_tasks(question, other)
    [mine] = queue.next_tasks(question, annotator)
    foreign = make.question(make.project(manager, name="Dogs"))
    make.items(foreign.project, 2)
    [foreign_task] = queue.next_tasks(foreign, manager)
    return {
        "p": f"/api/v1/projects/{project.pk}/",
        "q": f"/api/v1/projects/{project.pk}/questions/{question.pk}/",
        "mine": mine.public_id,
        "theirs": theirs.public_id,
        "foreign_task": foreign_task.public_id,
        "foreign_item": foreign.project.items.first().pk,
        "foreign_question": foreign.pk,
        "item": items[3].pk,
        "gold_item": items[0].pk,
    }


GOOD = {"id": "11111111-1111-4111-8111-111111111111", "value": "yes"}
# who, method, path, body, status
ANNOTATOR, MANAGER = "annotator", "manager"
CASES = [
    (ANNOTATOR, "post", "{p}tasks/{theirs}/answer/", GOOD, 404),
    (ANNOTATOR, "post", "{p}tasks/{theirs}/renew/", {}, 404),
    (ANNOTATOR, "post", "{p}tasks/{theirs}/return/", {}, 404),
    (ANNOTATOR, "post", "{p}tasks/{theirs}/skip/", {"reason": "x"}, 404),
    (ANNOTATOR, "post", "{p}tasks/{foreign_task}/answer/", GOOD, 404),
    (ANNOTATOR, "post", "{p}tasks/{foreign_task}/skip/", {"reason": "x"}, 404),
    (ANNOTATOR, "post", "{p}tasks/9223372036854775808/answer/", GOOD, 404),
    (ANNOTATOR, "post", "{p}tasks/{mine}/answer/", {"id": "no", "value": "yes"}, 400),
    (ANNOTATOR, "post", "{p}tasks/{mine}/answer/", {"value": "yes"}, 400),
    (ANNOTATOR, "post", "{p}tasks/{mine}/answer/", {"id": GOOD["id"]}, 400),
    (ANNOTATOR, "post", "{p}tasks/{mine}/answer/", GOOD | {"value": "perhaps"}, 400),
    (ANNOTATOR, "post", "{p}tasks/{mine}/answer/", GOOD | {"value": {"$ne": 1}}, 400),
    (ANNOTATOR, "post", "{p}tasks/{mine}/answer/", GOOD | {"active_ms": -1}, 400),
    (ANNOTATOR, "post", "{p}tasks/{mine}/answer/", GOOD | {"active_ms": 10**12}, 400),
    (ANNOTATOR, "post", "{p}tasks/{mine}/answer/", GOOD | {"next": 10_000}, 400),
    (ANNOTATOR, "post", "{p}tasks/{mine}/answer/", GOOD | {"next": True}, 400),
    (ANNOTATOR, "post", "{p}tasks/{mine}/answer/", [GOOD], 400),
    (ANNOTATOR, "post", "{p}tasks/{mine}/skip/", {"reason": " "}, 400),
    (ANNOTATOR, "post", "{p}tasks/{mine}/skip/", {"reason": "x" * 301}, 400),
    (ANNOTATOR, "post", "{q}tasks/next/", {"count": 10_000}, 400),
    (ANNOTATOR, "post", "{q}tasks/next/", {"count": 0}, 400),
    (ANNOTATOR, "post", "{q}tasks/next/", {"count": "many"}, 400),
    (ANNOTATOR, "post", "{q}tasks/next/", {"count": None}, 400),
    (ANNOTATOR, "post", "{p}questions/{foreign_question}/tasks/next/", {"count": 1}, 404),
    (ANNOTATOR, "post", "{p}questions/999999/tasks/next/", {"count": 1}, 404),
    (ANNOTATOR, "post", "{q}flags/", {"comment": "x", "task": "no uuid"}, 400),
    (ANNOTATOR, "post", "{q}flags/", {"comment": "x", "task": "22222222-2222-4222-8222-222222222222"}, 404),
    (ANNOTATOR, "post", "{q}flags/", {"comment": ""}, 400),
    (MANAGER, "post", "{q}batches/", {"count": 10**9}, 400),
    (MANAGER, "post", "{q}batches/", {"items": list(range(1, 10_002))}, 400),
    (MANAGER, "post", "{q}batches/", {"items": []}, 400),
    (MANAGER, "post", "{q}batches/", {"items": ["{foreign_item}"]}, 400),
    (MANAGER, "post", "{q}batches/", {"count": 1, "order": "alphabetical"}, 400),
    (MANAGER, "post", "{q}batches/", {"count": 1, "group": 99}, 400),
    (MANAGER, "patch", "{q}batches/1/", {"state": "planned"}, 400),
    (MANAGER, "patch", "{q}batches/99/", {"state": "open"}, 404),
    (MANAGER, "patch", "{q}batches/99999999999/", {"state": "open"}, 404),
    (MANAGER, "post", "{q}priorities/", {"items": {"x": 1}}, 400),
    (MANAGER, "post", "{q}priorities/", {"items": {"1": 2**40}}, 400),
    (MANAGER, "post", "{q}priorities/", {"rule": "best_first"}, 400),
    (MANAGER, "post", "{q}gold/", {"item": 999999, "value": "yes"}, 400),
    (MANAGER, "post", "{q}gold/", {"item": "{foreign_item}", "value": "yes"}, 400),
    (MANAGER, "post", "{q}gold/", {"item": "{item}", "value": "perhaps"}, 400),
    (MANAGER, "post", "{q}gold/", {"item": "{gold_item}", "value": "no"}, 409),
    (MANAGER, "patch", "{q}", {"gold_rate": 7}, 400),
    (MANAGER, "patch", "{q}", {"review_agreement": "often"}, 400),
    (MANAGER, "patch", "{q}statuses/nobody/", {"paused": True}, 404),
    (MANAGER, "patch", "{p}members/annotator/", {"role": "king"}, 400),
    (MANAGER, "patch", "{p}members/manager/", {"role": "annotator"}, 400),
    (MANAGER, "post", "{p}invitations/", {"role": "king"}, 400),
    (MANAGER, "post", "{p}invitations/", {"role": "annotator", "days": 100_000}, 400),
    (MANAGER, "post", "{p}invitations/", {"role": "annotator", "group": 99}, 400),
    (MANAGER, "post", "{p}groups/", {"name": "Us", "members": ["nobody"]}, 400),
    (MANAGER, "post", "{p}webhooks/", {"url": "http://169.254.169.254/", "events": ["worker.left"]}, 400),
    (MANAGER, "post", "{p}webhooks/", {"url": "https://example.org/", "events": ["everything"]}, 400),
    (MANAGER, "post", "{p}reviews/99/decide/", GOOD | {"reason": "x"}, 404),
    (MANAGER, "post", "{p}reviews/99/ask-more/", {"count": 10_000}, 400),
]


@pytest.mark.parametrize(("who", "method", "path", "body", "status"), CASES)
def test_it_is_refused_and_nothing_changes(scene, manager, annotator, api, who, method, path, body, status):
    client = api(manager if who == MANAGER else annotator)
    body = (
        {key: scene.get(str(value).strip("{}"), value) for key, value in body.items()}
        if isinstance(body, dict)
        else body
    )
    before = everything()
    reply = getattr(client, method)(path.format(**scene), body, format="json")
    assert reply.status_code == status, reply.content
    assert reply.json(), "it says why"
    assert everything() == before


def test_clients_clocks_do_not_matter(scene, annotator, api, question):
    """What a client says of the time is never asked: the lease is the server's, told as seconds too."""
    client = api(annotator)
    told = client.post(f"{scene['q']}tasks/next/", {"count": 1}, format="json").json()["tasks"][0]
    assert 590 <= told["expires_in"] <= 600
    headers = {"Date": (timezone.now() - timedelta(hours=1)).strftime("%a, %d %b %Y %H:%M:%S GMT")}
    body = {"id": str(uuid.uuid4()), "value": "yes", "active_ms": 5}
    reply = client.post(f"{scene['p']}tasks/{told['task']}/answer/", body, format="json", headers=headers)
    assert reply.status_code == 201
    answer = Answer.objects.get()
    assert abs(answer.created_at - timezone.now()) < timedelta(seconds=10)


def test_a_pause_in_mid_work_refuses_the_answer_in_hand(scene, annotator, manager, api, question):
    from annotator.quality import worker_rules

    worker_rules.pause(question, annotator, "Read the instructions.", manager)
    reply = api(annotator).post(f"{scene['p']}tasks/{scene['mine']}/answer/", GOOD, format="json")
    assert reply.status_code == 403 and reply.json()["code"] == "paused"
    assert not Answer.objects.exists() and WorkerStatus.objects.get(worker=annotator).answers == 0


def test_the_short_way_and_the_long_way_say_the_same(scene, annotator, api, monkeypatch):
    """Every refusal of the queue, by the short way and by DRF's."""
    from annotator.api.fast_path import FastPathView

    client = api(annotator)
    bodies = [case for case in CASES if case[0] == ANNOTATOR and ("answer" in case[2] or "next" in case[2])]

    def ask():
        return [
            (reply.status_code, reply.json())
            for _, _, path, body, _ in bodies
            for reply in [client.post(path.format(**scene), body, format="json")]
        ]

    short = ask()
    monkeypatch.setattr(FastPathView, "_fast", classmethod(lambda cls, request, kwargs: None))
    assert ask() == short


@pytest.mark.slow
def test_ten_thousand_items_are_planned_at_once(project, manager):
    """The most a request may name is done in one transaction."""
    from annotator.models import Item, TaskPlan

    question = make.question(project, plan=TaskPlan.BATCHES)
    Item.objects.bulk_create(
        Item(
            project=project,
            name=f"{n}",
            sha256=f"{n:064x}",
            mime_type="image/png",
            size=1,
            width=1,
            height=1,
            split="train",
        )
        for n in range(10_000)
    )
    batch = batches.plan(question, manager, "", items=list(Item.objects.values_list("pk", flat=True)))
    assert batch.tasks.count() == 10_000


def test_an_answer_of_five_megabytes_is_told_its_size(question, annotator, api):
    make.items(question.project)
    [task] = queue.next_tasks(question, annotator)
    body = {"id": str(uuid.uuid4()), "value": "x" * 5_000_000}
    said = api(annotator).post(
        f"/api/v1/projects/{question.project_id}/tasks/{task.public_id}/answer/", body, format="json"
    )
    assert said.status_code == 400 and said.json() == {
        "detail": "The answer has 4.8 MB; at most 1 MB are taken.",
        "code": "invalid_answer",
    }
    assert not Answer.objects.exists()


@pytest.mark.django_db
def test_texts_that_everyone_gets_have_a_length(project, manager, api):
    from annotator.models import Question
    from annotator.questions import markdown

    client = api(manager)
    address = f"/api/v1/projects/{project.pk}/questions/"
    asked = {"text": "Is it?", "kind": "choice", "config": {"choices": ["yes", "no"]}, "price": "0.02"}
    refused = client.post(address, asked | {"instructions": "x" * 20_001}, format="json")
    assert refused.status_code == 400 and "instructions" in refused.json() and not Question.objects.exists()
    made = client.post(address, asked | {"instructions": "x" * 20_000}, format="json")
    assert made.status_code == 201
    reworded = client.patch(f"{address}{made.json()['id']}/", {"instructions": "x" * 20_001}, format="json")
    assert reworded.status_code == 400 and len(Question.objects.get().instructions) == 20_000
    described = client.patch(f"/api/v1/projects/{project.pk}/", {"description": "x" * 5001}, format="json")
    assert described.status_code == 400
    assert len(markdown.render("x" * 10**6)) < 21_000, "the preview renders no more than can be stored"
