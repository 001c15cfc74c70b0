"""Other systems are told of what happened, signed, and again until they heard. What may not be reached is given up."""

import hashlib
import hmac
import json
import socket
import threading
import time
import uuid
from datetime import timedelta
from ipaddress import ip_network

import pytest
from django.db import transaction
from django.utils import timezone

from annotator import hooks, queue
from annotator.hooks import deliveries, outgoing, subscriptions
from annotator.models import AuditEntry, Delivery, Role, TaskPlan, Webhook
from annotator.queue import batches
from tests import make
from tests.standins.receiver import receiver

pytestmark = pytest.mark.django_db


@pytest.fixture
def ear(settings):
    """Someone who listens on this machine, which an operator has allowed."""
    settings.OUTGOING_ALLOW = [ip_network("127.0.0.1/32")]
    with receiver() as found:
        yield found


@pytest.fixture
def webhook(project, manager, ear) -> Webhook:
    return subscriptions.add(project, manager, ear.url, ["answer.accepted", "batch.opened", "worker.joined"])


def answer(question, person, value="yes"):
    [held] = queue.next_tasks(question, person)
    queue.submit(question.project, held.task_id, person, uuid.uuid4(), value)


def due_now():
    Delivery.objects.filter(state="waiting").update(next_at=timezone.now() - timedelta(seconds=1))


def test_an_answer_is_told_with_a_signature_that_holds(question, annotator, webhook, ear):
    make.items(question.project)
    answer(question, annotator)
    assert deliveries.deliver_due() >= 1
    headers, body = next(one for one in ear.heard if one[0]["Marginalia-Event"] == "answer.accepted")
    moment, digest = (part.split("=")[1] for part in headers["Marginalia-Signature"].split(","))
    expected = hmac.new(webhook.secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(digest, expected)
    told = json.loads(body)
    assert told["id"] == headers["Marginalia-Delivery"] and told["project"] == question.project_id
    assert told["data"]["value"] == "yes" and told["data"]["worker"] == annotator.pk


def test_batches_and_people_are_told_of(project, manager, webhook, ear):
    question = make.question(project, plan=TaskPlan.BATCHES)
    make.items(project, 2)
    batches.change(batches.plan(question, manager, "First"), "open", manager)
    make.member(project, make.user("bea"), Role.ANNOTATOR)
    deliveries.deliver_due()
    assert [headers["Marginalia-Event"] for headers, _ in ear.heard] == ["batch.opened", "worker.joined"]


def test_what_was_undone_is_never_told(project, webhook):
    with pytest.raises(RuntimeError), transaction.atomic():
        hooks.emit(project.pk, "worker.joined", {})
        raise RuntimeError
    assert not Delivery.objects.exists()


def test_events_nobody_asked_for_are_not_written(project, webhook):
    hooks.emit(project.pk, "worker.left", {})
    assert not Delivery.objects.exists()


def test_another_project_is_told_nothing(manager, webhook):
    hooks.emit(make.project(manager).pk, "worker.joined", {})
    assert not Delivery.objects.exists()


def test_who_does_not_hear_is_told_again_with_growing_pauses(project, webhook, ear):
    ear.statuses = [500, 503]
    hooks.emit(project.pk, "worker.joined", {})
    pauses = []
    for _ in range(2):
        assert deliveries.deliver_due() == 0
        found = Delivery.objects.get()
        pauses.append(round((found.next_at - timezone.now()).total_seconds()))
        due_now()
    assert pauses == deliveries.PAUSES[:2] and Delivery.objects.get().said.startswith("503")
    assert deliveries.deliver_due() == 1
    assert Delivery.objects.get().state == "delivered"
    assert len({headers["Marginalia-Delivery"] for headers, _ in ear.heard}) == 1


def test_at_last_it_is_given_up_and_can_be_sent_again(project, webhook, ear, api, manager):
    ear.statuses = [500] * 20
    hooks.emit(project.pk, "worker.joined", {})
    for _ in range(len(deliveries.PAUSES) + 1):
        deliveries.deliver_due()
        due_now()
    found = Delivery.objects.get()
    assert found.state == "failed" and len(ear.heard) == len(deliveries.PAUSES) + 1
    ear.statuses.clear()
    assert api(manager).post(f"/api/v1/projects/{project.pk}/deliveries/{found.pk}/again/").status_code == 204
    assert deliveries.deliver_due() == 1


def test_an_address_that_fails_does_not_hold_another_up(project, manager, webhook, ear):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        dead = probe.getsockname()[1]
    subscriptions.add(project, manager, f"http://127.0.0.1:{dead}/", ["worker.joined"])
    for _ in range(5):
        hooks.emit(project.pk, "worker.joined", {})
    assert deliveries.deliver_due() == 5
    assert Delivery.objects.filter(attempts__gt=0, state="waiting").count() == 1


def test_a_slow_receiver_delays_nobody_elses_webhook(project, manager, webhook, ear, monkeypatch):
    """More slow receivers than there are processes; each is asked one delivery at a time."""
    slow, release, at_once = outgoing.post, threading.Event(), []

    def post(url, body, headers):
        if "slow" not in url:
            return slow(url, body, headers)
        at_once.append(url)
        assert release.wait(30)
        return outgoing.Reply(200, "")

    monkeypatch.setattr(outgoing, "post", post)
    for number in range(8):
        Webhook.objects.create(
            project=project, created_by=manager, url=f"http://slow{number}/", events=["worker.joined"]
        )
    for _ in range(5):
        hooks.emit(project.pk, "worker.joined", {})

    def watch():
        while (len(ear.heard) < 5 or len(at_once) < 8) and not release.is_set():
            release.wait(0.05)
        heard.append((len(ear.heard), sorted(at_once)))
        release.set()

    heard = []
    watcher = threading.Thread(target=watch)
    watcher.start()
    timer = threading.Timer(20, release.set)
    timer.start()
    assert deliveries.deliver_due() == 45
    timer.cancel()
    watcher.join()
    assert heard == [(5, [f"http://slow{number}/" for number in range(8)])]


def test_a_slow_receiver_delays_nobody_either_where_the_pass_should_end(project, manager, webhook, ear, monkeypatch):
    """The pass waits for the slow one's answer; what happens meanwhile is told to the others at once, and not to it."""
    real, release, asked = outgoing.post, threading.Event(), []

    def post(url, body, headers):
        if "slow" not in url:
            return real(url, body, headers)
        asked.append(url)
        release.wait(30)
        return outgoing.Reply(200, "")

    monkeypatch.setattr(outgoing, "post", post)
    monkeypatch.setattr(deliveries, "PASS_SECONDS", 0.5)
    monkeypatch.setattr(deliveries, "QUICK_SECONDS", 0.2)
    monkeypatch.setattr(deliveries, "_claim", _telling_late(project, deliveries._claim))
    Webhook.objects.create(project=project, created_by=manager, url="http://slow/", events=["worker.left"])
    for _ in range(2):
        hooks.emit(project.pk, "worker.left", {})

    def watch():
        while not ear.heard and not release.is_set():
            release.wait(0.05)
        heard.append(len(ear.heard))
        release.set()

    heard = []
    watcher = threading.Thread(target=watch)
    watcher.start()
    timer = threading.Timer(20, release.set)
    timer.start()
    assert deliveries.deliver_due() == 2
    timer.cancel()
    watcher.join()
    assert heard == [1] and asked == ["http://slow/"]


def _telling_late(project, real):
    """Let something happen for the quick receiver two seconds after the pass began."""
    begun, told = time.monotonic(), []

    def claim(silent):
        if time.monotonic() - begun > 2 and not told:
            told.append(True)
            hooks.emit(project.pk, "worker.joined", {})
        return real(silent)

    return claim


def test_a_delivery_whose_sender_died_is_sent_again(project, webhook, ear):
    hooks.emit(project.pk, "worker.joined", {})
    assert deliveries._claim(set()) and deliveries.deliver_due() == 0
    due_now()
    assert deliveries.deliver_due() == 1


def test_a_redirect_is_not_followed(project, webhook, ear):
    with receiver("127.0.0.2") as inside:
        ear.statuses, ear.location = [302], inside.url
        hooks.emit(project.pk, "worker.joined", {})
        assert deliveries.deliver_due() == 0
        assert not inside.heard and Delivery.objects.get().said.startswith("302")


def test_a_forbidden_delivery_is_given_up_at_once(project, webhook, ear, settings):
    settings.OUTGOING_ALLOW = []
    hooks.emit(project.pk, "worker.joined", {})
    assert deliveries.deliver_due() == 0
    assert Delivery.objects.get().state == "failed" and not ear.heard


def test_one_who_takes_their_time_is_cut_off(ear, monkeypatch):
    monkeypatch.setattr(outgoing, "WHOLE_SECONDS", 0.5)
    ear.slow = 0.1
    with pytest.raises(outgoing.Unreachable):
        outgoing.post(ear.url, b"{}", {})


def test_a_removed_webhook_hears_nothing_more(project, webhook, ear, api, manager):
    hooks.emit(project.pk, "worker.joined", {})
    assert api(manager).delete(f"/api/v1/projects/{project.pk}/webhooks/{webhook.pk}/").status_code == 204
    hooks.emit(project.pk, "worker.joined", {})
    due_now()
    assert deliveries.deliver_due() == 0 and not ear.heard and Delivery.objects.count() == 1


def test_the_secret_is_told_once(project, manager, api, ear):
    path = f"/api/v1/projects/{project.pk}/webhooks/"
    made = api(manager).post(path, {"url": ear.url, "events": ["worker.left"]}, format="json")
    assert made.status_code == 201 and made.json()["secret"]
    assert "secret" not in api(manager).get(path).json()[0]


def test_the_page_adds_shows_and_removes(project, manager, client, ear):
    client.force_login(manager)
    path = f"/projects/{project.pk}/webhooks/"
    bad = client.post(path, {"url": "http://10.0.0.1/", "events": ["worker.left"]})
    assert bad.status_code == 400 and "private network" in bad.content.decode()
    page = client.post(path, {"url": ear.url, "events": ["worker.left"]})
    webhook = Webhook.objects.get()
    assert webhook.secret in page.content.decode()
    assert webhook.secret not in client.get(path).content.decode()
    hooks.emit(project.pk, "worker.left", {})
    deliveries.deliver_due()
    assert "Delivered" in client.get(path).content.decode()
    assert client.post(f"{path}{webhook.pk}/remove/").status_code == 302


def test_removing_and_sending_again_are_on_record(project, manager, webhook, api, client):
    hooks.emit(project.pk, "worker.joined", {})
    delivery = Delivery.objects.get()
    assert api(manager).post(f"/api/v1/projects/{project.pk}/deliveries/{delivery.pk}/again/").status_code == 204
    said = AuditEntry.objects.get(action="sent a delivery again")
    assert (said.user, said.project, said.detail["event"]) == (manager, project, "worker.joined")
    client.force_login(manager)
    client.post(f"/projects/{project.pk}/webhooks/{webhook.pk}/remove/")
    said = AuditEntry.objects.get(action="removed a webhook")
    assert (said.user, said.project, said.detail["url"]) == (manager, project, webhook.url)
    deliveries.remove(webhook, manager)
    assert AuditEntry.objects.filter(action="removed a webhook").count() == 1
