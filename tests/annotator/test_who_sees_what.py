"""What responses hold, not only whether they come: nobody is told what is not theirs to know."""

import json
import random
import re
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import get_resolver

from annotator import jobs, queue
from annotator.models import Assignment, Job, Review, Role, Split
from annotator.quality import gold, review
from annotator.questions import drafts
from annotator.queue import flags
from datasets.labels import computation
from tests import make
from workers.budget import charges

pytestmark = pytest.mark.django_db
SECRET = "Zxqv"
ALL = (Role.MANAGER, Role.DATA_SCIENTIST, Role.REVIEWER, Role.ANNOTATOR, Role.STAKEHOLDER)


def told(browser, project) -> dict[str, str]:
    """Return what every page and list of a project tells a person, by its address."""
    base, api = f"/projects/{project.pk}/", f"/api/v1/projects/{project.pk}/"
    question = project.questions.first()
    paths = [
        base,
        f"{base}jobs/",
        f"{base}items/",
        f"{base}budget/",
        f"{base}budget/statement/",
        f"{base}runs/",
        f"{base}labels/",
    ]
    paths += [
        f"{base}versions/",
        f"{base}questions/{question.pk}/",
        f"{base}people/",
        f"{base}phases/",
        f"{base}decisions/",
    ]
    paths += [
        api,
        f"{api}jobs/",
        f"{api}charges/",
        f"{api}questions/",
        f"{api}questions/{question.pk}/",
        f"{api}members/",
        f"{api}items/",
    ]
    paths += [f"{api}answers/", f"{api}decisions/", f"{api}labels/", f"{api}audit/"]
    return {path: browser.get(path).content.decode() for path in paths}


def where(browser, project, word: str) -> set[str]:
    return {path for path, content in told(browser, project).items() if word in content}


def test_what_a_person_earned_and_why_is_for_managers(question, annotator, manager, as_role):
    charges.bonus(question.project, annotator, Decimal("7.77"), f"{SECRET} for {SECRET}", manager)
    for role in ALL:
        found = where(as_role(role), question.project, SECRET)
        assert bool(found) == (role == Role.MANAGER), (role, found)


@pytest.mark.parametrize("role", [Role.DATA_SCIENTIST, Role.STAKEHOLDER])
def test_charges_name_nobody_and_are_not_filtered_by_person(question, annotator, manager, as_role, role):
    charges.bonus(question.project, annotator, Decimal("7.77"), "well done", manager)
    browser, path = as_role(role), f"/api/v1/projects/{question.project_id}/charges/"
    rows = browser.get(path).json()["results"]
    assert rows and not {"worker", "memo", "idempotency_key"} & set(rows[0])
    assert browser.get(f"{path}?worker={annotator.pk}").status_code == 403


def test_an_id_of_another_project_is_as_unknown_as_one_that_exists_nowhere(question, manager, as_role):
    elsewhere = make.question(make.project(make.user("boss"), name="Dogs"))
    browser = as_role(Role.MANAGER)
    path = f"/api/v1/projects/{question.project_id}/charges/"
    for name, foreign in (("question", elsewhere.pk), ("worker", elsewhere.created_by_id)):
        statuses = [browser.get(f"{path}?{name}={value}").status_code for value in (foreign, 10**9, "²", "x")]
        assert statuses == [400] * 4, (name, statuses)
    assert browser.get(f"{path}?question={question.pk}").status_code == 200


def test_names_and_errors_of_files_are_for_those_who_may_see_jobs(question, manager, as_role):
    job = jobs.submit(question.project, "import", f"Import {SECRET}.zip", f"import:{uuid.uuid4()}", {}, user=manager)
    Job.objects.filter(pk=job.pk).update(state="failed", error=f"{SECRET}.png is broken", ended_at=job.created_at)
    for role in ALL:
        found = where(as_role(role), question.project, SECRET)
        assert bool(found) == (role in (Role.MANAGER, Role.DATA_SCIENTIST)), (role, found)


def test_pages_of_a_draft_are_for_those_who_write_it(question, manager, as_role):
    """Every page of a question, found among the addresses."""
    draft = drafts.add(
        question.project, manager, draft=True, text=f"{SECRET}?", kind="choice", config={"choices": ["yes", "no"]}
    )
    values = {"project_id": question.project_id, "question_id": draft.pk, "number": 1, "user_id": manager.pk}
    values |= {"review_id": 1, "username": "x", "item_id": 1}
    paths = [path for path in addresses() if "question_id" in path]
    assert len(paths) > 30
    for role in (Role.REVIEWER, Role.ANNOTATOR, Role.STAKEHOLDER):
        browser = as_role(role)
        for path in paths:
            path = "/" + re.sub("<(?:[a-z]+:)?([a-z_]+)>", lambda found: str(values[found[1]]), path)
            for reply in (browser.get(path), browser.post(path, {"count": 1}, content_type="application/json")):
                assert SECRET not in reply.content.decode(), (role, path)
                assert reply.status_code in (403, 404, 405), (role, path, reply.status_code)


def addresses(patterns=None, before: str = ""):
    """Return every address there is, as it is written in the list of addresses."""
    for one in patterns or get_resolver().url_patterns:
        path = before + str(one.pattern)
        yield from addresses(one.url_patterns, path) if hasattr(one, "url_patterns") else [path]


def test_drafts_are_for_those_who_write_them(question, manager, as_role):
    draft = drafts.add(
        question.project, manager, draft=True, text=f"{SECRET}?", kind="choice", config={"choices": ["yes", "no"]}
    )
    for role in ALL:
        browser = as_role(role)
        may = role in (Role.MANAGER, Role.DATA_SCIENTIST)
        assert bool(where(browser, question.project, SECRET)) == may, role
        for path in (
            f"/projects/{question.project_id}/questions/{draft.pk}/",
            f"/api/v1/projects/{question.project_id}/questions/{draft.pk}/",
        ):
            assert browser.get(path).status_code == (200 if may else 404), (role, path)


@pytest.mark.parametrize("role", [Role.ANNOTATOR, Role.REVIEWER])
def test_the_rules_of_quality_are_not_for_those_who_are_measured(question, as_role, role):
    browser = as_role(role)
    for path in ("questions/", f"questions/{question.pk}/"):
        said = browser.get(f"/api/v1/projects/{question.project_id}/{path}").content.decode()
        assert "text" in said
        for word in ("gold_rate", "gold_bar", "gold_minimum", "overlap", "progress", "review_agreement"):
            assert f'"{word}"' not in said, (path, word)


@pytest.mark.slow
@pytest.mark.parametrize("role", [Role.ANNOTATOR, Role.REVIEWER])
def test_no_page_that_answering_people_may_read_separates_known_items_from_regular_ones(question, as_role, role):
    """A page may show all items or none; and an answer to either sort changes it alike."""
    question.gold_rate = 0.5
    question.save()
    random.seed(6)
    made = make.items_of_split(question.project, Split.TRAIN, 12)
    known = {item.sha256 for item in made[:6]}
    for item in made[:6]:
        gold.add(question, question.project.created_by, item, "yes")
    other = make.user("other")
    make.member(question.project, other, Role.ANNOTATOR)
    while tasks := queue.next_tasks(question, other):
        queue.submit(question.project, tasks[0].task_id, other, uuid.uuid4(), "yes")
    computation.compute(question)
    browser = as_role(role)
    base = f"/projects/{question.project_id}/"
    more = [
        f"{base}questions/{question.pk}/tasks/",
        f"{base}questions/{question.pk}/tasks/?is=held",
        f"{base}questions/{question.pk}/live/",
        f"{base}phases/",
        f"{base}reports/",
        f"{base}brief/",
        f"{base}demo/",
        f"/api/v1{base}questions/{question.pk}/labels/",
        f"/api/v1{base}questions/{question.pk}/tasks/",
        f"/api/v1{base}jobs/?kind=labels",
    ]

    def read() -> dict[str, str]:
        return told(browser, question.project) | {path: browser.get(path).content.decode() for path in more}

    all_of_them = {item.sha256 for item in made}
    for path, content in read().items():
        shown = {sha for sha in all_of_them if sha in content}
        assert shown in (set(), all_of_them), f"{path} shows some items only"

    def skeleton(pages: dict[str, str]) -> dict[str, str]:
        mine = ("answers/", "desk/")  # what they answered themselves is listed there, whatever it was for
        return {path: re.sub(r"[0-9a-f-]{32,}|value=\"[^\"]{64}\"", "", text) for path, text in pages.items()
                if not path.endswith(mine)}  # fmt: skip

    changed: dict[bool, set[str]] = {True: set(), False: set()}
    counts = {True: 0, False: 0}
    while tasks := queue.next_tasks(question, browser.person):
        before = skeleton(read())
        queue.submit(question.project, tasks[0].task_id, browser.person, uuid.uuid4(), "yes")
        after = skeleton(read())
        is_known = tasks[0].sha256 in known
        counts[is_known] += 1
        changed[is_known] |= {path for path in after if after[path] != before[path]}
    assert counts[False] == 6 and counts[True], "there were answers of both sorts"
    assert changed[True] == changed[False]


def test_uploads_name_nothing_to_people_who_may_not_see_items(question, manager, as_role):
    """Also of the items they answered, asked about, and read a decision on."""
    make.items_of_split(question.project, Split.TRAIN, 1)
    name = SimpleUploadedFile(f"{SECRET}.png", make.png(77_000)).name
    question.project.items.update(name=name)
    for modality in ("picture", "audio"):  # a sound has no excerpt to show in place of its name
        question.project.items.update(modality=modality)
        for role in (Role.ANNOTATOR, Role.STAKEHOLDER):
            browser = as_role(role)
            if role == Role.ANNOTATOR:
                [held] = queue.next_tasks(question, browser.person)
                flags.raise_flag(question, browser.person, role, "What is it?", held.public_id)
                queue.submit(question.project, held.task_id, browser.person, uuid.uuid4(), "yes")
                found, _ = Review.objects.get_or_create(task_id=held.task_id)
                if not found.decision:
                    review.decide(question.project, found.pk, manager, uuid.uuid4(), "yes", "It is.")
            base = f"/projects/{question.project_id}/"
            more = [f"{base}answers/", f"{base}questions/{question.pk}/comments/", f"{base}desk/{question.pk}/"]
            shown = {path for path in more if SECRET in browser.get(path).content.decode()}
            assert shown | where(browser, question.project, SECRET) == set(), (role, modality)


@pytest.mark.parametrize("role", [Role.ANNOTATOR, Role.REVIEWER])
def test_nothing_that_answering_people_are_sent_holds_the_own_id_of_a_task_or_an_item(question, role):
    """Tasks are numbered in the order in which they are asked; a gold item's number is out of that order."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER SEQUENCE annotator_task_id_seq RESTART 7310000001")
        cursor.execute("ALTER SEQUENCE annotator_item_id_seq RESTART 8420000001")
        cursor.execute("ALTER SEQUENCE annotator_assignment_id_seq RESTART 9530000001")
    person = make.user("person")
    make.member(question.project, person, role)
    make.items_of_split(question.project, Split.TRAIN, 4)
    browser = Client()
    browser.force_login(person)
    api, base = f"/api/v1/projects/{question.project_id}/", f"/projects/{question.project_id}/"
    asked = f"{api}questions/{question.pk}/"

    def send(path: str, **body) -> Any:
        reply = browser.post(path, json.dumps(body), content_type="application/json")
        sent.append((path, reply.content.decode()))
        return json.loads(reply.content) if reply.content else None

    sent: list[tuple[str, str]] = []
    first, second, third = send(f"{asked}tasks/next/", count=3)["tasks"]
    assert send(f"{asked}flags/", comment="What is it?", task=first["task"])["task"] == first["task"]
    send(f"{api}tasks/{second['task']}/renew/")
    send(f"{api}tasks/{second['task']}/return/")
    send(f"{api}tasks/{third['task']}/skip/", reason="no")
    name = str(uuid.uuid4())
    send(f"{api}tasks/{first['task']}/answer/", id=name, value="yes", next=3)
    send(f"{api}tasks/{first['task']}/answer/", id=str(uuid.uuid4()), value="no", replaces=name)
    send(f"{api}tasks/{third['task']}/answer/", id=str(uuid.uuid4()), value="no")
    found = Review.objects.create(task=Assignment.objects.get(public_id=first["task"]).task)
    review.decide(question.project, found.pk, question.project.created_by, uuid.uuid4(), "yes", "It is.")
    pages = [
        f"{base}answers/",
        f"{base}questions/{question.pk}/comments/",
        f"{base}desk/{question.pk}/",
        f"{asked}pay/",
    ]
    if role == Role.ANNOTATOR:  # who reviews may list all items
        sent += told(browser, question.project).items()
    sent += [(path, browser.get(path).content.decode()) for path in pages]
    for path, content in sent:
        assert not re.search("(731|842|953)00000[0-9]{2}", content), (path, content)
