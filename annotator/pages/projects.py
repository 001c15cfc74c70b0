"""The list of a person's projects, creating one, and a project's settings."""

from collections.abc import Callable
from copy import copy
from functools import partial
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from annotator.archive import archiving, deletion
from annotator.models import Member, Project
from annotator.pages import navigation
from annotator.people import permissions
from annotator.people.permissions import ProjectRequest, UserRequest, project_page
from annotator.projects import create
from annotator.refusal import Refused


class SettingsForm(forms.ModelForm):
    """What may change in a project at any time."""

    goal_percent = forms.FloatField(
        label="Target error (%)",
        required=False,
        min_value=0.01,
        max_value=100,
        help_text="The share of wrong answers you can accept from the model. Optional.",
    )

    class Meta:
        model = Project
        fields = ["name", "description"]
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}

    def chosen(self) -> dict[str, Any]:
        """Return the fields of the project, with the goal as a share; None where there is no goal."""
        fields = dict(self.cleaned_data)
        goal = fields.pop("goal_percent")
        return fields | {"goal_error": round(goal / 100, 10) if goal else None}


class CurrencyField(forms.CharField):
    """A currency, in small letters or capitals."""

    def to_python(self, value: Any) -> Any:
        """Return it in capitals."""
        return str(super().to_python(value) or "").upper()


class ProjectForm(SettingsForm):
    """What is asked of a new project. Its currency and its test share stay as they are from the first item on."""

    class Meta(SettingsForm.Meta):
        fields = ["name", "description", "currency", "test_share"]
        labels = {"test_share": "Share of items for the test set"}
        field_classes = {"currency": CurrencyField}


def _saved(form: SettingsForm, save: Callable[..., Project]) -> Project | None:
    """Return the project as `save` made it of what was chosen; None, with the reasons in the form, if it cannot be."""
    if form.is_valid():
        try:
            return save(**form.chosen())
        except ValidationError as problem:
            form.add_error(None, problem)
    return None


def _opens(member: Member) -> str:
    """Return the name of a project's page that a person starts with."""
    may = permissions.allowed(member)
    return next(
        (link.page for link in navigation.BAR if link.page == navigation.URLS.get("home") and link.seen(may)), "desk"
    )


@login_required
def home(request: UserRequest) -> HttpResponse:
    """Redirect to the person's only project, or else to the list."""
    memberships = list(permissions.memberships(request.user).filter(project__archived_at=None)[:2])
    if len(memberships) == 1:
        return redirect(_opens(memberships[0]), memberships[0].project_id)
    return redirect("projects")


@login_required
def project_list(request: UserRequest) -> HttpResponse:
    """List the projects a person has a role in, each leading to what they may do there; archived ones only if asked for."""
    archived = request.GET.get("archived") == "1"
    memberships = permissions.memberships(request.user).order_by("-project__created_at")
    rows = [
        {"member": member, "opens": _opens(member)}
        for member in memberships.filter(project__archived_at__isnull=not archived)
    ]
    values = {
        "rows": rows,
        "archived": archived,
        "others": memberships.filter(project__archived_at__isnull=archived).count(),
        "may_create": permissions.may_create_projects(request.user),
        "deleted": "deleted" in request.GET,
    }
    return render(request, "annotator/projects.html", values)


@login_required
def new(request: UserRequest) -> HttpResponse:
    """New project."""
    if not permissions.may_create_projects(request.user):
        raise PermissionDenied("You may not begin projects here.")
    form = ProjectForm(request.POST or None)
    if project := _saved(form, partial(create.create, request.user)):
        return redirect("new-question", project.pk)
    return render(
        request,
        "annotator/form.html",
        {
            "form": form,
            "title": "New project",
            "action": "Create project",
            "lead": "A project has one budget, one set of people, and one division of its items into training and test.",
        },
    )


@project_page("archive_project")
def settings(
    request: ProjectRequest, project: Project, problem: str = "", changing: bool = True, status: int = 200
) -> HttpResponse:
    """Show what may change in a project, and change it. Of an archived project it only shows how to take it back or delete it."""
    goal = project.goal_error
    given = {"goal_percent": None if goal is None else float(f"{goal * 100:.8g}")}
    posted = request.POST if request.method == "POST" and changing else None
    if posted is not None and project.archived_at:
        raise PermissionDenied(permissions.ARCHIVED)
    # A form writes into its instance, and what has changed is found by comparing with the project.
    form = SettingsForm(posted, instance=copy(project), initial=given)
    if _saved(form, partial(create.change, project, request.user)):
        return redirect("project-settings", project.pk)
    return render(
        request,
        "annotator/settings.html",
        {
            "form": form,
            "title": "Settings",
            "action": "Save changes",
            "lead": f"Currency: {project.currency}. Share of items for the test set: {project.test_share:.1%}. These two stay as "
            "they are, because amounts and test results depend on them. A new target error changes the advice on what to "
            "buy next.",
            "problem": problem,
            "being_deleted": bool(project.archived_at) and archiving.being_deleted(project),
        },
        status=400 if form.errors else status,
    )


@require_POST
@project_page("archive_project")
def archive(request: ProjectRequest, project: Project) -> HttpResponse:
    """Archive a project, or take it back."""
    try:
        if request.POST.get("archived") == "0":
            archiving.unarchive(project, request.user)
        else:
            archiving.archive(project, request.user)
    except Refused as refusal:
        return settings(request, project.pk, problem=refusal.reason, changing=False, status=refusal.status)
    return redirect("project-settings", project.pk)


@require_POST
@project_page("archive_project")
def delete(request: ProjectRequest, project: Project) -> HttpResponse:
    """Delete an archived project with everything that belongs to it, after its name was typed."""
    try:
        deletion.ask(project, request.user, request.POST.get("name", ""))
    except Refused as refusal:
        return settings(request, project.pk, problem=refusal.reason, changing=False, status=refusal.status)
    return redirect(reverse("projects", query={"deleted": "1"}))
