"""What annotations and predictions say: one value for each control, and what cannot be expressed, counted by its reason."""

import math
from collections import Counter
from typing import Any, TypeGuard

from annotator.intake.label_studio import shapes
from annotator.intake.label_studio.controls import PATH, taxonomy_paths, textarea_text, texts_of
from annotator.intake.label_studio.export import ExportedTask
from annotator.intake.label_studio.offsets import Places

EMPTY: dict[str, dict[str, Any]] = {"span": {"spans": []}, "box": {"percent": []}}
MOST_NAME = 150


class Lost(ValueError):
    """A value cannot be expressed. The message says why, in words that equal cases share."""


def results_of(annotation: dict[str, Any]) -> list[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """Return the results that can be read: the control, the type, the value, and the result itself."""
    found: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = []
    given = annotation.get("result")
    for one in given if isinstance(given, list) else []:
        if not isinstance(one, dict):
            continue
        name, kind, value = one.get("from_name"), one.get("type"), one.get("value")
        if one.get("type") == "relation":
            found.append(("relation", "relation", {}, one))
        elif _is_word(name) and _is_word(kind) and isinstance(value, dict):
            found.append((name[:200], kind[:60], value, one))
    return found


def _is_word(given: Any) -> TypeGuard[str]:
    return isinstance(given, str) and bool(given) and given.isprintable()


def unreadable(annotation: dict[str, Any]) -> int:
    """Return how many results of an annotation are no results at all."""
    given = annotation.get("result")
    return (len(given) if isinstance(given, list) else 1) - len(results_of(annotation))


def of_region(kind: str, value: dict[str, Any]) -> bool:
    """Check whether a result answers a question about one region, not about the item."""
    return kind not in shapes.TYPES and kind != "labels" and any(name in value for name in ("start", "x", "points"))


def values(
    annotation: dict[str, Any], questions: dict[str, dict[str, Any]], places: Places | None, lost: Counter[str]
) -> dict[str, Any]:
    """Return what an annotation says, by control. What cannot be expressed is left out, and counted in `lost`."""
    given: dict[str, list[tuple[str, dict[str, Any], dict[str, Any]]]] = {}
    for name, kind, value, result in results_of(annotation):
        question = questions.get(name)
        if question is None or question["problem"]:
            lost[f"“{name}”: {question['problem'] if question else 'an unknown control'}"] += 1
        elif kind != question["type"]:
            lost[f"“{name}”: results of the type “{kind[:40]}” beside those of “{question['type'][:40]}”"] += 1
        elif of_region(kind, value):
            lost[f"“{name}”: answers about single regions"] += 1
        else:
            given.setdefault(name, []).append((kind, value, result))
    if bad := unreadable(annotation):
        lost["results that are not in Label Studio's form"] += bad
    found = {}
    for name, question in questions.items():
        if name in given:
            try:
                found[name] = _value(question, given[name], places)
            except (Lost, shapes.BadShape) as problem:
                lost[f"“{name}”: {problem}"] += 1
        elif question["kind"] in EMPTY and not question["problem"]:
            found[name] = EMPTY[question["kind"]]  # the person looked and marked nothing
    return found


def _value(
    question: dict[str, Any], given: list[tuple[str, dict[str, Any], dict[str, Any]]], places: Places | None
) -> Any:
    kind = question["kind"]
    if kind == "choice":
        if question["type"] == "taxonomy":
            names = [PATH.join(path) for _, value, _ in given for path in taxonomy_paths(value)]
        else:
            names = [name for one, value, _ in given for name in texts_of(value.get(one))]
        if not names:
            raise Lost("nothing was chosen")
        return names if len(names) > 1 or question["config"].get("several") else names[0]
    if kind == "span":
        spans: dict[tuple[int, int, str], dict[str, Any]] = {}
        for _, value, _ in given:
            for one in _spans(value, places):
                spans[one["start"], one["end"], one["label"]] = one
        return {"spans": sorted(spans.values(), key=lambda one: (one["start"], one["end"], one["label"]))}
    if kind == "box":
        return {"percent": [shape for one, value, result in given for shape in _shapes(one, value, result)]}
    last, value, _ = given[-1]
    if question["type"] == "textarea":
        return textarea_text(value)
    return value.get("selected" if last == "pairwise" else last)


def _spans(value: dict[str, Any], places: Places | None) -> list[dict[str, Any]]:
    start, end, said = value.get("start"), value.get("end"), value.get("text")
    start, end = (_place(start), _place(end))
    names = texts_of(value.get("labels"))
    if places is None or start is None or end is None:
        raise Lost("a mark has no place in the text")
    if not names:
        raise Lost("a mark has no label")
    stretch = places.stretch(start, end, said if isinstance(said, str) else None)
    if stretch is None:
        raise Lost("the marked words are not what stands in the text at that place")
    return [{"start": stretch[0], "end": stretch[1], "label": name} for name in names]


def _place(given: Any) -> int | None:
    if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) < 10:
        given = int(given)
    return given if isinstance(given, int) and not isinstance(given, bool) else None


def _shapes(kind: str, value: dict[str, Any], result: dict[str, Any]) -> list[dict[str, Any]]:
    names = texts_of(value.get(kind))
    if not names:
        raise Lost("a region has no label")
    turned = value.get("rotation") not in (None, 0, 0.0)
    ratio = 1.0
    if turned or kind == "ellipselabels":
        width, height = (shapes.number(result, side) for side in ("original_width", "original_height"))
        if width <= 0 or height <= 0:
            raise Lost("a picture has no size")
        ratio = width / height
    shape = shapes.region(shapes.TYPES[kind], value, ratio)
    return [shape | {"label": name} for name in names]


def annotator(annotation: dict[str, Any]) -> str:
    """Return the name of the person who made an annotation: the e-mail address, or what else is known."""
    who = annotation.get("completed_by")
    if isinstance(who, dict):
        names = [who.get("email"), who.get("username")]
        names.append(" ".join(one for one in (who.get("first_name"), who.get("last_name")) if isinstance(one, str)))
        found = next((one.strip() for one in names if isinstance(one, str) and one.strip()), "")
        if found:
            return found[:MOST_NAME]
        who = who.get("id")
    if isinstance(who, str) and who.strip():
        return who.strip()[:MOST_NAME]
    if isinstance(who, int) and not isinstance(who, bool) and abs(who) < 2**63:
        return f"Label Studio user {who}"
    return "Label Studio, unknown person"


def seconds(annotation: dict[str, Any]) -> float | None:
    """Return how long an annotation took, or None where that cannot be."""
    given = annotation.get("lead_time")
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 <= given < 1e6:
        return None
    return float(given)


def made_of(
    task: ExportedTask, questions: dict[str, dict[str, Any]], places: Places | None, lost: Counter[str]
) -> tuple[list[dict[str, Any]], int]:
    """Return the annotations of a task that count, and how many were cancelled. Of two of one person, the later counts."""
    latest: dict[str, dict[str, Any]] = {}
    cancelled = 0
    for one in task.annotations:
        if not isinstance(one, dict):
            lost["annotations that are not in Label Studio's form"] += 1
        elif one.get("was_cancelled") is True:
            cancelled += 1
        else:
            who = annotator(one)
            if who in latest:
                lost["earlier annotations of a person who annotated the task again"] += 1
            latest[who] = one
    found = []
    for who, one in latest.items():
        at = one.get("created_at")
        found.append(
            {
                "who": who,
                "at": at if isinstance(at, (str, int, float)) and not isinstance(at, bool) else None,
                "seconds": seconds(one),
                "gold": one.get("ground_truth") is True,
                "values": values(one, questions, places, lost),
            }
        )
    return found, cancelled


def predicted(
    task: ExportedTask, questions: dict[str, dict[str, Any]], places: Places | None, lost: Counter[str]
) -> list[dict[str, Any]]:
    """Return the predictions of a task: the model, how sure it is, and what it says of each control that it names."""
    found = []
    for one in task.predictions:
        if not isinstance(one, dict):
            lost["predictions that are not in Label Studio's form"] += 1
            continue
        named = {name for name, *_ in results_of(one)}
        about = {name: question for name, question in questions.items() if name in named}
        model, score = one.get("model_version"), one.get("score")
        sure = isinstance(score, (int, float)) and not isinstance(score, bool) and math.isfinite(score)
        found.append(
            {
                "model": (model.strip() if isinstance(model, str) else "")[:100] or "Label Studio",
                "score": float(score) if sure and 0 <= score <= 1 else None,  # type: ignore[operator, arg-type]
                "values": values(one, about, places, lost),
            }
        )
    return found
