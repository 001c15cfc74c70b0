"""A person's membership in a project, and groups of members."""

from django.conf import settings
from django.db import models

from annotator.models.project import Project


class Role(models.TextChoices):
    """What a person is in a project; `annotator.people.permissions` says what each role may do."""

    MANAGER = "manager", "Manager"
    DATA_SCIENTIST = "data_scientist", "Data scientist"
    REVIEWER = "reviewer", "Reviewer"
    ANNOTATOR = "annotator", "Annotator"
    STAKEHOLDER = "stakeholder", "Stakeholder"


class Presence(models.TextChoices):
    """Whether a person takes part."""

    ACTIVE = "active", "Active"
    PAUSED = "paused", "Paused"
    LEFT = "left", "Left"


class Member(models.Model):
    """One person in one project, with one role. Without a row, the project does not exist for them."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices)
    presence = models.CharField(max_length=10, choices=Presence.choices, default=Presence.ACTIVE)
    presence_reason = models.CharField(max_length=200, blank=True, help_text="Why they are paused; shown to them.")
    simulated = models.BooleanField(
        default=False, help_text="A program that answers; marked wherever its answers show."
    )
    imported = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Somebody of another system whose answers were imported; they cannot sign in.",
    )
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "user"], name="member_once")]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"


class Group(models.Model):
    """A named set of a project's people."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="groups")
    name = models.CharField(max_length=100)
    members = models.ManyToManyField(Member, related_name="groups", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="group_once")]

    def __str__(self) -> str:
        return self.name
