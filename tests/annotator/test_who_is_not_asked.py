"""Who has read answers or labels is not asked about those items. A reviewer learns what others have in hand."""

import uuid

import pytest
from django.test import Client

from annotator import queue
from annotator.models import BatchState, Job, Review, Role, Split, TaskPlan
from annotator.quality import answer_checks, review
from annotator.queue import batches
from annotator.refusal import Refused
from datasets.labels import computation
from tests import make

pytestmark = pytest.mark.django_db


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
