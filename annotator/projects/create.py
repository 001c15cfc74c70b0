"""Projects as they are begun."""

from typing import Any

from django.db import transaction

from annotator import audit
from annotator.models import Member, Project, Role, User
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
