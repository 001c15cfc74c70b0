"""Tokens by which programs sign in."""

from django.conf import settings
from django.db import models


class Scope(models.TextChoices):
    """What a token may be used for, within what its owner may do."""

    READ = "read", "Read"
    ANSWER = "answer", "Read and answer"
    MANAGE = "manage", "Everything you may do"


class AccessToken(models.Model):
    """A named token of a person. Only its SHA-256 is stored; the token itself is shown once.

    A new password ends all of a person's tokens.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="access_tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    start = models.CharField(max_length=6, help_text="How the token begins, so that its owner can tell it from others.")
    scope = models.CharField(max_length=10, choices=Scope.choices, default=Scope.MANAGE)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"token “{self.name}” of {self.user}"
