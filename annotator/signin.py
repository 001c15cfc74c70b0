"""Signing in: closed sign-up, and a wait after too many failures, counted for a name and an address together."""

import hashlib
from typing import Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.signals import user_logged_in
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.dispatch import receiver
from django.http import HttpRequest

from annotator import audit


class TooManyAttempts(ValidationError):
    """Too many failures; the message says how long to wait."""


def _key(request: HttpRequest, username: str) -> str:
    about = f"{request.META.get('REMOTE_ADDR')}|{username.lower()}"
    return "sign-in-" + hashlib.sha256(about.encode()).hexdigest()


def check_attempts(request: HttpRequest, username: str) -> None:
    """Raise TooManyAttempts where this name has failed too often from this address."""
    if cache.get(_key(request, username), 0) >= settings.SIGN_IN_ATTEMPTS:
        raise TooManyAttempts(f"Too many attempts. Please wait {settings.SIGN_IN_WAIT_SECONDS // 60} minutes.")


def count_failure(request: HttpRequest, username: str) -> None:
    """Remember a failure."""
    key = _key(request, username)
    cache.set(key, cache.get(key, 0) + 1, settings.SIGN_IN_WAIT_SECONDS)


class SignInForm(AuthenticationForm):
    """Django's sign-in form, with the wait."""

    def clean(self) -> dict[str, Any]:
        """Check name and password, unless there were too many attempts."""
        username = self.cleaned_data.get("username") or ""
        check_attempts(self.request, username)
        try:
            return super().clean()
        except ValidationError:
            count_failure(self.request, username)
            raise


@receiver(user_logged_in)
def _signed_in(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    cache.delete(_key(request, user.get_username()))
    audit.record(user, None, "signed in")
