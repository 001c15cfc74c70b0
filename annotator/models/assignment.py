"""A task that a person holds or held."""

import uuid

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models

from annotator.models.suggestion import Suggestion
from annotator.models.task import Task


class AssignmentState(models.TextChoices):
    """The state of a task that was handed out. An answer counts only if its assignment is ANSWERED."""

    HELD = "held"
    ANSWERED = "answered"
    RETURNED = "returned"
    EXPIRED = "expired"
    SKIPPED = "skipped"
    EXCLUDED = "excluded"
    SEEN = "seen"  # its label or answers were shown to the person, who is no longer asked about it
    WITHDRAWN = "withdrawn"  # its item was withdrawn from the project
    DECIDED = "decided"  # by its reviewer, who is no longer asked about it


class Assignment(models.Model):
    """One task handed to one person, with a lease that ends when they leave. One row per pair, whatever happens to it.

    `expires_at` of a returned or expired one is the moment at which its slot became free. Its holder sees only `public_id` of
    it: ids of tasks and items would distinguish regular tasks from gold.
    """

    public_id = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), unique=True)
    task = models.ForeignKey(Task, models.PROTECT, related_name="assignments", db_index=False)
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="assignments")
    state = models.CharField(max_length=10, choices=AssignmentState.choices, default=AssignmentState.HELD)
    leased_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    suggestion = models.ForeignKey(Suggestion, models.PROTECT, null=True, related_name="+", db_index=False)
    reason = models.CharField(max_length=300, blank=True, help_text="Why it was skipped.")
    companion = models.ForeignKey(
        Task,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        help_text="Of gold: the regular task it came before. Given back, it comes back at that place and under its conditions.",
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "worker"], name="assignment_once")]
        indexes = [
            models.Index(fields=["expires_at"], condition=models.Q(state="held"), name="assignment_expiry"),
            models.Index(fields=["worker"], condition=models.Q(state="held"), name="assignment_held"),
            models.Index(
                fields=["worker"],
                condition=models.Q(companion__isnull=False, state__in=["expired", "returned"]),
                name="assignment_gold_back",
            ),
            models.Index(
                fields=["task"], condition=models.Q(state__in=["skipped", "excluded"]), name="assignment_not_counted"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task} for {self.worker} ({self.state})"
