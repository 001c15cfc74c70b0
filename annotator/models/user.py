"""A person who signs in."""

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models

# How the names of people of other systems begin (`annotator.people.imported`). No sign-in name may hold a colon.
IMPORTED = "imported:"


class User(AbstractUser):
    """A person. Their `Member` row in a project alone decides what they may do there.

    Somebody of another system whose answers were imported has a row, too. The database refuses to let them sign in.
    """

    class Meta(AbstractUser.Meta):
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(username__startswith=IMPORTED) | models.Q(is_active=False, is_superuser=False),
                name="user_imported_stays_out",
                violation_error_message="This person was imported with answers from another system and cannot sign in.",
            ),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the person. A new password ends all tokens; Django ends all sign-ins except the one that set it."""
        new_password = self._password is not None  # type: ignore[attr-defined]
        super().save(*args, **kwargs)
        if new_password:
            self.access_tokens.all().delete()

    @property
    def imported(self) -> bool:
        """Whether they are somebody of another system whose answers were imported."""
        return self.username.startswith(IMPORTED)

    @property
    def display_name(self) -> str:
        """The name shown on pages."""
        return self.get_full_name() or self.username
