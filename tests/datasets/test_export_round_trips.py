"""What is exported and imported again gives the same items, answers and labels."""

import json

import pytest
from django.core.files.base import ContentFile

from annotator.models import Answer, Item
from datasets.exports import FORMATS
from datasets.exports.source import Options, Source
from datasets.labels import computation
from datasets.models import Label
from datasets.versions import versions
from tests import make
from tests.annotator.imports.files import imported as imported_table
from tests.annotator.test_item_search import text
from tests.annotator.test_label_studio import imported
from tests.datasets.test_export_formats import frozen, picture

pytestmark = pytest.mark.django_db
SHAPES = [
    {"type": "box", "label": "cup", "x": 1.25, "y": 2, "width": 3.5, "height": 4},
    {"type": "polygon", "label": "rim", "points": [[1, 1], [7.3333, 1], [5, 6]]},
    {"type": "point", "label": "cup", "x": 5.5, "y": 6},
]
TEXTS = ["💩This is an annotation.", "שלום עולם\nsecond", "plain"]
CASES = {
    "choice": ({"choices": ["yes", "no", "may be"]}, ["yes", "no", "may be"]),
    "several": ({"choices": ["a", "b", "c"], "several": True}, [["a", "b"], ["c"], ["b"]]),
    "scale": ({"points": 5, "low": "bad", "high": "good"}, [1, 5, 3]),
    "text": ({"lines": 3, "longest": 2000}, ["two\nlines", "é 💩", "x"]),
    "span": (
        {"labels": ["noun", "other"]},
        [
            {"spans": [{"start": 12, "end": 22, "label": "noun"}, {"start": 0, "end": 5, "label": "other"}]},
            {"spans": []},
            {"spans": [{"start": 0, "end": 5, "label": "noun"}]},
        ],
    ),
    "box": (
        {"labels": ["cup", "rim"], "shapes": ["box"]},
        [{"shapes": SHAPES[:1]}, {"shapes": []}, {"shapes": SHAPES[:1]}],
    ),
    "outline": (
        {"labels": ["cup", "rim"], "shapes": ["polygon"]},
        [{"shapes": SHAPES[1:2]}, {"shapes": []}, {"shapes": SHAPES[1:2]}],
    ),
    "point": (
        {"labels": ["cup", "rim"], "shapes": ["point"]},
        [{"shapes": SHAPES[2:]}, {"shapes": []}, {"shapes": SHAPES[2:]}],
    ),
}


def plain(value):
    """Return a value with numbers that are compared to four digits, and spans in one order."""
    if isinstance(value, dict):
        found = {key: plain(one) for key, one in value.items()}
        return {
            key: sorted(one, key=lambda one: json.dumps(one, sort_keys=True)) if key in ("spans", "shapes") else one
            for key, one in found.items()
        }
    if isinstance(value, list):
        return [plain(one) for one in value]
    return round(float(value), 3) if isinstance(value, int | float) else value


@pytest.mark.parametrize("case", CASES)
def test_label_studio_gives_back_every_label(project, manager, case):
    config, values = CASES[case]
    found = [text(f"{n}.txt", said) for n, said in enumerate(TEXTS)]
    kind = {"several": "choice", "outline": "box", "point": "box"}.get(case, case)
    if kind == "box":
        found = [picture(n, "same.png", (9 + n, 8)) for n in range(3)]
    version = frozen(project, kind, config, found, values)
    content = b"".join(FORMATS["label-studio"].write(Source(version)))
    other = make.project(manager, name="Another")
    job = imported(other, ContentFile(content), "export.zip")
    assert job.state == "done", job.error
    assert job.result["refused"] == 0 and job.result["lost"] == {} and other.items.count() == 3
    answers = Answer.objects.filter(task__item__project=other).values_list("task__item__sha256", "value")
    assert {sha256: plain(value) for sha256, value in answers} == {
        one.sha256: plain(value) for one, value in zip(found, values, strict=True)
    }


def answered(project):
    question = make.question(project)
    people = [make.user(), make.user(), make.user()]
    for person in people:
        make.member(project, person, "annotator")
    make.labelled_items(question, 6, 3, people)
    computation.compute(question)
    return versions.freeze(question, versions.build(question), None)[0]


def said(question):
    """Return what people said about each item, and what that adds up to."""
    computation.compute(question)
    given = sorted(Answer.objects.filter(task__question=question).values_list("task__item__sha256", "value"))
    labels = Label.objects.filter(question=question).values_list("item__sha256", "value", "answers")
    return given, sorted(labels)


def test_label_studio_gives_back_every_answer(project, manager):
    version = answered(project)
    content = b"".join(FORMATS["label-studio"].write(Source(version, Options(annotations=True))))
    other = make.project(manager, name="Another")
    job = imported(other, ContentFile(content), "export.zip")
    assert job.state == "done" and job.result["refused"] == 0 and job.result["lost"] == {}, job.result
    assert len(job.result["people"]) == 3
    assert said(other.questions.get()) == said(version.question)


def test_json_lines_give_back_every_label(project, manager):
    found = [
        text(f"{n}.txt", said, external_id=f"r{n}", group="g" if n < 2 else "", path=f"a/{n}")
        for n, said in enumerate(TEXTS)
    ]
    version = frozen(project, "choice", {"choices": ["yes", "no"]}, found, ["yes", "no", "yes"])
    content = b"".join(FORMATS["jsonl"].write(Source(version)))
    other = make.project(manager, name="Another")
    question = make.question(other)
    columns = {"id": "external_id", "text": "text", "label": "label", "group": "group", "split": "split"}
    done = imported_table(
        other, manager, "v.jsonl", content, columns=columns, question=question.pk, answers_as="labels", worker="export"
    )
    assert done.job.state == "done" and done.counts["new"] == 3 and not done.counts["rejected"], done.job.error
    computation.compute(question)
    labels = Label.objects.filter(question=question).values_list(
        "item__sha256", "item__external_id", "value", "item__split"
    )
    assert sorted(labels) == sorted(
        (one.sha256, one.external_id, value, one.split) for one, value in zip(found, ["yes", "no", "yes"], strict=True)
    )
    assert Item.objects.filter(project=other, group="g").count() == 2
