"""Answers of every kind of question add up to labels."""

import uuid

import pytest

from annotator import queue
from annotator.models import Role
from datasets.labels import computation
from datasets.models import Aggregation, Label, StaleLabel
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(project):
    made = [make.user() for _ in range(3)]
    for number, person in enumerate(made):
        make.member(project, person, Role.ANNOTATOR, simulated=number == 0)
    return made


def test_every_kind_has_a_way_to_its_label():
    from annotator import kinds
    from datasets.labels.aggregate import _WAYS

    assert set(_WAYS) == {name for name, _ in kinds.names()}


EXAMPLES = {
    "choice": ({"choices": ["a", "b"]}, ["a", "a", "b"], "a"),
    "several": ({"choices": ["a", "b", "c"], "several": True, "least": 1}, [["a", "b"], ["b", "a"], ["a"]], ["a", "b"]),
    "pair": ({"tie": True}, ["left", "left", "tie"], "left"),
    "scale": ({"points": 5, "low": "not", "high": "very"}, [4, 4, 4], 4),
    "text": ({}, ["a blue cat", "a blue cap", "a blue cat"], "a blue cat"),
    "span": (
        {"labels": ["x"]},
        [{"spans": [{"start": 0, "end": end, "label": "x"}]} for end in (4, 4, 5)],
        {"spans": [{"start": 0, "end": 4, "label": "x"}]},
    ),
    "box": (
        {"labels": ["x"]},
        [{"shapes": [{"type": "box", "label": "x", "x": 0, "y": 0, "width": w, "height": 4}]} for w in (4, 4, 5)],
        {"shapes": [{"type": "box", "label": "x", "x": 0, "y": 0, "width": 4, "height": 4}]},
    ),
    "set": (
        {
            "parts": [
                {"name": "how", "text": "How?", "kind": "scale", "config": {"points": 3, "low": "l", "high": "h"}},
                {
                    "name": "why",
                    "text": "Why?",
                    "kind": "text",
                    "config": {},
                    "when": {"part": "how", "is": [3]},
                },
            ]
        },
        [{"how": 3, "why": "late"}, {"how": 3, "why": "late"}, {"how": 1}],
        {"how": 3, "why": "late"},
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_three_answers_add_up(name):
    from annotator import kinds
    from datasets.labels.aggregate import AnswerRow, aggregate

    config, values, expected = EXAMPLES[name]
    kind = "choice" if name == "several" else name
    config = kinds.get(kind).check_config(config)
    believed = aggregate(
        kind, config, [AnswerRow(7, worker, value, False) for worker, value in enumerate(values, 1)], {}
    )
    [label] = believed.labels
    assert label.item == 7 and label.value == expected and 0.3 < label.probability <= 1 and label.gain >= 0
    assert (
        kinds.check_value(kind, config, label.value, kinds.About("text" if kind == "span" else "picture", 10, 10, 10))
        == label.value
    )
    assert set(believed.quality) == {1, 2, 3}
    assert aggregate(kind, config, [], {}).labels == []


MEDIA = {"pair": "pair", "span": "text"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_labels_and_people_of_every_kind_are_written_and_shown(name, project, people, client, manager):
    from annotator.models import Item

    config, values, expected = EXAMPLES[name]
    kind = "choice" if name == "several" else name
    question = make.question(project, kind=kind, config=config, overlap=3, test_overlap=3, plan="batches")
    made = make.items(project, 4)
    Item.objects.update(modality=MEDIA.get(kind, "picture"), length=100, width=100, height=100)
    from annotator.queue import batches

    batches.change(batches.plan(question, manager, "all", count=4), "open", manager)
    for person, value in zip(people, values, strict=True):
        while found := queue.next_tasks(question, person):
            queue.submit(project, found[0].task_id, person, uuid.uuid4(), value)
    computation.refresh(question)
    assert [label.value for label in Label.objects.filter(question=question)] == [expected] * len(made)
    assert len(Aggregation.objects.get().workers) == 3 and not StaleLabel.objects.exists()
    client.force_login(manager)
    for path in ("", f"{Label.objects.first().pk}/"):
        assert client.get(f"/projects/{project.pk}/labels/{path}").status_code == 200
    assert client.get(f"/projects/{project.pk}/questions/{question.pk}/people/{people[0].pk}/").status_code == 200


@pytest.mark.parametrize("name", EXAMPLES)
def test_known_items_that_nobody_has_answered_are_no_trouble(name):
    """A question has its gold items before its first answer; and answers may be excluded until none is left."""
    from annotator import kinds
    from datasets.labels.aggregate import AnswerRow, aggregate

    config, values, expected = EXAMPLES[name]
    kind = "choice" if name == "several" else name
    config = kinds.get(kind).check_config(config)
    assert aggregate(kind, config, [], {1: expected}).labels == []
    [label] = aggregate(kind, config, [AnswerRow(2, 1, values[0], False)], {1: expected}).labels
    assert label.item == 2
