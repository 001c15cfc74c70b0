"""The audit trail: one function, called where something is done that someone may later ask about."""

from typing import Any

from annotator.models import AuditEntry, Project, User


def record(user: User | None, project: Project | None, action: str, /, **detail: Any) -> None:
    """Store who did what. Call it inside the transaction of the action, so that both are stored or neither."""
    AuditEntry.objects.create(user=user, project=project, action=action, detail=detail)
