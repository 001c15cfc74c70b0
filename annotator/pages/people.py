"""The people of a project."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from annotator import people as people_room
from annotator.access import project_page
from annotator.models import Project, Role, User


class MemberForm(forms.Form):
    """Whom, and as what."""

    username = forms.CharField(max_length=150)
    role = forms.ChoiceField(choices=Role.choices)

    def clean_username(self) -> User:
        """Return the person of that name."""
        user = User.objects.filter(username=self.cleaned_data["username"], is_active=True).first()
        if user is None:
            raise forms.ValidationError("There is no such person here.")
        return user


@project_page("manage_members")
def people(request: HttpRequest, project: Project) -> HttpResponse:
    """Show who is in the project; give a person a role."""
    form = MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["username"] == request.user:
            form.add_error("username", "You cannot change your own role.")
        else:
            people_room.set_role(project, request.user, form.cleaned_data["username"], form.cleaned_data["role"])  # type: ignore[arg-type]
            return redirect("people", project.pk)
    members = project.members.select_related("user").order_by("simulated", "role", "user__username")
    return render(request, "annotator/people.html", {"members": members, "form": form})
