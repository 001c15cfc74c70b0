"""A person who signs in."""

from typing import Any

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person. Their `Member` row in a project alone decides what they may do there."""

    class Meta(AbstractUser.Meta):
        pass

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the person. A new password ends all tokens; Django ends all sign-ins except the one that set it."""
        new_password = self._password is not None  # type: ignore[attr-defined]
        super().save(*args, **kwargs)
        if new_password:
            self.access_tokens.all().delete()

    @property
    def display_name(self) -> str:
        """The name shown on pages."""
        return self.get_full_name() or self.username
