"""The audit trail: one function, called where something is done that someone may later ask about."""

from typing import Any

from annotator.models import AuditEntry, Project, User


def record(user: User | None, project: Project | None, action: str, /, **detail: Any) -> None:
    """Write who did what. Called inside the transaction of the deed, so that neither stands without the other."""
    AuditEntry.objects.create(user=user, project=project, action=action, detail=detail)
