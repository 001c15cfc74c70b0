"""The people of a project: who is in, who is invited, who works with whom."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from annotator.models import Group, Member, Presence, Project, Role, User
from annotator.pages.problems import sentences, status
from annotator.people import invitations
from annotator.people import members as room
from annotator.people.permissions import ProjectRequest, project_page
from annotator.refusal import Refused

MOST_IMPORTED = 200  # people of other systems that the page names


class MemberForm(forms.Form):
    """Whom, and as what."""

    username = forms.CharField(max_length=150)
    role = forms.ChoiceField(choices=Role.choices, initial=Role.ANNOTATOR)

    def clean_username(self) -> User:
        """Return the person of that name."""
        user = User.objects.filter(username=self.cleaned_data["username"], is_active=True).first()
        if user is None:
            raise forms.ValidationError("There is no such person here.")
        return user


class InviteForm(forms.Form):
    """Whom to invite, as what, until when."""

    role = forms.ChoiceField(choices=Role.choices, initial=Role.ANNOTATOR)
    group = forms.ModelChoiceField(Group.objects.none(), required=False, empty_label="No group")
    note = forms.CharField(max_length=200, required=False, label="Note")
    days = forms.IntegerField(
        min_value=1, max_value=invitations.MOST_DAYS, initial=invitations.DAYS, label="Valid for, in days"
    )

    def __init__(self, project: Project, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.fields["group"].queryset = project.groups.all()


class GroupForm(forms.Form):
    """A group: its name, and who is in it."""

    name = forms.CharField(max_length=100)
    members = forms.ModelMultipleChoiceField(
        Member.objects.none(), required=False, widget=forms.CheckboxSelectMultiple, label="Members"
    )

    def __init__(self, project: Project, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        found = project.members.exclude(presence=Presence.LEFT).select_related("user").order_by("user__username")
        self.fields["members"].queryset = found
        self.fields["members"].label_from_instance = lambda one: one.user.display_name


def _group_form(project: Project, group: Group) -> GroupForm:
    known = {"name": group.name, "members": [member.pk for member in group.members.all()]}
    return GroupForm(project, initial=known, auto_id=f"id_group{group.pk}_%s")


def _page(request: ProjectRequest, project: Project, status: int = 200, **more: Any) -> HttpResponse:
    members = project.members.select_related("user").prefetch_related("groups")
    return render(
        request,
        "annotator/people.html",
        {
            "members": members.exclude(presence=Presence.LEFT).order_by("simulated", "role", "user__username"),
            "gone": members.filter(presence=Presence.LEFT, imported=False).order_by("user__username"),
            "imported": members.filter(imported=True).order_by("user__first_name")[:MOST_IMPORTED],
            "imported_count": project.members.filter(imported=True).count(),
            "invitations": project.invitations.select_related("group", "used_by")[:30],
            "groups": [
                (group, _group_form(project, group)) for group in project.groups.prefetch_related("members__user")
            ],
            "roles": Role.choices,
            "now": timezone.now(),
            "form": MemberForm(),
            "invite_form": InviteForm(project),
            "group_form": GroupForm(project),
        }
        | more,
        status=status,
    )


@project_page("manage_members")
def people(request: ProjectRequest, project: Project) -> HttpResponse:
    """Show who is in the project; give a person a role."""
    if request.method != "POST":
        return _page(request, project)
    form = MemberForm(request.POST)
    if form.is_valid():
        if form.cleaned_data["username"] == request.user:
            form.add_error("username", "You cannot change your own role.")
        else:
            room.set_role(project, request.user, form.cleaned_data["username"], form.cleaned_data["role"])
            return redirect("people", project.pk)
    return _page(request, project, form=form)


@require_POST
@project_page("manage_members")
def change(request: ProjectRequest, project: Project, member_id: int) -> HttpResponse:
    """Change a person's place: another role, a pause, back to work, or out."""
    member = get_object_or_404(project.members.select_related("user", "project"), pk=member_id)
    by: User = request.user
    deed, reason = request.POST.get("deed", ""), request.POST.get("reason", "")
    try:
        if member.user == by:
            raise Refused("You cannot change your own place here.", "own", 400)
        if deed == "role" and request.POST.get("role") in Role.values:
            room.set_role(project, by, member.user, request.POST["role"])
        elif deed == "pause":
            room.pause(member, by, reason)
        elif deed == "resume":
            room.resume(member, by)
        elif deed == "remove":
            room.leave(member, by)
        else:
            raise Refused("Choose what to change.", "nothing", 400)
    except Refused as problem:
        return _page(request, project, problem.status, problems=sentences(problem))
    return redirect("people", project.pk)


@require_POST
@project_page("manage_members")
def invite(request: ProjectRequest, project: Project) -> HttpResponse:
    """Make an invitation and show its link, once."""
    form = InviteForm(project, request.POST)
    if not form.is_valid():
        return _page(request, project, 400, invite_form=form)
    invitation, token = invitations.invite(project, request.user, **form.cleaned_data)
    link = request.build_absolute_uri(reverse("join", args=[token]))
    return _page(request, project, link=link, invited=invitation)


@require_POST
@project_page("manage_members")
def withdraw(request: ProjectRequest, project: Project, invitation_id: int) -> HttpResponse:
    """Withdraw an invitation."""
    invitation = get_object_or_404(project.invitations, pk=invitation_id)
    try:
        invitations.withdraw(invitation, request.user)
    except Refused as problem:
        return _page(request, project, problem.status, problems=sentences(problem))
    return redirect("people", project.pk)


@require_POST
@project_page("manage_members")
def group(request: ProjectRequest, project: Project, group_id: int | None = None) -> HttpResponse:
    """Make a group, or change one."""
    found = get_object_or_404(project.groups, pk=group_id) if group_id is not None else None
    form = GroupForm(project, request.POST)
    if not form.is_valid():
        return _page(request, project, 400, group_form=form)
    names = [member.user.username for member in form.cleaned_data["members"]]
    try:
        room.set_group(project, request.user, form.cleaned_data["name"], names, found)
    except ValidationError as problem:
        return _page(request, project, status(problem), problems=sentences(problem))
    return redirect("people", project.pk)


@project_page("leave")
def leave(request: ProjectRequest, project: Project) -> HttpResponse:
    """Ask whether someone means to leave, and let them."""
    problems: list[str] = []
    if request.method == "POST":
        try:
            room.leave(request.member, request.user)
            return redirect("projects")
        except Refused as problem:
            problems = sentences(problem)
    return render(request, "annotator/leave.html", {"problems": problems}, status=409 if problems else 200)
