"""The project's questions for the controls of an export: those that are chosen, those that fit, or new ones."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError

from annotator import kinds
from annotator.models import Project, Question, TaskPlan, User
from annotator.questions import drafts
from annotator.refusal import Refused

LEFT_OUT = 0  # in a mapping: the control is not imported


def check_configs(summary: dict[str, Any]) -> dict[str, Any]:
    """Return a summary in which the questions that cannot be asked here have their problem."""
    for one in summary["questions"]:
        if not one["problem"]:
            try:
                one["config"] = kinds.get(one["kind"]).check_config(one["config"])
            except kinds.Invalid as problem:
                one["problem"] = str(problem).rstrip(".")
    return summary


def fitting(project: Project, control: dict[str, Any]) -> list[Question]:
    """Return the published questions into which a control can be imported, those of its name first."""
    found = project.questions.filter(draft=False, kind=control["kind"])
    return sorted(found, key=lambda one: (one.text != _text(control), one.pk))


def usual(project: Project, control: dict[str, Any]) -> Question | None:
    """Return the question that a control was imported into before: of its name and kind."""
    return next((one for one in fitting(project, control) if one.text == _text(control)), None)


def checked_mapping(project: Project, given: Any) -> dict[str, int]:
    """Return a mapping from controls to ids of questions, 0 to leave a control out. Raises Refused."""
    if not isinstance(given, Mapping):
        raise Refused("“questions” is an object: the name of a control and the id of a question.", "bad_mapping", 400)
    ids = set(project.questions.filter(draft=False).values_list("pk", flat=True)) | {LEFT_OUT}
    for name, question in given.items():
        if isinstance(question, bool) or not isinstance(question, int) or question not in ids:
            raise Refused(
                f"“{str(name)[:60]}”: choose a published question of this project, or 0 to leave it out.",
                "bad_mapping",
                400,
            )
    return {str(name): question for name, question in given.items()}


def questions_for(
    project: Project, by: User, summary: dict[str, Any], mapping: Mapping[str, int]
) -> dict[str, Question]:
    """Return the question for each control that is imported, and create those that are missing.

    A new question is published and planned in batches: nobody is asked and nothing is paid until somebody plans it. A control
    that cannot be imported gets a `problem` in the summary.
    """
    found: dict[str, Question] = {}
    for one in summary["questions"]:
        name = one["name"]
        if not one["problem"] and mapping.get(name) == LEFT_OUT and name in mapping:
            one["problem"] = "left out, as chosen"
        if one["problem"]:
            continue
        chosen = project.questions.filter(draft=False, pk=mapping[name]).first() if name in mapping else None
        question = chosen or usual(project, one)
        if question is None:
            fields = {"text": _text(one), "kind": one["kind"], "config": one["config"], "plan": TaskPlan.BATCHES}
            try:
                question = drafts.add(project, by, **fields)
            except ValidationError as problem:
                one["problem"] = " ".join(problem.messages).rstrip(".")
                continue
        found[name] = question
    return found


def _text(control: dict[str, Any]) -> str:
    """Return how a control's question is worded: the wording itself is not in the export."""
    name: str = control["name"]
    return "".join(one if one.isprintable() else " " for one in name).strip()[:200] or "Imported question"
