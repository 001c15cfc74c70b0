"""A person who signs in."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person. What they may do in a project is their `Member` row there, nothing else."""

    class Meta(AbstractUser.Meta):
        pass

    @property
    def display_name(self) -> str:
        """The name shown on pages."""
        return self.get_full_name() or self.username
