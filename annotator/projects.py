"""Projects and questions as they are begun."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from annotator import audit, kinds, queue
from annotator.models import Member, Project, Question, Role, User
from annotator.signals import project_created


@transaction.atomic
def create(user: User, **fields: Any) -> Project:
    """Begin a project; who begins it manages it. Raises ValidationError."""
    project = Project(created_by=user, **fields)
    project.full_clean()
    project.save()
    Member.objects.create(project=project, user=user, role=Role.MANAGER)
    audit.record(user, project, "began the project")
    project_created.send(Project, project=project)
    return project


@transaction.atomic
def add_question(project: Project, user: User, **fields: Any) -> Question:
    """Put a question to a project; every item becomes a task of it. Raises ValidationError."""
    question = Question(project=project, created_by=user, **fields)
    try:
        question.config = kinds.get(question.kind).check_config(question.config)
    except kinds.Invalid as problem:
        raise ValidationError({"config": str(problem)}) from None
    question.full_clean()
    question.save()
    audit.record(user, project, "added a question", question=question.pk, text=question.text)
    queue.put(question, project.items.all())
    return question


@transaction.atomic
def add_member(project: Project, by: User, user: User, role: str, *, simulated: bool = False, note: str = "") -> Member:
    """Give a person a role in a project, or another role."""
    member, _ = Member.objects.update_or_create(
        project=project, user=user, defaults={"role": role, "simulated": simulated, "note": note}
    )
    audit.record(by, project, "gave a role", user=user.username, role=role)
    return member
