"""Comparing the answers to one item has a limit, whatever was answered."""

import json
import uuid

import pytest

from annotator import kinds, queue
from annotator.models import AnswerCheck, Review
from annotator.quality import answer_checks
from tests import make


class Counted(kinds.Kind):
    """Answers that agree if they begin alike. It counts how often it is asked."""

    agreement = 1.0
    check_config = check = check_change = text = None

    def __init__(self):
        self.asked = 0

    def agrees(self, config, value, known):
        self.asked += 1
        return value[0] == known[0]


Counted.__abstractmethods__ = frozenset()


def some_agree(values, rule):
    kind = Counted()
    agreed, characters = answer_checks._some_agree(kind, {}, [json.dumps(value) for value in values], rule)
    return agreed, kind.asked, characters


def test_equal_answers_are_compared_as_one():
    assert some_agree(["yes"] * 600 + ["no"] * 400, 0.5)[:2] == (True, 2)
    assert some_agree(["yes"] * 500 + ["no"] * 500, 0.5)[:2] == (False, 3)


@pytest.mark.parametrize("share", [0.2, 0.9])
@pytest.mark.parametrize("length", [5, 20_000])
def test_agreement_is_found_in_sixty_answers_and_judged_by_a_sample_of_a_thousand(share, length):
    for count in (60, 1000):
        alike = int(share * count)
        values = [f"a{n:0{length}}" for n in range(alike)] + [f"{chr(1000 + n)}{n}" for n in range(count - alike)]
        agreed, pairs, characters = some_agree(values, 0.5)
        assert agreed == (share > 0.5)
        assert pairs <= answer_checks.MOST_PAIRS + count and characters <= answer_checks.MOST_CHARACTERS


def test_a_few_huge_answers_are_compared_however_huge():
    assert some_agree(["a" + "x" * 3_000_000, "a" + "y" * 3_000_000], 0.5)[0]


@pytest.mark.django_db
def test_a_pass_stops_when_it_has_compared_enough_and_the_next_goes_on(project, manager, monkeypatch):
    question = make.question(project, overlap=2, test_overlap=2, review_agreement=0.5)
    make.items(project, 5)
    for value in ("yes", "no"):
        person = make.user()
        make.member(project, person, "annotator")
        while tasks := queue.next_tasks(question, person):
            queue.submit(project, tasks[0].task_id, person, uuid.uuid4(), value)
    monkeypatch.setattr(answer_checks, "MOST_CHARACTERS", 15)
    answer_checks._check_finished_tasks()
    assert Review.objects.count() == 2, "two pairs of 9 characters"
    for _ in range(3):
        answer_checks._check_finished_tasks()
    assert Review.objects.count() == 5 and not AnswerCheck.objects.exists()
