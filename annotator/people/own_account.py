"""What people change in their own account: each change with its line in the audit trail, or not at all."""

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.db import transaction
from django.http import HttpRequest

from annotator import audit
from annotator.models import User
from annotator.people import sign_in


def change_password(request: HttpRequest, form: PasswordChangeForm) -> None:
    """Set the new password of a valid form. It ends all other sign-ins and all tokens; this browser stays signed in."""
    with transaction.atomic():
        user = form.save()
        update_session_auth_hash(request, user)
        request.session.save()
        sign_in.end_sign_ins(user)
        sign_in.note_sign_in(request, user)  # this browser is in a new session
        audit.record(user, None, "changed their password")


def note_password_by_mail(user: User) -> None:
    """End the sign-ins of a person who sets a new password by a link from an e-mail, within the caller's transaction."""
    sign_in.end_sign_ins(user)
    audit.record(user, None, "set a new password by e-mail")


def change_email(user: User, email: str) -> None:
    """Set the address to which a link is sent when the password is forgotten."""
    with transaction.atomic():
        before = User.objects.select_for_update(no_key=True).get(pk=user.pk).email
        if before != email:
            User.objects.filter(pk=user.pk).update(email=email)
            audit.record(user, None, "changed their e-mail address")
