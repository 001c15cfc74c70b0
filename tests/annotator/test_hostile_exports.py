"""Exports that nobody's Label Studio wrote: whatever is in them, there is a reason or a result, never a crash."""

import io
import json
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotator.intake.found import BadContent
from annotator.intake.label_studio import job as label_studio
from annotator.intake.label_studio import reader, recognition
from annotator.intake.label_studio.export import ExportedTask, tasks
from annotator.intake.label_studio.offsets import Places
from annotator.intake.label_studio.questions import check_configs
from annotator.models import Answer, Item, Job, Member
from tests import make
from tests.annotator.label_studio_export import annotation, document, result, texts_export

junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=10), one, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(["a", "b", "relation", ""]) | junk
types = st.sampled_from(
    [
        "choices",
        "labels",
        "rectanglelabels",
        "polygonlabels",
        "keypointlabels",
        "ellipselabels",
        "taxonomy",
        "rating",
        "number",
        "textarea",
        "pairwise",
        "hypertextlabels",
        "brushlabels",
        "relation",
    ]
)
value_fields = [
    "start",
    "end",
    "text",
    "labels",
    "choices",
    "taxonomy",
    "x",
    "y",
    "width",
    "height",
    "rotation",
    "points",
    "radiusX",
]
value_fields += [
    "radiusY",
    "rectanglelabels",
    "polygonlabels",
    "keypointlabels",
    "ellipselabels",
    "rating",
    "number",
    "selected",
]
amounts = st.integers(-5, 120) | st.floats(-5, 120) | st.lists(st.text(max_size=5), max_size=3) | junk
values = st.dictionaries(st.sampled_from(value_fields), amounts, max_size=8) | junk
results = st.fixed_dictionaries(
    {"from_name": names, "to_name": names, "type": types | junk, "value": values},
    optional={"original_width": amounts, "original_height": amounts, "id": junk},
)
annotations = st.fixed_dictionaries(
    {"result": st.lists(results | junk, max_size=4) | junk},
    optional={
        "completed_by": junk | st.just({"email": "a@b"}),
        "was_cancelled": junk,
        "ground_truth": junk,
        "lead_time": junk,
        "created_at": junk,
        "model_version": junk,
        "score": junk,
    },
)
data = st.dictionaries(st.sampled_from(["text", "image", "other"]), st.text(max_size=30) | junk, max_size=3)
said = st.lists(annotations | junk, max_size=3) | junk
some_tasks = st.lists(
    st.fixed_dictionaries(
        {"data": data | junk},
        optional={"id": junk, "annotations": said, "predictions": said},
    )
    | junk,
    max_size=4,
)


def read(found: Any) -> dict[str, Any]:
    """Read tasks as the reader process does, both times; everything it says must be JSON."""
    text = json.dumps(found)
    summary = check_configs(recognition.recognised(tasks(text)))
    questions = {one["name"]: one for one in summary["questions"]}
    for one in tasks(text):
        if isinstance(one, ExportedTask):
            json.dumps(reader.exported(one, summary["shown"], questions), allow_nan=False)
    return json.loads(json.dumps(summary, allow_nan=False))


@settings(max_examples=300, deadline=None)
@given(some_tasks)
def test_whatever_tasks_hold_they_are_read_or_refused_with_a_reason(found):
    try:
        read(found)
    except BadContent as problem:
        assert str(problem)


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some_tasks)
def test_whatever_tasks_hold_the_import_ends_with_a_result_or_a_reason(project, found):
    job = label_studio.ask(project, project.created_by, "x.json", io.BytesIO(json.dumps(found).encode()), {})
    make.run_jobs()
    job.refresh_from_db()
    assert job.state in ("done", "failed")
    assert "our side" not in job.error, (job.error, found)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[",
        b"[1",
        b"null",
        b"[]",
        b"[{}]x",
        b"[NaN]",
        b'[{"data": {"text": ' + b"[" * 200_000,
        b"\x00" * 100,
        b"\xff\xfe\x00",
        b"[" + b"9" * 100_000 + b"]",
        b'"text"',
        b"PK\x03\x04broken",
        b'[{"data": {"a": 1e999}}]',
    ],
)
@pytest.mark.django_db
def test_what_is_no_export_is_refused_with_a_reason(project, content):
    with pytest.raises(BadContent) as problem:
        found = label_studio.recognise(io.BytesIO(content), "x.json")
        if found["tasks"] == found["rejected"] or found["tasks"] == 1:
            raise BadContent("nothing to import")
    assert str(problem.value)


def imported(project: Any, found: Any, **more: Any) -> Job:
    job = label_studio.ask(project, project.created_by, "x.json", document(found), {}, **more)
    make.run_jobs()
    job.refresh_from_db()
    return job


@pytest.mark.django_db
def test_nul_half_characters_and_huge_numbers_are_refused_one_by_one(project):
    good, _ = texts_export(3)
    bad = [
        {"id": 11, "data": {"text": "a\x00b"}},
        {"id": 12, "data": {"text": "a\ud800b"}},
        {"id": 13, "data": {"text": "fine", "other": "\x00"}},
        {"id": 14, "data": {"text": "fine too", "\ud800": 1}},
        {"id": "\x00", "data": {"text": "an odd id"}},
        {"id": 15, "data": {"text": "names"}, "annotations": [annotation(1, 1, [], completed_by={"email": "a\x00b"})]},
        {
            "id": 16,
            "data": {"text": "time"},
            "annotations": [annotation(2, 1, [], created_at=10**400, lead_time=1e308)],
        },
        {"id": 17, "data": {"text": "big", "n": 10**300}},
    ]
    job = imported(project, good + bad)
    assert job.state == "done", job.error
    assert Item.objects.filter(external_id__in=["1", "2", "3"]).count() == 3
    assert job.result["refused"] >= 5 and all(job.result["reasons"])


@pytest.mark.django_db
def test_a_hundred_thousand_annotations_on_a_task_take_bounded_time_and_are_refused_past_the_limit(project):
    said = result("mood", "text", "choices", {"choices": ["good"]})
    other = result("mood", "text", "choices", {"choices": ["bad"]})
    many = [
        {"id": n, "completed_by": n, "result": [said if n % 2 else other], "created_at": "2024-01-01T00:00:00Z"}
        for n in range(100_000)
    ]
    begun = time.monotonic()
    job = imported(project, [{"id": 1, "data": {"text": "one"}, "annotations": many}])
    assert job.state == "done", job.error
    assert Answer.objects.count() == 1_000 and job.result["refused"] == 99_000
    assert len(job.result["reasons"]) <= 50 and time.monotonic() - begun < 240
    assert Member.objects.filter(imported=True).count() == 1_000


@given(st.text(alphabet=st.sampled_from("a💩é\r\n𝒳 ")), st.data())
def test_places_in_utf_16_units_are_places_in_the_stored_text(text, drawn):
    if not text:
        return
    start = drawn.draw(st.integers(0, len(text) - 1))
    end = drawn.draw(st.integers(start + 1, len(text)))
    first = len(text[:start].encode("utf-16-le")) // 2
    last = first + len(text[start:end].encode("utf-16-le")) // 2
    if text[start - 1 : start + 1] == "\r\n" or text[end - 1 : end + 1] == "\r\n":
        return  # a stretch that splits a line end
    found = Places(text).stretch(first, last, text[start:end])
    stored = text.replace("\r\n", "\n").replace("\r", "\n")
    assert found is not None
    assert stored[slice(*found)] == text[start:end].replace("\r\n", "\n").replace("\r", "\n")
