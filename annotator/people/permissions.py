"""Who may see and do what. Pages and the API both ask here, and nowhere else.

A person without a role in a project gets 404, as if the project did not exist. A person whose role does not allow
something gets 403. Staff and superusers have no extra rights here; they use the admin.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject
from django_htmx.middleware import HtmxDetails

from annotator.models import Member, Presence, Project, Question, Role, User
from annotator.projects import new_work


class UserRequest(HttpRequest):
    """A request of a person who is signed in."""

    user: User  # the framework also allows anonymous users
    htmx: HtmxDetails


class ProjectRequest(UserRequest):
    """A request for a page of a project. `member` is the person's membership in it."""

    member: Member


ANSWERING = frozenset({"view_question", "view_decisions", "answer", "comment", "leave"})
READING = frozenset({"view_question", "view_known_items", "comment", "leave"})
# Reviewers answer at the desk, too. Anything that counts or lists only regular tasks (progress, labels, results of jobs)
# would reveal which of their items are gold, so they see none of it.
REVIEWING = ANSWERING | {"view_items", "review"}
WORKING = (
    ANSWERING
    | READING
    | {"view_items", "view_jobs", "view_live", "view_rules", "view_drafts", "manage_quality", "set_priorities"}
    | {"add_items", "manage_items", "manage_questions", "cancel_jobs"}
)
MANAGING = WORKING | {
    "review",
    "manage_project",
    "manage_members",
    "manage_batches",
    "manage_webhooks",
    "erase_items",
    "archive_project",
}
DOING = frozenset({"answer", "review"})  # what a paused person may not do
# What is left of each role in an archived project: everything that only reads, leaving it, and taking it back.
READS = "view_"
KEPT = frozenset({"leave", "export_versions", "archive_project"})
ARCHIVED = "This project is archived: it can be read, but nothing in it can be changed or answered. A manager can take it back."

# What each role may do. The apps above add their own permissions with `register` when they are ready.
MAY: dict[str, frozenset[str]] = {
    Role.MANAGER: frozenset(MANAGING),
    Role.DATA_SCIENTIST: frozenset(WORKING),
    Role.REVIEWER: frozenset(REVIEWING),
    Role.ANNOTATOR: ANSWERING,
    Role.STAKEHOLDER: READING,
}
READERS = (Role.STAKEHOLDER, Role.DATA_SCIENTIST, Role.MANAGER)
WORKERS = (Role.DATA_SCIENTIST, Role.MANAGER)


def register(permissions: Iterable[str], roles: Iterable[str]) -> None:
    """Add permissions of an app above this one to roles. Called once, when that app is ready."""
    for role in roles:
        MAY[role] |= frozenset(permissions)


def allowed(member: Member) -> frozenset[str]:
    """Return what a person may do in a project right now."""
    return allowed_as(member.role, member.presence, member.project.archived_at is not None)


def allowed_as(role: str, presence: str, archived: bool = False) -> frozenset[str]:
    """Return what a person of a role may do in a project while they are present, paused or gone, and while it is archived."""
    if presence == Presence.LEFT:
        return frozenset()
    may = MAY[role] - DOING if presence == Presence.PAUSED else MAY[role]
    return frozenset(one for one in may if one.startswith(READS) or one in KEPT) if archived else may


def projects(user: User, archived: bool = False) -> models.QuerySet[Project]:
    """Return the projects in which a person has a role: those that are archived, or the others."""
    return Project.objects.filter(members__in=memberships(user), archived_at__isnull=not archived)


def memberships(user: User) -> models.QuerySet[Member]:
    """Return a person's memberships in projects, except those they have left."""
    return Member.objects.filter(user=user).exclude(presence=Presence.LEFT).select_related("project")


def may_ever_answer(member: Member) -> bool:
    """Check whether a person's role answers at the desk, even if they are paused now."""
    return "answer" in MAY[member.role]


def may_tell_known_items(may: frozenset[str]) -> bool:
    """Check whether a person may see what distinguishes gold items from regular ones: those who set them, or who never answer."""
    return "view_known_items" in may


def member(user: User, project_id: int, permission: str) -> Member:
    """Return a person's membership in a project. Raises Http404 without one, PermissionDenied if it does not allow this."""
    found = memberships(user).filter(project_id=project_id).first()
    if found is None:
        raise Http404("There is no such project.")
    if permission not in allowed(found):
        if permission in MAY[found.role] and found.project.archived_at:
            raise PermissionDenied(ARCHIVED)
        if permission in MAY[found.role]:
            raise PermissionDenied(f"You are paused in this project. {found.presence_reason}".strip())
        raise PermissionDenied(f"Your role here ({found.get_role_display().lower()}) does not allow this.")
    return found


def questions(member: Member) -> models.QuerySet[Question]:
    """Return the questions of a project that a person may see: drafts only if their role may see drafts."""
    found = member.project.questions.all()
    return found if "view_drafts" in allowed(member) else found.filter(draft=False)


def may_create_projects(user: User) -> bool:
    """Check whether a person may create a project."""
    return user.has_perm("annotator.add_project")


def project_page(permission: str) -> Callable[..., Callable[..., HttpResponse]]:
    """Return a decorator for a page of a project, for signed-in people whose role has the permission.

    The page is called as `view(request, project, ...)`.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @login_required
        @wraps(view)
        def page(request: HttpRequest, project_id: int, *args: Any, **kwargs: Any) -> HttpResponse:
            request.member = member(request.user, project_id, permission)  # type: ignore[attr-defined, arg-type]
            return view(request, request.member.project, *args, **kwargs)  # type: ignore[attr-defined]

        page.permission = permission  # type: ignore[attr-defined]  # read by the gate for large bodies
        return page

    return decorate


def context(request: HttpRequest) -> dict[str, Any]:
    """Return the project, the person's role in it and what it allows (`may`), for templates.

    `no_new_work` says why people may not be asked for more here; it is empty if they may. It is computed only when a template
    uses it.
    """
    found: Member | None = getattr(request, "member", None)
    if found is None:
        return {}
    return {
        "project": found.project,
        "role": found.get_role_display(),
        "may": allowed(found),
        "no_new_work": SimpleLazyObject(lambda: new_work.why_none(found.project)),
    }
