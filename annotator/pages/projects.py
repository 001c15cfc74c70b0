"""The list of a person's projects, and beginning one."""

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render

from annotator.models import Member, Project
from annotator.pages import navigation
from annotator.people import permissions
from annotator.people.permissions import UserRequest
from annotator.projects import create


class ProjectForm(forms.ModelForm):
    """What is asked of a new project."""

    goal_percent = forms.FloatField(
        label="Target error (%)",
        required=False,
        min_value=0.01,
        max_value=100,
        help_text="The share of wrong answers you can accept from the model. Optional.",
    )

    class Meta:
        model = Project
        fields = ["name", "description", "currency", "test_share"]
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}
        labels = {"test_share": "Share of items for the test set"}


def _opens(member: Member) -> str:
    """Return the name of a project's page that a person starts with."""
    may = permissions.allowed(member)
    return next(
        (link.page for link in navigation.BAR if link.page == navigation.PLACES.get("home") and link.seen(may)), "desk"
    )


@login_required
def home(request: UserRequest) -> HttpResponse:
    """Redirect to the person's only project, or else to the list."""
    memberships = list(permissions.memberships(request.user)[:2])
    if len(memberships) == 1:
        return redirect(_opens(memberships[0]), memberships[0].project_id)
    return redirect("projects")


@login_required
def project_list(request: UserRequest) -> HttpResponse:
    """List the projects a person has a role in, each leading to what they may do there."""
    memberships = permissions.memberships(request.user).order_by("-project__created_at")
    rows = [{"member": member, "opens": _opens(member)} for member in memberships]
    may_create = permissions.may_create_projects(request.user)
    return render(request, "annotator/projects.html", {"rows": rows, "may_create": may_create})


@login_required
def new(request: UserRequest) -> HttpResponse:
    """New project."""
    if not permissions.may_create_projects(request.user):
        raise PermissionDenied("You may not begin projects here.")
    form = ProjectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        fields = dict(form.cleaned_data)
        goal = fields.pop("goal_percent")
        try:
            project = create.create(request.user, goal_error=goal / 100 if goal else None, **fields)
            return redirect("new-question", project.pk)
        except ValidationError as problem:
            form.add_error(None, problem)
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
