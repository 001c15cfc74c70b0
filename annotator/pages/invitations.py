"""Accepting an invitation: the only way in for someone without a sign-in."""

from django import forms
from django.contrib.auth import login
from django.contrib.auth.password_validation import validate_password
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from annotator.models import User
from annotator.people import invitations, sign_in
from annotator.refusal import Refused


class SignUpForm(forms.ModelForm):
    """The sign-in a person makes for themselves."""

    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), help_text="At least 8 characters."
    )
    name = forms.CharField(max_length=150, required=False, label="Your name", help_text="As others here see it.")

    class Meta:
        model = User
        fields = ["username"]

    field_order = ["name", "username", "password"]

    def clean_username(self) -> str:
        """Return the username. Raises ValidationError if it differs from somebody else's only in case."""
        username: str = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=username).exists():
            raise forms.ValidationError("Somebody has this name already; choose another.")
        return username

    def clean(self) -> dict[str, object]:
        """Check the password against the rules."""
        cleaned = super().clean() or {}
        if cleaned.get("password"):
            try:
                validate_password(cleaned["password"], User(username=cleaned.get("username", "")))
            except forms.ValidationError as problem:
                self.add_error("password", problem)
        return cleaned

    def save(self, commit: bool = True) -> User:
        """Create and return the person."""
        first, _, last = self.cleaned_data["name"].strip().partition(" ")
        user = User(username=self.cleaned_data["username"], first_name=first, last_name=last)
        user.set_password(self.cleaned_data["password"])
        user.save()
        return user


@never_cache
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Show what an invitation is for, and let its holder join: signed in, or with a sign-in created here."""
    form = SignUpForm(request.POST if request.method == "POST" and not request.user.is_authenticated else None)
    try:
        invitation = invitations.find(token)
        if request.method == "POST" and (request.user.is_authenticated or form.is_valid()):
            with transaction.atomic():
                user = request.user if request.user.is_authenticated else form.save()
                invitations.accept(token, user)
            if not request.user.is_authenticated:
                login(request, user, backend="django.contrib.auth.backends.ModelBackend")
            return sign_in.remember_device(redirect("home"), user)
    except Refused as problem:
        return render(request, "annotator/join_ended.html", {"reason": problem.reason}, status=problem.status)
    except IntegrityError:
        form.add_error("username", "This name was taken a moment ago; choose another.")
    return render(request, "annotator/join.html", {"invitation": invitation, "form": form})
