"""Storing a part of an export: items, answers, gold items and suggestions, in one transaction."""

from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction

from annotator import kinds, queue
from annotator.intake import rows, texts
from annotator.intake.content import BadContent, FoundContent, store_new
from annotator.intake.imported import RawAnswer, take_in_stored
from annotator.intake.label_studio import shapes
from annotator.intake.label_studio.pictures import Files, MissingFile, names_of, path_of
from annotator.intake.label_studio.tally import Tally
from annotator.kinds.reading import LabelReader
from annotator.models import Item, Project, Question, Suggestion, User
from annotator.people.imported import BadName, clean_person
from annotator.questions import suggestions


@dataclass(frozen=True)
class ExportImport:
    """An import of an export: into which questions, by whom, and what becomes of annotations marked as ground truth."""

    project: Project
    by: User
    questions: dict[str, Question]
    as_gold: bool
    source: str
    shown: dict[str, Any]


@dataclass(frozen=True)
class Placed:
    """A task of the export with its item: the content's hash, or the id of an item that is here."""

    task: dict[str, Any]
    sha256: str = ""
    item: int = 0


def contents_of(
    of: ExportImport, part: list[dict[str, Any]], files: Files, tally: Tally
) -> tuple[list[FoundContent], list[Placed]]:
    """Return the contents that a part of the export shows, and its tasks with their contents."""
    contents: list[FoundContent] = []
    placed: list[Placed] = []
    for task in part:
        if "rejected" in task:
            tally.refuse(task["rejected"])
            continue
        tally.counts["cancelled"] += task["cancelled"]
        tally.lose(task["lost"])
        try:
            found = _content(of, task, files)
        except (BadContent, MissingFile) as problem:
            tally.refuse(f"{task['where']}: {str(problem).removeprefix(task['where']).lstrip(': ')}")
            continue
        if isinstance(found, Item):
            tally.counts["known"] += 1
            placed.append(Placed(task, item=found.pk))
        else:
            contents.append(replace(found, fields=task["fields"], external_id=task["id"]))
            placed.append(Placed(task, found.sha256))
    return contents, placed


def _content(of: ExportImport, task: dict[str, Any], files: Files) -> FoundContent | Item:
    modality, shown = of.shown["modality"], task["shown"]
    if modality == "file":
        found = files.find(shown[0])
        if isinstance(found, Item):
            return found
        if len(found) != 1:
            raise BadContent(f"the file has {len(found)} pages or rows, and a task shows one.")
        return replace(found[0], name=names_of(path_of(shown[0]))[1])
    if modality == "pair":
        return rows.pair(task["where"], {"text": shown[0]}, {"text": shown[1]})
    if modality == "html":
        return texts.html(task["where"], shown[0].encode(errors="replace"))
    return texts.text_content(task["where"], shown[0])


def store_part(of: ExportImport, contents: list[FoundContent], placed: list[Placed], tally: Tally) -> None:
    """Store the contents of a part as items, and what was said about them. Storing it again changes nothing."""
    with transaction.atomic():
        _without_taken_ids(of.project, contents)
        stored = store_new(of.project, contents)
        tally.counts["new"] += len(stored.new)
        tally.counts["known"] += stored.known
        for reason in stored.reasons:
            tally.refuse(reason)
        hashes = {one.sha256 for one in placed if one.sha256}
        named = of.project.items.filter(sha256__in=hashes) | of.project.items.filter(
            pk__in=[one.item for one in placed if one.item]
        )
        items = list(named)
        by_hash, by_id = {item.sha256: item for item in items}, {item.pk: item for item in items}
        tasks = [
            (one.task, item) for one in placed if (item := by_hash.get(one.sha256) or by_id.get(one.item)) is not None
        ]
        for name, question in of.questions.items():
            if of.as_gold:
                _store_answers(of, name, question, tasks, tally, gold=True)
            _store_answers(of, name, question, tasks, tally, gold=False)
            _store_suggestions(of, name, question, tasks, tally)
        new = {content.sha256 for content in stored.new}
        queue.create_tasks_of_all_questions(of.project, [item.pk for item in items if item.sha256 in new])


def _without_taken_ids(project: Project, contents: list[FoundContent]) -> None:
    """Take external ids from contents where another item has them: each project of Label Studio counts from 1."""
    ids = [content.external_id for content in contents if content.external_id]
    taken = dict(project.items.filter(external_id__in=ids, withdrawn_at=None).values_list("external_id", "sha256"))
    for content in contents:
        if content.external_id and taken.setdefault(content.external_id, content.sha256) != content.sha256:
            content.external_id = ""


def _store_answers(
    of: ExportImport, name: str, question: Question, tasks: list[tuple[dict[str, Any], Item]], tally: Tally, gold: bool
) -> None:
    given = [
        (task, item, one, label)
        for task, item in tasks
        for one in task["annotations"]
        if name in one["values"] and (one["gold"] and of.as_gold) == gold
        for label in [_label(question, one["values"][name], item)]
    ]
    answers = [(item.pk, RawAnswer(one["who"], label, one["at"], one["seconds"])) for _, item, one, label in given]
    if not answers:
        return
    stored = take_in_stored(of.project, question, of.by, answers, "gold" if gold else "answers", of.source)
    for (task, _, one, _), reason in zip(given, stored.reasons, strict=True):
        if reason is not None:
            tally.refuse(f"{task['where']}, “{name}”, of {one['who']}: {reason}")
    for place in stored.new:
        if not gold:
            tally.give(given[place][2]["who"])
    tally.counts["gold" if gold else "answers"] += len(stored.new)
    tally.counts["known_gold" if gold else "known_answers"] += stored.known


def _label(question: Question, value: Any, item: Item) -> Any:
    """Return a value in the form of the question's answers: shapes in pixels, and a place for relations if they are asked for."""
    if isinstance(value, dict) and "percent" in value:
        return {"shapes": shapes.in_pixels(value["percent"], item.width, item.height)}
    if isinstance(value, dict) and "spans" in value and question.config.get("relations"):
        return value | {"relations": []}
    return value


def _store_suggestions(
    of: ExportImport, name: str, question: Question, tasks: list[tuple[dict[str, Any], Item]], tally: Tally
) -> None:
    reader = LabelReader(question.kind, question.config)
    by_model: dict[str, dict[int, dict[str, Any]]] = {}
    for task, item in tasks:
        for one in task["predictions"]:
            if name not in one["values"]:
                continue
            try:
                model = clean_person(one["model"])[:100]
                if item.modality not in kinds.modalities(question):
                    raise kinds.Invalid("The question cannot be asked about an item of this kind.")
                value = reader.value_of(_label(question, one["values"][name], item), kinds.about(item))
            except (kinds.Invalid, BadName) as problem:
                tally.refuse(f"{task['where']}, “{name}”, a prediction: {problem}")
                continue
            entry = {"item": item.pk, "value": value, "confidence": one["score"]}
            by_model.setdefault(model, {})[item.pk] = entry
    for model, entries in by_model.items():
        stored = Suggestion.objects.filter(question=question, model=model, item__in=list(entries))
        known = {(item, repr(value)) for item, value in stored.values_list("item", "value")}
        new = [one for one in entries.values() if (one["item"], repr(one["value"])) not in known]
        for start in range(0, len(new), suggestions.MOST):
            tally.counts["suggestions"] += suggestions.store_suggestions(
                question, of.by, model, new[start : start + suggestions.MOST]
            )
