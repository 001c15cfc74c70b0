"""Tokens: shown once, stored hashed, and limited in what they may do and for how long."""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from annotator import audit
from annotator.models import AccessToken, Scope, User
from annotator.refusal import Refused

MOST = 50  # per person
MOST_DAYS = 366
USED_EVERY = timedelta(minutes=1)  # `last_used_at` is written at most this often


def digest(token: str) -> str:
    """Return the stored form of a token. A token is long and random, so a plain hash protects it."""
    return hashlib.sha256(token.encode("utf-8", errors="surrogatepass")).hexdigest()


def issue(user: User, name: str, scope: str = Scope.MANAGE, days: int = 90) -> tuple[AccessToken, str]:
    """Create a token, valid for `days` days. Return its row and the token itself, which nobody can see again.

    Raises Refused: no name, unknown scope, days out of range, too many tokens, or a password that was changed (or an account
    that was closed) since `user` was read.
    """
    name = name.strip()[:80]
    if not name:
        raise Refused("Give the token a name, so that you can tell it from others.", "no_name", 400)
    if scope not in Scope.values:
        raise Refused(f"A token's scope is one of: {', '.join(Scope.values)}.", "bad_scope", 400)
    if not 1 <= days <= MOST_DAYS:
        raise Refused(f"A token is valid for 1 to {MOST_DAYS} days.", "bad_days", 400)
    now, token = timezone.now(), secrets.token_hex(20)
    with transaction.atomic():
        # A new password deletes all tokens. A token requested with the old password at the same time must not survive.
        current = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if current.password != user.password or not current.is_active:
            raise Refused("The password was changed in this moment. Sign in with the new one.", "password_changed", 409)
        user.access_tokens.filter(expires_at__lte=now).delete()
        if user.access_tokens.count() >= MOST:
            raise Refused(f"You have {MOST} tokens. Revoke one that you do not use.", "too_many", 409)
        made = AccessToken.objects.create(
            user=user,
            name=name,
            digest=digest(token),
            start=token[:6],
            scope=scope,
            expires_at=now + timedelta(days=days),
        )
        audit.record(user, None, "made a token", token=made.pk, name=name, scope=scope)
    return made, token


def find(token: str) -> AccessToken | None:
    """Return a valid token with its owner, or None, and record that it was used."""
    now = timezone.now()
    found = (
        AccessToken.objects.select_related("user")
        .filter(digest=digest(token), expires_at__gt=now, user__is_active=True)
        .first()
    )
    if found and (found.last_used_at is None or found.last_used_at < now - USED_EVERY):
        AccessToken.objects.filter(pk=found.pk).update(last_used_at=now)
    return found


def revoke(user: User, token_id: int) -> None:
    """Delete one of a person's tokens. Raises Refused when they have no such token."""
    found = user.access_tokens.filter(pk=token_id).first()
    if found is None:
        raise Refused("You have no such token.", "unknown_token", 404)
    audit.record(user, None, "revoked a token", token=found.pk, name=found.name)
    found.delete()
