"""Long work that runs in the background: its row is the truth, the message only a wake-up."""

import uuid

from django.conf import settings
from django.db import models

from annotator.models.project import Project


class JobState(models.TextChoices):
    """The state of a job."""

    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


OPEN = (JobState.WAITING, JobState.RUNNING)  # not ended


class Job(models.Model):
    """One piece of long work. `idempotency_key` is unique, so a repeated request is done once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    project = models.ForeignKey(Project, models.PROTECT, related_name="jobs")
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    arguments = models.JSONField(default=dict)
    idempotency_key = models.CharField(max_length=200, unique=True)
    queue = models.CharField(max_length=20, default="default")
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        related_name="parts",
        help_text="The work it is a part of, which is shown in its place.",
    )
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.WAITING)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    message = models.CharField(max_length=300, blank=True)
    result = models.JSONField(null=True)
    error = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    cancel_asked = models.BooleanField(default=False)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    holder = models.CharField(max_length=200, blank=True, help_text="The worker that has or had it, by its name.")
    holder_process = models.IntegerField(null=True, help_text="The process of that worker.")
    sent_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    dismissed_at = models.DateTimeField(null=True, help_text="When somebody had read how it ended.")

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["project", "-created_at"], name="job_by_project"),
            models.Index(fields=["state"], condition=models.Q(state__in=["waiting", "running"]), name="job_open"),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.state})"

    @property
    def open(self) -> bool:
        """Whether the job may still do something."""
        return self.state in OPEN

    @property
    def percent(self) -> int:
        """Progress from 0 to 100."""
        if self.state == JobState.DONE:
            return 100
        return min(100, round(100 * self.done / self.total)) if self.total else 0
