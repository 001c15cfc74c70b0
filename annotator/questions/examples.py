"""Worked examples, right and wrong ones, shown beside the instructions."""

from typing import Any

from django.core.exceptions import ValidationError

from annotator import kinds
from annotator.models import Project, Split

MOST = 20
MOST_CHARACTERS = 2000


def check_examples(project: Project, kind: str, config: dict[str, Any], given: Any) -> list[dict[str, Any]]:
    """Return examples in their stored form: a list of `{"picture" or "text", "answer", "note", "wrong"}`.

    A picture is named by the hash of a training item, or of an example made for a question. Raises ValidationError.
    """
    if not isinstance(given, list) or len(given) > MOST:
        raise ValidationError({"examples": f"Examples are a list of at most {MOST}."})
    return [_one(project, kind, config, example, place) for place, example in enumerate(given, start=1)]


def _one(project: Project, kind: str, config: dict[str, Any], example: Any, place: int) -> dict[str, Any]:
    if not isinstance(example, dict):
        raise ValidationError({"examples": f"Example {place} is no example."})
    note, wrong = example.get("note", ""), example.get("wrong", False)
    if not isinstance(note, str) or len(note) > 300 or "\x00" in note or not isinstance(wrong, bool):
        raise ValidationError({"examples": f"Example {place}: its note is a text of at most 300 characters."})
    shown, about = _shown(project, example, place)
    try:
        answer = kinds.check_value(kind, kinds.get(kind).check_config(config), example.get("answer"), about)
    except kinds.Invalid as problem:
        raise ValidationError({"examples": f"Example {place}: {problem}"}) from None
    return shown | {"answer": answer, "note": note.strip(), "wrong": wrong}


def _shown(project: Project, example: dict[str, Any], place: int) -> tuple[dict[str, str], kinds.About]:
    text, picture = example.get("text"), example.get("picture")
    if isinstance(text, str) and 0 < len(text) <= MOST_CHARACTERS and "\x00" not in text:
        return {"text": text}, kinds.About("text", length=len(text))
    item = project.items.filter(sha256=picture, modality="picture").first() if isinstance(picture, str) else None
    if item and item.split == Split.TEST:
        raise ValidationError({"examples": f"Example {place} is of the test set; people must not learn its answer."})
    if item:
        return {"picture": item.sha256}, kinds.about(item)
    known = {one.get("picture") for question in project.questions.all() for one in question.examples}
    if isinstance(picture, str) and picture in known:
        return {"picture": picture}, kinds.About("picture", 10**6, 10**6)
    raise ValidationError({"examples": f"Example {place} shows neither a text nor a picture of the project."})
