"""Signing in: sign-up is closed, attempts are limited, and nobody can lock somebody else out permanently.

An attempt is counted in one statement before the password is checked, so simultaneous attempts cannot slip through.
Three counters limit a stranger: name and address, address, and name. A browser in which the person has signed in before
carries a signed cookie and has its own counter, so it can sign in whatever strangers do. So can anyone who follows the
link in an e-mail to set a new password. `django-axes` counts only after the password was checked, and in several steps.
"""

import hashlib
import secrets
import unicodedata
from datetime import timedelta
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.models import Session
from django.core import signing
from django.core.exceptions import ValidationError
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from annotator import audit
from annotator.models import SignIn, User
from annotator.server import sql
from annotator.server.address import client_address, counted_as

DEVICE_COOKIE, DEVICE_SALT, DEVICE_DAYS = "marginalia_device", "marginalia.device", 400
_COUNT = """
INSERT INTO annotator_signinattempts AS a (key, count, until)
VALUES (%(key)s::text, 1, now() + make_interval(secs => %(seconds)s::int))
ON CONFLICT (key) DO UPDATE SET
    count = CASE WHEN a.until <= now() THEN 1 ELSE a.count + 1 END,
    until = CASE WHEN a.until <= now() THEN excluded.until ELSE a.until END
RETURNING count
"""
_TAKE_BACK = """
WITH locked AS (
    SELECT key FROM annotator_signinattempts WHERE key = ANY(%(keys)s::text[]) ORDER BY key FOR NO KEY UPDATE
)
UPDATE annotator_signinattempts a SET count = greatest(a.count - 1, 0) FROM locked WHERE a.key = locked.key
"""


class TooManyAttempts(ValidationError):
    """Too many attempts. The message says how long to wait."""


def normalised(username: str) -> str:
    """Return a username in the form that is counted: spellings that look like the same name count as one."""
    return " ".join(unicodedata.normalize("NFKC", username).casefold().split())[:150]


def count_attempt(request: HttpRequest, username: str) -> list[str]:
    """Count an attempt to sign in; return the keys of its counters. Raises TooManyAttempts when one is over its limit."""
    name, address = normalised(username), counted_as(client_address(request))
    if _known_device(request, username):
        limits = [(f"device|{name}|{request.COOKIES[DEVICE_COOKIE]}", settings.SIGN_IN_ATTEMPTS)]
    else:
        limits = [
            (f"both|{name}|{address}", settings.SIGN_IN_ATTEMPTS),
            (f"address|{address}", settings.SIGN_IN_ATTEMPTS_BY_ADDRESS),
            (f"name|{name}", settings.SIGN_IN_ATTEMPTS_BY_NAME),
        ]
    keys = []
    for about, limit in limits:
        key = hashlib.sha256(about.encode("utf-8", errors="surrogatepass")).hexdigest()
        [(count,)] = sql.rows(_COUNT, key=key, seconds=settings.SIGN_IN_WAIT_SECONDS)
        if count > limit:
            raise TooManyAttempts(
                f"Too many attempts. Please wait {settings.SIGN_IN_WAIT_SECONDS // 60} minutes, or sign in from a browser "
                "you have used before."
            )
        keys.append(key)
    return keys


def forget_attempt(keys: list[str]) -> None:
    """Undo the count of a successful attempt: only failures count."""
    sql.rows(_TAKE_BACK, keys=keys)


def signed_in_with(request: HttpRequest, username: str, password: str) -> User | None:
    """Return the person with this name and password, or None. Raises TooManyAttempts."""
    keys = count_attempt(request, username)
    user = authenticate(request, username=username, password=password)
    if user is not None:
        forget_attempt(keys)
    return user


def _known_device(request: HttpRequest, username: str) -> bool:
    """Check whether the person signed in with this browser before, with their current password.

    The name must match exactly. Otherwise somebody with a name that is counted as the same could create any number of devices.
    """
    try:
        pk, _, _, password = signing.loads(
            request.COOKIES.get(DEVICE_COOKIE, ""), salt=DEVICE_SALT, max_age=timedelta(days=DEVICE_DAYS)
        )
    except (signing.BadSignature, TypeError, ValueError):
        return False
    user = User.objects.filter(pk=pk, is_active=True).first()
    if user is None or user.get_username() != unicodedata.normalize("NFKC", username):
        return False
    return constant_time_compare(password, _mark_of_password(user))


def _mark_of_password(user: User) -> str:
    """Return a value that changes with the password and reveals nothing about it."""
    return salted_hmac(DEVICE_SALT, user.password).hexdigest()[:24]


def remember_device(response: HttpResponse, user: User) -> HttpResponse:
    """Set the cookie that shows that this person has signed in with this browser. A new password invalidates all of them."""
    name, device = normalised(user.get_username()), secrets.token_hex(8)
    response.set_cookie(
        DEVICE_COOKIE,
        signing.dumps([user.pk, name, device, _mark_of_password(user)], salt=DEVICE_SALT),
        max_age=timedelta(days=DEVICE_DAYS),
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response


class SignInForm(AuthenticationForm):
    """Django's sign-in form with limited attempts."""

    def clean(self) -> dict[str, Any]:
        """Check name and password, unless there were too many attempts. Raises ValidationError."""
        username, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if username is not None and password:
            self.user_cache = signed_in_with(cast(HttpRequest, self.request), username, password)
            if self.user_cache is None:
                raise self.get_invalid_login_error()
            self.confirm_login_allowed(self.user_cache)
        return self.cleaned_data


def open_sign_ins(user: User) -> list[SignIn]:
    """Return the browsers in which a person is signed in, and delete the records of ended sessions."""
    found = list(user.sign_ins.all())
    alive = set(
        Session.objects.filter(
            session_key__in=[one.session_key for one in found], expire_date__gt=timezone.now()
        ).values_list("session_key", flat=True)
    )
    SignIn.objects.filter(pk__in=[one.pk for one in found if one.session_key not in alive]).delete()
    return [one for one in found if one.session_key in alive]


def end_sign_ins(user: User, but: str | None = None, only: int | None = None) -> int:
    """End sign-ins of a person: only one, or all except the session `but`. Return how many."""
    found = user.sign_ins.filter(pk=only) if only is not None else user.sign_ins.exclude(session_key=but or "")
    keys = list(found.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    found.delete()
    if keys:
        audit.record(user, None, "ended sign-ins", count=len(keys))
    return len(keys)


@receiver(user_logged_in)
def _signed_in(request: HttpRequest, user: User, **kwargs: Any) -> None:
    note_sign_in(request, user)
    audit.record(user, None, "signed in")


def note_sign_in(request: HttpRequest, user: User) -> None:
    """Record the browser in which a person is signed in."""
    if not request.session.session_key:
        request.session.save()
    SignIn.objects.update_or_create(
        session_key=request.session.session_key,
        defaults={
            "user": user,
            "address": client_address(request)[:45],
            "browser": request.headers.get("User-Agent", "").replace("\0", "")[:200],
        },
    )
