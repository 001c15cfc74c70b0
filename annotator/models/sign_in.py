"""Open sign-ins, and attempts to sign in."""

from django.conf import settings
from django.db import models


class SignIn(models.Model):
    """A browser in which a person is signed in. Its session says whether it still is."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="sign_ins")
    session_key = models.CharField(max_length=40, unique=True)
    address = models.CharField(max_length=45, blank=True)
    browser = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"sign-in of {self.user}"


class SignInAttempts(models.Model):
    """How often somebody tried to sign in until `until`; `key` identifies what is counted."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.count} attempts"
