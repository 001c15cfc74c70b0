"""Known answers that people contradict are named, with the people who do."""

import uuid

import pytest

from annotator import queue
from annotator.models import Role, Split
from annotator.quality import answer_checks, contradicted, gold
from tests import make
from workers.phases import risks

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("agree", "people", "said"),
    [(0, 0, False), (0, 2, False), (0, 3, True), (1, 3, False), (1, 6, True), (3, 10, False), (5, 10, False)],
)
def test_fewer_than_half_must_surely_agree(agree, people, said):
    assert contradicted.is_contradicted(agree, people) is said


def ask(question, wrong: int, right: int, people: int = 4):
    """Let people say yes to everything, of which `wrong` items are known as no and `right` as yes."""
    question.gold_rate, question.gold_minimum, question.overlap = 0.5, 1000, people
    question.save()
    made = make.items_of_split(question.project, Split.TRAIN, wrong + right)
    for place, item in enumerate(made):
        gold.add(question, question.project.created_by, item, "no" if place < wrong else "yes")
    make.items_of_split(question.project, Split.TRAIN, 40)
    for name in range(people):
        person = make.user(f"one {name}")
        make.member(question.project, person, Role.ANNOTATOR)
        while tasks := queue.next_tasks(question, person):
            queue.submit(question.project, tasks[0].task_id, person, uuid.uuid4(), "yes")
    answer_checks.check_answers(1000)


@pytest.mark.slow
def test_gold_that_contradicts_everyone_is_named_before_anybody_is_paused(question, as_role):
    ask(question, wrong=5, right=0)
    right, total = contradicted.nearly_everybody_fails(question)
    assert right == 0 and total >= 3
    named = contradicted.contradicted(question)
    assert named and all(one.agree == 0 and one.people >= 3 for one in named)
    path = f"/projects/{question.project_id}/questions/{question.pk}/quality/"
    said = as_role(Role.MANAGER).get(path).content.decode()
    assert f"Only 0 of {total} answers to gold items are right" in said
    assert "Check the known answers before you pause anybody" in said and "<td>0 of 4</td>" in said
    assert any("Check the known answers" in risk.text for risk in risks.risks(question.project))


@pytest.mark.slow
def test_one_wrong_among_many_right_is_named_alone(question, as_role):
    ask(question, wrong=1, right=5)
    assert contradicted.nearly_everybody_fails(question) is None
    assert len(contradicted.contradicted(question)) == 1
    path = f"/projects/{question.project_id}/questions/{question.pk}/quality/"
    assert "Most people contradict 1 known answer<" in as_role(Role.MANAGER).get(path).content.decode()
    assert not any("Check the known answers" in risk.text for risk in risks.risks(question.project))


def test_one_or_two_people_contradict_nothing(question):
    ask(question, wrong=5, right=0, people=2)
    assert contradicted.nearly_everybody_fails(question) is None and contradicted.contradicted(question) == []
