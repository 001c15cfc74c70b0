"""Invitations: a link that lets one person join a project, for a limited time."""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from annotator import audit
from annotator.models import Group, Invitation, Member, Presence, Project, User
from annotator.people import members, permissions
from annotator.refusal import Refused

DAYS = 7
MOST_DAYS = 90


def invite(
    project: Project, by: User, role: str, *, group: Group | None = None, note: str = "", days: int = DAYS
) -> tuple[Invitation, str]:
    """Create an invitation, valid for 1 to 90 `days`. Return it and its token, which is shown once and stored only as a hash."""
    token = secrets.token_urlsafe(24)
    with transaction.atomic():
        invitation = Invitation.objects.create(
            project=project,
            role=role,
            group=group,
            note=note.strip()[:200],
            sha256=_sha256(token),
            created_by=by,
            expires_at=timezone.now() + timedelta(days=max(1, min(days, MOST_DAYS))),
        )
        audit.record(by, project, "invited", role=role, invitation=invitation.pk)
    return invitation, token


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def find(token: str) -> Invitation:
    """Return the invitation of a link.

    Raises Refused: unknown (404); used, withdrawn, expired, or made by somebody who may no longer invite people (410).
    """
    found = Invitation.objects.select_related("project", "created_by", "group").filter(sha256=_sha256(token)).first()
    if found is None:
        raise Refused("This invitation is unknown. Perhaps the link was cut; ask for it again.", "unknown", 404)
    if found.withdrawn_at:
        raise Refused("This invitation was withdrawn.", "withdrawn", 410)
    if found.used_at:
        raise Refused("This invitation was used already. Each lets one person in; ask for another.", "used", 410)
    if found.expires_at <= timezone.now():
        raise Refused(f"This invitation ended on {found.expires_at:%d %B %Y}. Ask for a new one.", "expired", 410)
    inviter = permissions.memberships(found.created_by).filter(project=found.project).first()
    if inviter is None or not found.created_by.is_active or "manage_members" not in permissions.allowed(inviter):
        raise Refused("Whoever made this invitation may not invite any more. Ask someone else.", "withdrawn", 410)
    return found


def accept(token: str, user: User) -> Member:
    """Let a person join. Raises Refused as `find` does, and when they are already in the project (the link stays valid)."""
    with transaction.atomic():
        Invitation.objects.select_for_update(no_key=True).filter(sha256=_sha256(token)).first()
        invitation = find(token)
        present = Member.objects.filter(project=invitation.project, user=user).exclude(presence=Presence.LEFT).first()
        if present:
            raise Refused(f"You are in this project already, as {present.get_role_display().lower()}.", "already_in")
        invitation.used_by, invitation.used_at = user, timezone.now()
        invitation.save(update_fields=["used_by", "used_at"])
        return members.set_role(
            invitation.project,
            invitation.created_by,
            user,
            invitation.role,
            note=invitation.note,
            group=invitation.group,
        )


def withdraw(invitation: Invitation, by: User) -> None:
    """Withdraw an invitation, so that its link no longer works. Raises Refused when it was used."""
    with transaction.atomic():
        invitation = (
            Invitation.objects.select_for_update(of=("self",), no_key=True)
            .select_related("project")
            .get(pk=invitation.pk)
        )
        if invitation.used_at:
            raise Refused("This invitation was used already.", "used")
        if not invitation.withdrawn_at:
            invitation.withdrawn_at = timezone.now()
            invitation.save(update_fields=["withdrawn_at"])
            audit.record(by, invitation.project, "withdrew an invitation", invitation=invitation.pk)
