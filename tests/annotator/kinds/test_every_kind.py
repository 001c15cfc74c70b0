"""What holds for every kind: an answer is refused with a reason or stored exactly."""

import json
import uuid

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotator import kinds, queue
from annotator.models import Answer, Item, Modality, Split
from tests import make
from tests.annotator.kinds.examples import CONFIGS, ITEM, KIND, NEARLY, RIGHT, TEXT


def put_in_hands(project, name):
    """Ask a question of a kind about one item, and put it into someone's hands."""
    about = ITEM.get(name, TEXT)
    person = make.user()
    make.member(project, person, "annotator")
    question = make.question(project, kind=KIND.get(name, name), config=CONFIGS[name], overlap=30, test_overlap=30)
    item = Item.objects.create(
        project=project,
        name="x",
        sha256=uuid.uuid4().hex * 2,
        modality=about.modality,
        mime_type="x/x",
        size=1,
        width=about.width,
        height=about.height,
        length=about.length,
        split=Split.TRAIN,
    )
    queue.create_tasks(question, [item])
    [task] = queue.next_tasks(question, person)
    return question, task.task_id, person


def exactly(value):
    """Return a value as JSON; 1 and 1.0 differ, -0.0 and 0.0 are one number."""
    return json.dumps(value, sort_keys=True).replace("-0.0", "0.0")


@pytest.mark.django_db
@pytest.mark.parametrize("count", [20, pytest.param(300, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", CONFIGS)
def test_generated_answers_are_refused_with_a_reason_or_stored_exactly(project, name, count):
    question, task, person = put_in_hands(project, name)
    latest = None

    @settings(
        max_examples=count, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(st.one_of(NEARLY[name], NEARLY[name], st.sampled_from(RIGHT[name])))
    def judge(value):
        nonlocal latest
        answer_id, before = uuid.uuid4(), Answer.objects.count()
        try:
            if latest is None:
                queue.submit(project, task, person, answer_id, value)
            else:
                queue.change(project, task, person, answer_id, value, latest)
        except queue.Refused as refused:
            assert refused.code == "invalid_answer" and refused.status == 400
            assert len(refused.reason) > 10 and refused.reason.endswith((".", "?"))
            assert Answer.objects.count() == before
        else:
            stored = Answer.objects.get(pk=answer_id)
            assert exactly(stored.value) == exactly(value)
            assert kinds.get(question.kind).text(question.config, stored.value)
            latest = answer_id

    judge()
    assert latest is not None, "nothing was taken: the test could not fail"


@pytest.mark.parametrize("name", CONFIGS)
def test_right_answers_are_taken_as_they_are_and_agree_with_themselves(name):
    kind = kinds.get(KIND.get(name, name))
    config = kind.check_config(CONFIGS[name])
    assert kind.check_config(config) == config, "the stored form is stable"
    for value in RIGHT[name]:
        assert kinds.check_value(kind.name, config, value, ITEM.get(name, TEXT)) == value
        assert kind.similarity(config, value, value) == 1 and kind.agrees(config, value, value)
        for other in RIGHT[name]:
            alike = kind.similarity(config, value, other)
            assert 0 <= alike <= 1 and alike == pytest.approx(kind.similarity(config, other, value))
    kind.check_change(config, config)


@pytest.mark.parametrize("name", CONFIGS)
@settings(max_examples=60, deadline=None)
@given(config=st.deferred(lambda: NEARLY["set"]))
def test_a_configuration_of_another_shape_is_refused_with_a_reason(name, config):
    kind = kinds.get(KIND.get(name, name))
    try:
        kind.check_config(config)
    except kinds.Invalid as problem:
        assert len(str(problem)) > 10


@pytest.mark.parametrize(("kind", "template"), [(kind, template) for kind, template in kinds.templates()])
def test_templates_make_questions(kind, template):
    config = kind.check_config(template.config)
    assert template.modality in kind.modalities(config) and template.text.endswith(("?", "."))


HOSTILE = {
    "a NUL byte": ("text", "a\x00b", "NUL"),
    "half a character": ("text", "a\ud800", "half a character"),
    "a span past the end": (
        "span",
        {"spans": [{"start": 100, "end": 121, "label": "person"}], "relations": []},
        "past the end",
    ),
    "a box outside": (
        "box",
        {"shapes": [{"type": "box", "label": "cup", "x": 600, "y": 0, "width": 41, "height": 9}]},
        "outside",
    ),
    "a bow tie": (
        "box",
        {"shapes": [{"type": "polygon", "label": "cup", "points": [[0, 0], [9, 9], [9, 0], [0, 9]]}]},
        "crosses itself",
    ),
    "a way back over itself": (
        "box",
        {"shapes": [{"type": "polygon", "label": "cup", "points": [[0, 0], [9, 0], [4, 0], [4, 9]]}]},
        "crosses itself",
    ),
    "five megabytes": ("choice", "x" * 5_000_000, "MB"),
    "very deep": ("set", eval("[" * 90 + "]" * 90), "object"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_answers_are_told_why(name):
    kind, value, reason = HOSTILE[name]
    with pytest.raises(kinds.Invalid, match=reason):
        kinds.check_value(kind, kinds.get(kind).check_config(CONFIGS[kind]), value, ITEM.get(kind, TEXT))


@pytest.mark.django_db
def test_a_question_is_asked_only_about_what_its_kind_can_show(project):
    make.items(project, 2)
    question = make.question(project, kind="span", config=CONFIGS["span"])
    assert question.tasks.count() == 0 and project.items.filter(modality=Modality.PICTURE).count() == 2


CHANGES = [
    ("choice", {"choices": ["cat", "dog"]}, "taken away"),
    ("scale", {"points": 7, "low": "a", "high": "b"}, "3 of 7"),
    ("text", {"lines": 1, "shortest": 3, "longest": 40}, "widened"),
    ("span", {"labels": ["person"], "relations": ["lives in"]}, "taken away"),
    ("box", {"labels": ["cup", "fruit"], "shapes": ["box"]}, "added"),
    ("pair", {"tie": False}, "tie"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "config", "reason"), CHANGES)
def test_a_change_that_would_unmake_answers_is_refused(project, manager, name, config, reason):
    from annotator.questions import drafts

    question = make.question(project, kind=name, config=CONFIGS[name])
    with pytest.raises(ValidationError, match=reason):
        drafts.reword(question, manager, config=config)
    question.refresh_from_db()
    assert question.revision == 1 and question.revisions.count() == 1
