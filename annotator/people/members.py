"""The people of a project: their roles, groups, pauses and leaving."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from annotator import audit, hooks, queue
from annotator.models import Group, Member, Presence, Project, Question, Role, User, WorkerState
from annotator.people import permissions
from annotator.people.imported import refuse_imported
from annotator.refusal import Refused


def who_may_answer(question: Question) -> QuerySet[Member]:
    """Return the members who may answer a question at present: their role answers, and they are paused nowhere."""
    answering = [role for role, may in permissions.MAY.items() if "answer" in may]
    paused = question.worker_statuses.filter(state=WorkerState.PAUSED).values("worker")
    members = question.project.members.filter(role__in=answering, presence=Presence.ACTIVE)
    return members.exclude(user__in=paused)


def set_role(
    project: Project,
    by: User,
    user: User,
    role: str,
    *,
    simulated: bool = False,
    note: str | None = None,
    group: Group | None = None,
) -> Member:
    """Give a person a role in a project, or change their role. A person who had left becomes active again.

    Tasks they hold are freed if the new role does not answer. Raises Refused when no manager would be left, and for people who
    were imported.
    """
    refuse_imported(user)
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)  # two managers must not remove each other
        before = Member.objects.filter(project=project, user=user).first()
        if before and before.role == Role.MANAGER and role != Role.MANAGER:
            _refuse_without_manager(before)
        fields: dict[str, Any] = {"role": role}
        if before is None or before.presence == Presence.LEFT:
            fields |= {"presence": Presence.ACTIVE, "presence_reason": ""}
        if simulated:
            fields["simulated"] = True
        if note is not None:
            fields["note"] = note
        member, new = Member.objects.update_or_create(project=project, user=user, defaults=fields)
        if group:
            group.members.add(member)
        if "answer" not in permissions.MAY[role]:
            queue.withdraw(user, project)
        audit.record(by, project, "gave a role", user=user.username, role=role)
        if new or (before and before.presence == Presence.LEFT):
            _tell(member, "worker.joined")
        return member


def pause(member: Member, by: User, reason: str) -> None:
    """Pause a person: they may look but not answer, and the tasks they hold are freed. Raises Refused when they have left."""
    with transaction.atomic():
        _set_presence(member, Presence.PAUSED, by, reason)
        queue.withdraw(member.user, member.project)
        _tell(member, "worker.paused", reason=reason)


def resume(member: Member, by: User) -> None:
    """Let a paused person work again. Raises Refused when they have left."""
    with transaction.atomic():
        _set_presence(member, Presence.ACTIVE, by, "")
        _tell(member, "worker.resumed")


def leave(member: Member, by: User) -> None:
    """Remove a person from a project. They no longer see it. Their work stays, and the tasks they hold are freed.

    Raises Refused when no manager would be left, or when the person has left already.
    """
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=member.project_id)
        if member.role == Role.MANAGER:
            _refuse_without_manager(member)
        _set_presence(member, Presence.LEFT, by, "")
        member.groups.clear()
        queue.withdraw(member.user, member.project)
        _tell(member, "worker.left")


def _set_presence(member: Member, presence: str, by: User, reason: str) -> None:
    refuse_imported(member.user)
    if member.presence == Presence.LEFT:
        raise Refused("This person has left; invite them again.", "left")
    member.presence, member.presence_reason = presence, reason.strip()[:200]
    member.save(update_fields=["presence", "presence_reason"])
    audit.record(by, member.project, f"made a person {presence}", user=member.user.username, reason=reason)


def _refuse_without_manager(member: Member) -> None:
    others = member.project.members.filter(role=Role.MANAGER, presence=Presence.ACTIVE).exclude(pk=member.pk)
    if not others.exists():
        raise Refused("A project needs a manager; make someone else one first.", "last_manager")


def _tell(member: Member, event: str, **more: str) -> None:
    content = {"worker": member.user_id, "name": member.user.username, "role": member.role}
    hooks.emit(member.project_id, event, content | more)


def set_group(project: Project, by: User, name: str, members: Iterable[str], group: Group | None = None) -> Group:
    """Create a group of a project's people, or change one. Raises ValidationError naming people who are not in the project."""
    wanted = set(members)
    found = list(
        project.members.exclude(presence=Presence.LEFT).filter(user__username__in=wanted).select_related("user")
    )
    missing = wanted - {member.user.username for member in found}
    if missing:
        raise ValidationError({"members": f"Not in this project: {', '.join(sorted(missing))}."})
    with transaction.atomic():
        group = group or Group(project=project)
        group.name = name.strip()
        group.full_clean()
        group.save()
        group.members.set(found)
        audit.record(by, project, "set a group", group=group.name, members=sorted(wanted))
        return group
