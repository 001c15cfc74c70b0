"""A person's own account: e-mail, password, sign-ins and tokens."""

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import PasswordResetConfirmView, PasswordResetView
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from annotator.models import Scope, User
from annotator.people import own_account as own
from annotator.people import sign_in, tokens
from annotator.people.permissions import UserRequest
from annotator.refusal import Refused


class TokenForm(forms.Form):
    """A new token."""

    name = forms.CharField(max_length=80, label="Name", help_text="What it is for, such as “nightly export”.")
    scope = forms.ChoiceField(choices=Scope.choices, initial=Scope.READ, label="May")
    days = forms.IntegerField(min_value=1, max_value=tokens.MOST_DAYS, initial=90, label="Valid for, in days")


class EmailForm(forms.ModelForm):
    """Where a link goes when the password is forgotten."""

    class Meta:
        model = User
        fields = ["email"]


@never_cache
@login_required
def account(request: UserRequest) -> HttpResponse:
    """Show a person's account; with a POST, do what its button `do` says."""
    user: User = request.user
    asked = request.POST.get("do", "") if request.method == "POST" else ""
    password = PasswordChangeForm(user, request.POST if asked == "password" else None)
    email = EmailForm(request.POST if asked == "email" else None, instance=User.objects.get(pk=user.pk))
    token = TokenForm(request.POST if asked == "token" else None)
    shown, done = "", ""
    changed, too_many = False, ""
    if asked == "password":
        try:
            changed = _set_password(request, password)
        except sign_in.TooManyAttempts as problem:
            password, too_many = PasswordChangeForm(user), problem.messages[0]
    if changed:
        done, password = (
            "The password was changed. All other sign-ins and all tokens have ended.",
            PasswordChangeForm(user),
        )
    elif asked == "email" and email.is_valid():
        own.change_email(user, email.cleaned_data["email"])
        done = "The e-mail address was saved."
    elif asked == "token" and token.is_valid():
        try:
            _, shown = tokens.issue(user, **token.cleaned_data)
            token = TokenForm()
        except Refused as problem:
            token.add_error(None, problem.reason)
    here = request.session.session_key
    data = {
        "password": password,
        "email": email,
        "token": token,
        "shown": shown,
        "done": done,
        "too_many": too_many,
        "mail": bool(settings.EMAIL_HOST),
        "here": here,
        "sign_ins": sign_in.open_sign_ins(user),
        "tokens": user.access_tokens.all(),
    }
    failed = any(form.is_bound and form.errors for form in (password, email, token))
    response = render(request, "annotator/account.html", data, status=429 if too_many else 400 if failed else 200)
    return sign_in.remember_device(response, user) if changed else response


def _set_password(request: UserRequest, form: PasswordChangeForm) -> bool:
    """Set the new password if the form is valid; return whether it was set. Attempts are limited as when signing in.

    Raises TooManyAttempts.
    """
    keys = sign_in.count_attempt(request, f"password of {form.user.get_username()}")
    if "old_password" not in form.errors:
        sign_in.forget_attempt(keys)
    if not form.is_valid():
        return False
    own.change_password(request, form)
    return True


@require_POST
@login_required
def end_sign_in(request: UserRequest, sign_in_id: int) -> HttpResponse:
    """End one sign-in of the person's own, or with 0 all but this one."""
    user: User = request.user
    if sign_in_id:
        if not sign_in.end_sign_ins(user, only=min(sign_in_id, 2**63 - 1)):
            raise Http404("You have no such sign-in.")
    else:
        sign_in.end_sign_ins(user, but=request.session.session_key)
    return redirect("account")


@require_POST
@login_required
def revoke_token(request: UserRequest, token_id: int) -> HttpResponse:
    """Revoke one of the person's own tokens."""
    try:
        tokens.revoke(request.user, min(token_id, 2**63 - 1))
    except Refused as problem:
        raise Http404(problem.reason) from None
    return redirect("account")


class ForgottenPassword(PasswordResetView):
    """Ask for a link to set a new password. The page says the same whether or not the address is known."""

    template_name = "registration/forgotten.html"
    email_template_name = "registration/forgotten_email.txt"
    subject_template_name = "registration/forgotten_subject.txt"
    success_url = reverse_lazy("forgotten-sent")

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Answer only if a mail server is configured, with a limited number of requests from one address."""
        if not settings.EMAIL_HOST:
            raise Http404("No mail server is configured.")
        if request.method == "POST":
            try:
                sign_in.count_attempt(request, f"forgotten {request.POST.get('email', '')}")
            except sign_in.TooManyAttempts as problem:
                return render(request, self.template_name, {"problem": problem.messages[0]}, status=429)
        self.from_email = settings.EMAIL_FROM
        self.extra_email_context = {"public_url": settings.PUBLIC_URL}
        return super().dispatch(request, *args, **kwargs)


def forgotten_sent(request: HttpRequest) -> HttpResponse:
    """Say that a link was sent, if there is somebody to send it to."""
    return render(request, "registration/forgotten_sent.html")


class NewPassword(PasswordResetConfirmView):
    """Set a new password by a link from an e-mail. It ends all other sign-ins and tokens, and signs in."""

    template_name = "registration/new_password.html"
    success_url = reverse_lazy("home")
    post_reset_login = True

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Set it, and remember the browser: whoever reads the person's mail is the person."""
        with transaction.atomic():
            own.note_password_by_mail(self.user)
            response = super().form_valid(form)
        return sign_in.remember_device(response, self.user)
