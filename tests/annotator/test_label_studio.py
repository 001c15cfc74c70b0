"""An export of Label Studio becomes items, answers with their authors and times, gold items and suggestions; labels follow."""

import json
from collections import Counter
from typing import Any

import pytest

from annotator import jobs
from annotator.intake.label_studio import job as label_studio
from annotator.intake.label_studio import parts
from annotator.models import Answer, Gold, Item, Job, Member, Question, Suggestion, Task
from datasets.labels import computation
from datasets.models import Label
from tests import make
from tests.annotator.label_studio_export import (
    PEOPLE,
    Meant,
    annotation,
    archive,
    document,
    pictures_export,
    result,
    texts_export,
)

pytestmark = pytest.mark.django_db


def imported(project: Any, file: Any, name: str = "export.json", **more: Any) -> Job:
    job = label_studio.ask(project, project.created_by, name, file, more.pop("questions", {}), **more)
    make.run_jobs()
    job.refresh_from_db()
    return job


def stored_answers() -> dict[tuple[str, str, str], tuple[Any, Any]]:
    rows = Answer.objects.filter(imported=True).values_list(
        "task__item__external_id", "task__question__text", "worker__first_name", "value", "created_at"
    )
    return {(item, question, who): (value, at) for item, question, who, value, at in rows}


def assert_stored(meant: Meant, gold: bool = False) -> None:
    answers = dict(meant.answers)
    assert stored_answers() == answers
    assert Answer.objects.count() == len(answers)
    found = Suggestion.objects.values_list("item__external_id", "question__text", "model", "value")
    assert {(item, question): (model, value) for item, question, model, value in found} == meant.suggestions
    known = Gold.objects.values_list("task__item__external_id", "task__question__text", "value")
    assert {(item, question): value for item, question, value in known} == (meant.gold if gold else {})


def test_an_export_of_texts_with_spans_behind_emoji_two_annotators_predictions_and_ground_truth(project):
    tasks, meant = texts_export()
    job = imported(project, document(tasks), ground_truth="gold")
    assert job.state == "done", job.error
    said = job.result
    assert said["refused"] == 0 and said["lost"] == {} and said["counts"]["cancelled"] == meant.cancelled > 0
    assert said["counts"]["new"] == Item.objects.count() == 200
    assert said["counts"]["answers"] == len(meant.answers) and said["counts"]["gold"] == len(meant.gold) > 4
    assert said["people"] == Counter(who for _, _, who in meant.answers)
    assert_stored(meant, gold=True)
    assert Item.objects.get(external_id="3").fields == {"customer": "c3"}
    assert set(Member.objects.filter(imported=True).values_list("user__first_name", flat=True)) == set(PEOPLE.values())
    feeling, entities = (Question.objects.get(text=name) for name in ("feeling", "entities"))
    assert {feeling.plan, entities.plan} == {"batches"} and not Task.objects.filter(batch__state="open").exists()
    for question in (feeling, entities):
        computation.refresh(question)
    labels = dict(Label.objects.filter(question=feeling).values_list("item__external_id", "value"))
    said_of: dict[str, set[str]] = {}
    for (item, control, _), (value, _) in meant.answers.items():
        if control == "feeling":
            said_of.setdefault(item, set()).add(value)
    assert set(labels) == set(said_of)
    assert all(labels[item] in values for item, values in said_of.items())
    marks = dict(Label.objects.filter(question=entities).values_list("item__external_id", "value"))
    assert marks == {item: value for (item, control, _), (value, _) in meant.answers.items() if control == "entities"}


def test_an_export_of_pictures_in_a_zip_and_the_same_again(project):
    tasks, meant, files = pictures_export()
    job = imported(project, archive(tasks, files), "export.zip")
    assert job.state == "done", job.error
    assert job.result["refused"] == 0 and job.result["lost"] == {}, job.result["reasons"]
    assert Item.objects.filter(modality="picture").count() == 200
    assert Item.objects.get(external_id="2").name == "ę2.png"
    assert_stored(meant)
    things = Question.objects.get(text="things")
    computation.refresh(things)
    assert Label.objects.filter(question=things).count() == 180
    before = [list(model.objects.order_by("pk").values()) for model in (Answer, Item, Task, Suggestion, Member)]
    again = imported(project, archive(tasks, files), "export.zip")
    after = [list(model.objects.order_by("pk").values()) for model in (Answer, Item, Task, Suggestion, Member)]
    assert before == after and Question.objects.count() == 5
    assert (again.result["new"], again.result["known"]) == (0, 200)
    assert again.result["counts"].get("answers", 0) == 0
    assert again.result["counts"]["known_answers"] == len(meant.answers)


def test_ground_truth_as_answers_and_the_pictures_that_the_project_has(project):
    tasks, meant, files = pictures_export(20)
    for path, content in files.items():
        from annotator.intake import content as room
        from annotator.intake import pictures

        room.store(project, [pictures.check_picture(path, content)])
    tasks[0]["annotations"][0]["ground_truth"] = True
    job = imported(project, document(tasks))
    assert job.result["refused"] == 0 and job.result["known"] == 20, job.result["reasons"]
    assert Answer.objects.count() == len(meant.answers) and not Gold.objects.exists()


def test_a_missing_picture_is_named(project):
    tasks, _, files = pictures_export(12)
    files.pop("images/picture 3.png")
    job = imported(project, archive(tasks, files), "export.zip")
    assert job.result["reasons"] == [
        "Task 3: The file picture 3.png is missing: send a ZIP with the JSON and the files."
    ]
    assert job.result["refused"] == 1 and Item.objects.count() == 11


@pytest.mark.parametrize("stop_at", [1, 2, 3])
def test_a_kill_in_the_middle_and_going_on_gives_the_same(project, monkeypatch, stop_at):
    tasks, meant = texts_export(500)
    real, calls = parts.store_part, []

    def dies(*args: Any) -> None:
        calls.append(1)
        real(*args)
        if len(calls) == stop_at:
            raise KeyboardInterrupt  # nothing catches it, as nothing catches `kill -9`

    monkeypatch.setattr(label_studio, "store_part", dies)
    job = label_studio.ask(project, project.created_by, "export.json", document(tasks), {}, "gold")
    with pytest.raises(KeyboardInterrupt):
        jobs.run(job.pk)
    monkeypatch.setattr(label_studio, "store_part", real)
    Job.objects.filter(pk=job.pk).update(lease_until="2020-01-01T00:00Z")
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == "done" and job.result["counts"]["new"] == 500, job.error
    assert job.result["counts"]["answers"] == len(meant.answers)
    assert job.result["counts"]["cancelled"] == meant.cancelled
    assert_stored(meant, gold=True)


def test_existing_questions_are_used_where_they_are_chosen_and_zero_leaves_out(project):
    mine = make.question(project, text="How does it feel?", config={"choices": ["Happy", "Sad"]}, plan="batches")
    tasks, meant = texts_export(20)
    job = imported(project, document(tasks), questions={"feeling": mine.pk, "entities": 0})
    assert job.state == "done" and Question.objects.count() == 1
    assert job.result["lost"]["“entities”: left out, as chosen"] > 10
    expected = Counter(value.capitalize() for (_, name, _), (value, _) in meant.answers.items() if name == "feeling")
    assert Counter(Answer.objects.values_list("value", flat=True)) == expected


def test_what_cannot_be_expressed_is_counted_and_named(project):
    text = "A 💩 here"
    results = [
        result("html", "text", "hypertextlabels", {"start": "/p[1]/text()[1]", "end": "x", "labels": ["a"]}),
        result("paint", "text", "brushlabels", {"format": "rle", "rle": [1], "brushlabels": ["a"]}),
        result("mood", "text", "choices", {"choices": ["good"]}),
        result("mood", "text", "choices", {"choices": ["bad"], "start": 0, "end": 1}),
        result("marks", "text", "labels", {"start": 0, "end": 4, "text": "Else", "labels": ["a"]}),
        {"type": "relation", "from_id": "a", "to_id": "b", "direction": "right"},
        {"from_name": 5},
        "nonsense",
    ]
    tasks = [
        {"id": 1, "data": {"text": text}, "annotations": [annotation(1, 1, results)]},
        {
            "id": 2,
            "data": {"text": "Another"},
            "annotations": [annotation(2, 1, [results[2]]), annotation(3, 1, [results[2]])],
        },
        {"id": 3, "data": {"other": 1}, "annotations": []},
        {"id": 4},
        7,
    ]
    job = imported(project, document(tasks))
    assert job.state == "done", job.error
    lost = job.result["lost"]
    assert lost["“mood”: answers about single regions"] == 1
    assert lost["“marks”: the marked words are not what stands in the text at that place"] == 1
    assert lost["results that are not in Label Studio's form"] == 2
    assert lost["earlier annotations of a person who annotated the task again"] == 1
    assert any(what.startswith("“html”: marks in formatted text") for what in lost)
    assert any(what.startswith("“paint”: painted regions") for what in lost)
    assert any(what.startswith("“relation”: relations") for what in lost)
    assert job.result["refused"] == 3
    assert "Task 3: its data has nothing to show in “text”." in job.result["reasons"]


def test_what_is_recognised_before_anything_is_imported(project):
    tasks, _ = texts_export(50)
    found = label_studio.recognise(document(tasks), "export.json")
    assert (found["tasks"], found["shown"]) == (50, {"modality": "text", "keys": ["text"]})
    assert {one["name"]: one["kind"] for one in found["questions"]} == {"feeling": "choice", "entities": "span"}
    assert {one["name"] for one in found["people"]} == set(PEOPLE.values())
    assert not Item.objects.exists() and not Question.objects.exists()
    pictures, _, files = pictures_export(12)
    found = label_studio.recognise(archive(pictures, files), "export.zip")
    kinds = {one["name"]: (one["kind"], one["config"].get("shapes")) for one in found["questions"]}
    assert kinds["things"] == ("box", ["box", "polygon"]) and kinds["stars"] == ("scale", None)
    assert found["files"] == 12 and found["shown"]["modality"] == "file"


def test_taxonomies_text_areas_numbers_and_pairs(project):
    def task(number: int, *results: Any) -> dict[str, Any]:
        data = {"left": f"one {number}", "right": f"two {number}"}
        return {"id": number, "data": data, "annotations": [annotation(number, 1, list(results))]}

    tasks = [
        task(
            number,
            result("better", ["left", "right"], "pairwise", {"selected": "right"}),
            result("topic", "left", "taxonomy", {"taxonomy": [["animal", "cat"]] if number else [["plant"]]}),
            result("why", "left", "textarea", {"text": ["because", "so"]}),
            result("grams", "left", "number", {"number": 12.5}),
        )
        for number in range(3)
    ]
    job = imported(project, document(tasks))
    assert job.state == "done" and job.result["refused"] == 0 and not job.result["lost"], job.result
    values = {(item, name): value for (item, name, _), (value, _) in stored_answers().items()}
    assert values["1", "better"] == "right" and values["1", "topic"] == "animal / cat"
    assert values["0", "topic"] == "plant" and values["1", "why"] == "because\nso" and values["1", "grams"] == "12.5"
    choices = Question.objects.get(text="topic").config["choices"]
    assert next(one for one in choices if one["value"] == "animal / cat")["under"] == "animal"


def test_ids_of_another_project_of_label_studio_are_not_taken_for_the_same_items(project):
    imported(project, document([{"id": 1, "data": {"text": "one"}, "annotations": []}]))
    job = imported(project, document([{"id": 1, "data": {"text": "two"}, "annotations": []}]))
    assert job.result["new"] == 1 and job.result["refused"] == 0
    assert sorted(Item.objects.values_list("text", "external_id")) == [("one", "1"), ("two", "")]


def test_predictions_do_not_replace_newer_ones_when_imported_again(project, manager):
    tasks, _ = texts_export(20)
    imported(project, document(tasks))
    from annotator.questions import suggestions

    feeling = Question.objects.get(text="feeling")
    item = Item.objects.get(external_id="4")
    suggestions.store_suggestions(feeling, manager, "newer", [{"item": item.pk, "value": "happy"}])
    imported(project, document(tasks))
    assert Suggestion.objects.get(question=feeling, item=item, current=True).model == "newer"


def test_a_stopped_job_keeps_whole_parts_only(project):
    tasks, _ = texts_export(20)
    job = label_studio.ask(project, project.created_by, "export.json", document(tasks), {})
    jobs.ask_to_cancel(job, project.created_by)
    make.run_jobs()
    job.refresh_from_db()
    assert job.state == "cancelled" and not Item.objects.exists()
    assert json.dumps(job.result) == "null"
