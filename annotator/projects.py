"""Projects and questions as they are begun."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from annotator import audit, batches, kinds, queue
from annotator.models import Member, Plan, Project, Question, Role, User
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
    """Put a question to a project; every item becomes a task of it, unless it is planned in batches. Raises ValidationError."""
    question = Question(project=project, created_by=user, **fields)
    try:
        question.config = kinds.get(question.kind).check_config(question.config)
    except kinds.Invalid as problem:
        raise ValidationError({"config": str(problem)}) from None
    question.full_clean()
    question.save()
    audit.record(user, project, "added a question", question=question.pk, text=question.text)
    if question.plan == Plan.EVERYTHING:
        batches.open_standing(question, user)
        queue.put(question, project.items.all())
    return question


@transaction.atomic
def change_question(question: Question, user: User, fields: dict[str, Any]) -> Question:
    """Change how a question is explained, or the rules of its quality. Raises ValidationError."""
    for name, value in fields.items():
        setattr(question, name, value)
    question.full_clean()
    question.save(update_fields=list(fields))
    audit.record(user, question.project, "changed a question", question=question.pk, fields=sorted(fields))
    return question
