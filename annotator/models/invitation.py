"""A link that lets one person join."""

from django.conf import settings
from django.db import models

from annotator.models.member import Group, Role
from annotator.models.project import Project


class Invitation(models.Model):
    """One membership in a project, for the first person who uses the link. Only the link's SHA-256 is stored."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="invitations")
    role = models.CharField(max_length=20, choices=Role.choices)
    group = models.ForeignKey(Group, models.PROTECT, null=True, blank=True, related_name="+")
    note = models.CharField(max_length=200, blank=True, help_text="For whom it is.")
    sha256 = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    used_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.get_role_display()} in {self.project}"
