"""Questions: drafted, published and reworded. Every wording is kept."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from annotator import audit, kinds, queue
from annotator.models import Project, Question, Revision, TaskPlan, User
from annotator.queue import batches

WORDING = ("text", "config", "instructions", "examples")
# As JSON. Everyone gets them with every page of the desk.
MOST_CHARACTERS = {"config": 200_000, "examples": 100_000}
RULES = (
    "gold_rate",
    "gold_bar",
    "gold_minimum",
    "qualification_bar",
    "pay_excluded",
    "review_agreement",
    "review_confidence",
    "change_minutes",
    "adaptive",
    "most_overlap",
    "label_worth",
)


@transaction.atomic
def add(project: Project, user: User, *, draft: bool = False, **fields: Any) -> Question:
    """Add a question to a project. Every item gets a task for it, unless it is planned in batches. Raises ValidationError.

    Nobody is asked a draft until it is published. Raises Refused when the budget does not cover the answers.
    """
    question = Question(project=project, created_by=user, draft=draft, **fields)
    _check(question)
    question.save()
    _keep(question, user)
    audit.record(
        user, project, "drafted a question" if draft else "added a question", question=question.pk, text=question.text
    )
    if not draft:
        _ask(question, user)
    return question


@transaction.atomic
def publish(question: Question, user: User) -> Question:
    """Publish a draft. Publishing again changes nothing. Raises Refused when the budget does not cover the answers."""
    queue.open_slots.lock(question.project_id)
    question = (
        Question.objects.select_for_update(of=("self",), no_key=True).select_related("project").get(pk=question.pk)
    )
    if question.draft:
        question.draft = False
        question.save(update_fields=["draft"])
        audit.record(user, question.project, "published a question", question=question.pk, text=question.text)
        _ask(question, user)
    return question


def _ask(question: Question, user: User) -> None:
    queue.open_slots.wanted(question.project)
    if question.plan == TaskPlan.EVERYTHING:
        batches.open_standing(question, user)
        queue.create_tasks(question, question.project.items.all(), must=True)


@transaction.atomic
def reword(question: Question, user: User, **fields: Any) -> Question:
    """Change the wording of a question: text, config, instructions or examples. Raises ValidationError.

    After publishing, a change is allowed only if every given answer stays valid. Each change is a new revision, and answers
    keep the revision their author saw. In a draft everything may change, including its kind and prices.
    """
    stored = Question.objects.select_for_update(of=("self",), no_key=True).select_related("project").get(pk=question.pk)
    before = {name: getattr(stored, name) for name in WORDING}
    old_config = stored.config
    for name, value in fields.items():
        if not stored.draft and name not in WORDING:
            raise ValidationError({name: "This stands once the question is put to people."})
        setattr(stored, name, value)
    _check(stored)
    if not stored.draft:
        try:
            kinds.get(stored.kind).check_change(old_config, stored.config)
        except kinds.Invalid as problem:
            raise ValidationError({"config": str(problem)}) from None
    if {name: getattr(stored, name) for name in WORDING} != before:
        stored.revision += 1
        _keep(stored, user)
        audit.record(user, stored.project, "reworded a question", question=stored.pk, revision=stored.revision)
    stored.save()
    return stored


@transaction.atomic
def change(question: Question, user: User, fields: dict[str, Any]) -> Question:
    """Change the wording or the rules of a question. Raises ValidationError, and then nothing is changed."""
    wording = {name: value for name, value in fields.items() if name not in RULES}
    changed = reword(question, user, **wording) if wording else question
    rules = {name: value for name, value in fields.items() if name in RULES}
    for name, value in rules.items():
        setattr(changed, name, value)
    if rules:
        changed.full_clean()
        changed.save(update_fields=list(rules))
        audit.record(user, changed.project, "changed a question", question=changed.pk, fields=sorted(rules))
    return changed


def _check(question: Question) -> None:
    for name, most in MOST_CHARACTERS.items():
        size = len(json.dumps(getattr(question, name), ensure_ascii=False))
        if size > most:
            raise ValidationError({name: f"This is {size:,} characters long as JSON. At most {most:,} are allowed."})
    try:
        question.config = kinds.get(question.kind).check_config(question.config)
    except kinds.Invalid as problem:
        raise ValidationError({"config": str(problem)}) from None
    question.full_clean()


def _keep(question: Question, user: User) -> None:
    wording = {name: getattr(question, name) for name in WORDING}
    Revision.objects.create(question=question, number=question.revision, created_by=user, **wording)
