"""Creating and changing projects."""

from typing import Any

from django.db import transaction

from annotator import audit
from annotator.models import Member, Project, Role, User
from annotator.signals import project_changed, project_created


@transaction.atomic
def create(user: User, **fields: Any) -> Project:
    """Create a project; its creator becomes its manager. Raises ValidationError."""
    project = Project(created_by=user, **fields)
    project.full_clean()
    project.save()
    Member.objects.create(project=project, user=user, role=Role.MANAGER)
    audit.record(user, project, "began the project")
    project_created.send(Project, project=project)
    return project


@transaction.atomic
def change(project: Project, user: User, **fields: Any) -> Project:
    """Change a project's fields. Raises ValidationError, or IntegrityError when money has moved in another currency."""
    changed = [name for name, value in fields.items() if getattr(project, name) != value]
    for name in changed:
        setattr(project, name, fields[name])
    if changed:
        project.full_clean()
        project.save(update_fields=changed)
        audit.record(user, project, "changed the project", **{name: str(fields[name]) for name in changed})
        project_changed.send(Project, project=project, fields=changed)
    return project
