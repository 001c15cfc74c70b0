"""The brief, how a question is read, and the demo."""

import random
import uuid

import pytest
from django.core.exceptions import ValidationError

from annotator import queue
from annotator.models import Role
from datasets.labels import computation
from tests import make
from workers.budget.phase import current_phase
from workers.phases import briefs, wording
from workers.phases.models import Brief, Feedback
from workers.sample.story import BRIEF

pytestmark = pytest.mark.django_db


def test_what_is_missing_is_named(project, manager):
    assert len(briefs.missing(project)) == 10
    briefs.write(project, manager, question="Is it a cat?", precision=0.9)
    assert "What will be asked of each item?" not in briefs.missing(project) and len(briefs.missing(project)) == 8
    briefs.write(project, manager, **BRIEF)
    assert briefs.missing(project) == []


@pytest.mark.parametrize("part", [{"precision": 1.5}, {"recall": -0.1}, {"costlier": "never"}, {"colour": "red"}])
def test_a_bad_part_is_refused(project, manager, part):
    with pytest.raises(ValidationError):
        briefs.write(project, manager, **part)


def test_the_page_guides_and_keeps(project, manager, client, as_role):
    client.force_login(manager)
    address = f"/projects/{project.pk}/brief/"
    assert b"What is the problem?" in client.get(address).content
    form = {name: value for name, value in BRIEF.items() if name not in ("precision", "recall")}
    assert client.post(address, form | {"precision": "98", "recall": "95.5"}).status_code == 302
    assert Brief.objects.get().recall == 0.955
    assert client.post(address, form | {"precision": "101"}).status_code == 400
    stakeholder = as_role("stakeholder")
    page = stakeholder.get(address).content.decode()
    assert BRIEF["give_up"] in page and "<textarea" not in page


def test_people_who_do_not_agree_are_said_not_to_understand(question, manager):
    people = [make.user() for _ in range(3)]
    for person in people:
        make.member(question.project, person, Role.ANNOTATOR)
    question.overlap = question.test_overlap = 3
    question.save()
    make.items(question.project, 20)
    assert wording.read(question).verdict == "unknown"
    luck = random.Random(3)
    for person in people:
        while tasks := queue.next_tasks(question, person):
            queue.submit(question.project, tasks[0].task_id, person, uuid.uuid4(), luck.choice(["yes", "no"]))
    computation.compute(question)
    found = wording.read(question)
    assert found.verdict == "not understood" and found.split and found.split[0].apart > 0
    assert sum(count for _, count in found.split[0].given) == 3


def test_people_who_agree_are_said_to(question, manager, client):
    other = make.user()
    make.member(question.project, other, Role.ANNOTATOR)
    make.items(question.project, 30)
    for person in (manager, other):
        while tasks := queue.next_tasks(question, person):
            says = "yes" if tasks[0].item_id % 2 else "no"
            queue.submit(question.project, tasks[0].task_id, person, uuid.uuid4(), says)
    computation.compute(question)
    found = wording.read(question)
    assert found.verdict == "agreed" and found.alpha == 1 and not found.split
    client.force_login(manager)
    page = client.get(f"/projects/{question.project_id}/questions/{question.pk}/reading/").content.decode()
    assert "People read this alike" in page


def test_a_stakeholder_judges_the_demo_once_and_may_think_again(project, as_role):
    stakeholder = as_role("stakeholder")
    address = f"/projects/{project.pk}/demo/"
    assert b"No model has been trained yet" in stakeholder.get(address).content
    assert stakeholder.post(address, {"verdict": "not_yet", "text": "<i>slow</i>"}).status_code == 302
    assert stakeholder.post(address, {"verdict": "useful", "text": ""}).status_code == 302
    assert Feedback.objects.get().verdict == "useful" and Feedback.objects.get().phase == current_phase(project)
    assert stakeholder.post(address, {"verdict": "splendid"}).status_code == 400
    assert as_role("reviewer").post(address, {"verdict": "useful"}).status_code == 403
