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
from annotator.hooks import outgoing
from annotator.hooks.outgoing import Forbidden
from annotator.models import Assignment, BatchState, Job, Review, Role, Split, TaskPlan
from annotator.quality import answer_checks, gold, review
from annotator.questions import drafts
from annotator.queue import batches, flags
from annotator.refusal import Refused
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
    values |= {"review_id": 1, "username": "x"}
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


@pytest.mark.parametrize(
    "address",
    [
        "[fec0::1]",
        "192.0.0.192",
        "192.0.0.8",
        "192.88.99.1",
        "[3fff::1]",
        "[3fff:fff::1]",
        "[5f00::1]",
        "[64:ff9b:1::1]",
        "100.64.0.1",
        "198.18.0.1",
        "203.0.113.1",
        "240.0.0.1",
        "255.255.255.255",
        "0.0.0.0",
        "[::]",
        "[::1]",
        "[::ffff:192.0.0.192]",
        "[2002:c000:00c0::]",
        "169.254.169.254",
        "[fe80::1]",
        "[fd00::1]",
        "[ff02::1]",
        "[2001:db8::1]",
        "[::7f00:1]",
    ],
)
def test_addresses_that_are_not_public_are_refused(address):
    with pytest.raises(Forbidden):
        outgoing.check_url(f"http://{address}/")


@pytest.mark.parametrize("address", ["8.8.8.8", "[2606:4700::1111]", "193.0.14.129"])
def test_public_addresses_are_taken(address):
    outgoing.check_url(f"http://{address}/")


@pytest.fixture
def disputed(question, annotator):
    other = make.user("other")
    make.member(question.project, other, Role.ANNOTATOR)
    make.items_of_split(question.project, Split.TRAIN, 1)
    for person, value in ((annotator, "yes"), (other, "no")):
        [task] = queue.next_tasks(question, person)
        queue.submit(question.project, task.task_id, person, uuid.uuid4(), value)
    answer_checks.check_answers()
    return Review.objects.get()


def test_a_reviewer_who_saw_the_answers_is_not_asked_at_the_desk(question, disputed, as_role):
    reviewer = as_role(Role.REVIEWER).person
    disputed.task.overlap += 1
    disputed.task.open_slots += 1
    disputed.task.save()
    assert review.next_review(question, reviewer) == disputed
    assert queue.next_tasks(question, reviewer) == []
    fresh = as_role(Role.REVIEWER).person
    assert len(queue.next_tasks(question, fresh)) == 1


def test_who_opened_the_page_of_a_label_is_not_asked_either_and_loses_what_they_hold(question, annotator, as_role):
    make.items_of_split(question.project, Split.TRAIN, 1)
    [task] = queue.next_tasks(question, annotator)
    queue.submit(question.project, task.task_id, annotator, uuid.uuid4(), "yes")
    computation.compute(question)
    browser = as_role(Role.DATA_SCIENTIST)
    [held] = queue.next_tasks(question, browser.person)
    label = question.labels.get()
    assert browser.get(f"/projects/{question.project_id}/labels/{label.pk}/").status_code == 200
    assert queue.next_tasks(question, browser.person) == []
    with pytest.raises(Refused):
        queue.submit(question.project, held.task_id, browser.person, uuid.uuid4(), "yes")
    question.tasks.get().refresh_from_db()
    assert question.tasks.get().open_slots == question.tasks.get().overlap - 1, "the place is free for others"


def test_more_people_are_not_asked_in_a_closed_batch(project, annotator, manager):
    question = make.question(project, plan=TaskPlan.BATCHES)
    make.items_of_split(project, Split.TRAIN, 1)
    batch = batches.plan(question, manager, "first", count=1)
    batches.change(batch, BatchState.OPEN, manager)
    other = make.user("other")
    make.member(project, other, Role.ANNOTATOR)
    for person, value in ((annotator, "yes"), (other, "no")):
        [task] = queue.next_tasks(question, person)
        queue.submit(project, task.task_id, person, uuid.uuid4(), value)
    answer_checks.check_answers()
    batch.refresh_from_db()
    batches.change(batch, BatchState.CLOSED, manager)
    with pytest.raises(Refused, match="closed"):
        review.ask_more(project, Review.objects.get().pk, manager, 1)
    assert Review.objects.count() == 1, "the review is still there"


def test_a_reviewer_is_told_that_the_rest_is_with_somebody_else(question, disputed, as_role, manager):
    review.next_review(question, manager)
    browser = as_role(Role.REVIEWER)
    page = browser.get(f"/projects/{question.project_id}/questions/{question.pk}/review/").content.decode()
    assert "1 item is with another reviewer" in page
    said = browser.post(
        f"/api/v1/projects/{question.project_id}/questions/{question.pk}/reviews/next/", {}, "application/json"
    ).json()
    assert said["review"] is None and said["with_others"] == 1


@pytest.fixture
def half_answered(question, annotator):
    """Three items that one person has answered, with their labels; each may have another answer."""
    make.items_of_split(question.project, Split.TRAIN, 3)
    while tasks := queue.next_tasks(question, annotator, 3):
        for task in tasks:
            queue.submit(question.project, task.task_id, annotator, uuid.uuid4(), "yes")
    computation.compute(question)
    return question


def seen_by(question, person) -> int:
    return question.tasks.filter(assignments__worker=person, assignments__state="seen").count()


@pytest.mark.parametrize("role", [Role.MANAGER, Role.DATA_SCIENTIST])
@pytest.mark.parametrize(
    "path", ["/projects/{p}/labels/", "/projects/{p}/labels/?only=open", "/api/v1/projects/{p}/questions/{q}/labels/"]
)
def test_who_read_labels_in_a_list_is_not_asked_about_those_items(half_answered, as_role, path, role):
    browser = as_role(role)
    [held] = queue.next_tasks(half_answered, browser.person)
    reply = browser.get(path.format(p=half_answered.project_id, q=half_answered.pk))
    assert reply.status_code == 200 and "yes" in reply.content.decode()
    assert seen_by(half_answered, browser.person) == 3
    assert queue.next_tasks(half_answered, browser.person, 3) == []
    with pytest.raises(Refused):
        queue.submit(half_answered.project, held.task_id, browser.person, uuid.uuid4(), "yes")
    assert len(queue.next_tasks(half_answered, as_role(Role.ANNOTATOR).person, 3)) == 3, (
        "the places are free for others"
    )


def test_only_the_rows_of_the_page_count_as_seen(half_answered, as_role, monkeypatch):
    from datasets.pages import labels as pages

    browser = as_role(Role.DATA_SCIENTIST)
    first, *_ = half_answered.labels.order_by("item_id")
    many = f"/api/v1/projects/{half_answered.project_id}/questions/{half_answered.pk}/labels/"
    reply = browser.get(f"{many}?probability__gte=2")
    assert reply.json()["count"] == 0 and seen_by(half_answered, browser.person) == 0
    monkeypatch.setattr(pages, "A_PAGE", 1)
    browser.get(f"/projects/{half_answered.project_id}/labels/?page=2")
    assert seen_by(half_answered, browser.person) == 1
    assert len(queue.next_tasks(half_answered, browser.person, 3)) == 2
    assert browser.get(f"/projects/{half_answered.project_id}/labels/{first.pk}/").status_code == 200


def test_a_list_of_labels_is_noted_in_two_statements_however_long(half_answered, as_role, monkeypatch):
    from annotator.server import sql

    person = as_role(Role.REVIEWER).person
    statements, rows = [], sql.rows
    monkeypatch.setattr(sql, "rows", lambda text, **values: statements.append(text) or rows(text, **values))
    queue.mark_seen(half_answered, person, list(half_answered.project.items.values_list("pk", flat=True)))
    assert seen_by(half_answered, person) == 3 and len(statements) == 2
    queue.mark_seen(half_answered, person, [])
    assert len(statements) == 2


def test_who_reads_labels_after_answering_keeps_the_answers(half_answered, annotator, manager):
    browser = Client()
    browser.force_login(manager)
    [task] = queue.next_tasks(half_answered, manager)
    queue.submit(half_answered.project, task.task_id, manager, uuid.uuid4(), "no")
    browser.get(f"/projects/{half_answered.project_id}/labels/")
    assert seen_by(half_answered, manager) == 2
    assert half_answered.tasks.filter(assignments__worker=manager, assignments__state="answered").count() == 1


def test_who_read_what_people_disagree_on_is_not_asked_about_it(question, disputed, as_role):
    browser = as_role(Role.DATA_SCIENTIST)
    assert (
        b"What they disagree on"
        in browser.get(f"/projects/{question.project_id}/questions/{question.pk}/reading/").content
    )
    assert seen_by(question, browser.person) == 1


def test_who_read_the_doubtful_labels_of_a_training_is_not_asked_about_them(half_answered, manager, as_role):
    from tests.workers.training.setting import frozen, shades
    from workers.training.models import Training, TrainingRun

    version = frozen(half_answered, manager, shades(20), shades(8, 500))
    sha = half_answered.project.items.get(pk=half_answered.tasks.first().item_id).sha256
    one = {"sha256": sha, "label": "yes", "said": "no", "given": 0.1, "other": 0.9, "probability": 0.1}
    training = version.trainings.get()
    Training.objects.filter(pk=training.pk).update(found={"suspects": [one], "suspect_count": 1})
    run = TrainingRun.objects.create(
        version=version,
        job=Job.objects.create(project=version.project, kind="x", title="x", idempotency_key=str(uuid.uuid4())),
        network="picture",
        train_size=20,
        labels_cost=0,
        result={"hardest": [one]},
    )
    base = f"projects/{half_answered.project_id}/"
    one_training, lists = f"{base}trainings/{training.pk}/", [f"api/v1/{base}trainings/", f"api/v1/{base}runs/"]
    paths = [one_training, f"{base}runs/{run.pk}/", f"api/v1/{one_training}", *lists]
    for path in paths:
        browser = as_role(Role.DATA_SCIENTIST)
        assert sha in browser.get(f"/{path}").content.decode() or not path.startswith("api")
        assert seen_by(half_answered, browser.person) == 1, path
        stranger_to_the_desk = as_role(Role.STAKEHOLDER)
        assert stranger_to_the_desk.get(f"/{path}").status_code == 200
        assert seen_by(half_answered, stranger_to_the_desk.person) == 0
