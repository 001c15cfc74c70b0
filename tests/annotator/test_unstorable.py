"""What Python or the database cannot take is refused with a clear 4xx, for pages and API alike."""

import itertools
import json
import random
import re
import threading
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.urls import get_resolver

from annotator import queue
from annotator.api.common.parsers import UnreadableBody, parse
from annotator.models import Role
from tests import make
from tests.annotator.nasty import NAMES, NASTY, VALUES


def addresses() -> list[str]:
    def walk(patterns, prefix=""):
        for pattern in patterns:
            path = prefix + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                yield from walk(pattern.url_patterns, path)
            else:
                yield path

    found = sorted(set(walk(get_resolver().url_patterns)))
    return [one for one in found if not one.startswith(("^", "admin/")) and "sign-out" not in one]


def filled(path: str, known: dict[str, object], chance: random.Random) -> str:
    def value(match: re.Match) -> str:
        kind, _, name = match[1].rpartition(":")
        if name in known and chance.random() < 0.85:
            return str(known[name])
        odd = {
            "int": ["0", "7", "2147483648", "9223372036854775807", "9223372036854775808", "9" * 40],
            "uuid": [str(uuid.uuid4())],
        }
        return chance.choice(odd.get(kind, ["x", "%00", "%ED%A0%80", "²", "a%0Ab", "x" * 300]))

    return "/" + re.sub(r"<([^>]+)>", value, path)


def send(browser: Client, path: str, chance: random.Random):
    method = chance.choice(["get", "get", "post", "post", "patch", "delete"])
    if chance.random() < 0.5:
        pairs = [(chance.choice(NAMES), chance.choice(NASTY)) for _ in range(chance.randrange(1, 4))]
        from urllib.parse import quote

        path += "?" + "&".join(f"{name}={quote(value[:300], errors='surrogatepass')}" for name, value in pairs)
    if method in ("get", "delete"):
        return method, path, getattr(browser, method)(path)
    if chance.random() < 0.5 and not path.startswith("/api/"):
        body = {
            chance.choice(NAMES): chance.choice(NASTY).replace("\ud800", "\ufffd") for _ in range(chance.randrange(6))
        }
        return method, path, getattr(browser, method)(path, body) if method == "post" else browser.patch(path)
    body = {chance.choice(NAMES): chance.choice(VALUES) for _ in range(chance.randrange(8))}
    raw = chance.choice(
        [
            json.dumps(body),
            json.dumps(body),
            json.dumps(body),
            json.dumps(chance.choice(VALUES)),
            "[" * 5000,
            "\xff",
            "",
        ]
    )
    return method, path, getattr(browser, method)(path, raw, content_type="application/json")


def hammer(question, people: dict[str, Client], count: int, seed: int) -> list[str]:
    chance = random.Random(seed)
    project = question.project
    known = {
        "project_id": project.pk,
        "question_id": question.pk,
        "item_id": project.items.first().pk,
        "sha256": project.items.first().sha256,
        "number": 1,
        "username": "person",
        "user_id": project.created_by_id,
        "task": str(question.tasks.first().assignments.first().public_id),
        "task_id": question.tasks.first().pk,
        "week": "2026-11-23",
    }
    wrong = []
    everywhere = itertools.cycle(addresses())
    for _ in range(count):
        browser = people[chance.choice(list(people))]
        method, path, reply = send(browser, filled(next(everywhere), known, chance), chance)
        if reply.status_code >= 500:
            wrong.append(f"{reply.status_code} {method} {path[:200]}")
    return wrong


@pytest.fixture
def people(question, as_role):
    found = {}
    for role in (Role.MANAGER, Role.ANNOTATOR, Role.DATA_SCIENTIST):
        browser = as_role(role)
        browser.raise_request_exception = False
        found[role] = browser
    found["nobody"] = Client(raise_request_exception=False)
    make.items(question.project, 6)
    queue.next_tasks(question, found[Role.ANNOTATOR].person, 2)
    return found


@pytest.mark.django_db
@pytest.mark.slow
def test_no_request_breaks_the_server(question, people):
    wrong = hammer(question, people, 900, seed=1)
    assert not wrong, "\n".join(sorted(set(wrong))[:40])


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(2, 12))
def test_twenty_thousand_requests_break_nothing(question, people, seed):
    wrong = hammer(question, people, 2000, seed)
    assert not wrong, "\n".join(sorted(set(wrong))[:40])


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"NaN",
        b'{"a": Infinity}',
        b'"\\ud800"',
        b'{"\\udfff": 1}',
        b"1" * 10_000,
        b"\xff",
        b"",
        b"{",
    ],
)
def test_what_is_no_json_is_told(body):
    with pytest.raises(UnreadableBody):
        parse(body)


def test_json_that_is_fine_is_read_as_it_is():
    deep = [1]
    for _ in range(90):
        deep = [deep]
    for value in ({"é": "🎉", "a": [1, 2.5, None]}, deep, 10**30):
        assert parse(json.dumps(value).encode()) == value
    assert parse(b'"\\ud83c\\udf89"') == "🎉", "a whole pair is a character"


@pytest.mark.django_db(transaction=True)
def test_a_race_for_one_name_is_won_once_and_the_rest_are_told():
    project = make.project(make.user("boss"))
    statuses = []

    def ask():
        browser = Client(raise_request_exception=False)
        browser.force_login(project.created_by)
        reply = browser.post(
            f"/api/v1/projects/{project.pk}/groups/", {"name": "Us", "members": []}, "application/json"
        )
        statuses.append(reply.status_code)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses.count(201) == 1 and set(statuses) <= {201, 400, 409}, statuses
    assert project.groups.count() == 1
