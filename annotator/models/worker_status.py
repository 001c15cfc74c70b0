"""The status of a person at a question."""

from django.conf import settings
from django.db import models

from annotator.models.question import Question


class WorkerState(models.TextChoices):
    """Whether a person may work on a question's paid tasks."""

    QUALIFYING = "qualifying", "Qualifying"
    WORKING = "working", "Working"
    PAUSED = "paused", "Paused"


class WorkerStatus(models.Model):
    """One person at one question. Locking its row makes a person's tabs take turns."""

    question = models.ForeignKey(Question, models.PROTECT, related_name="worker_statuses")
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="worker_statuses")
    state = models.CharField(max_length=10, choices=WorkerState.choices, default=WorkerState.WORKING)
    reason = models.CharField(max_length=300, blank=True, help_text="Why they are paused; shown to them.")
    overruled = models.BooleanField(default=False, help_text="A manager let them go on: they need no qualification.")
    answers = models.PositiveIntegerField(default=0)
    skips = models.PositiveIntegerField(default=0)
    gold_right = models.PositiveIntegerField(default=0)
    gold_total = models.PositiveIntegerField(default=0)
    qualification_right = models.PositiveIntegerField(default=0)
    qualification_total = models.PositiveIntegerField(default=0)
    handed_at = models.DateTimeField(null=True, help_text="When a task was last handed to them.")
    last_at = models.DateTimeField(null=True, help_text="When they last asked for a task or answered one.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["question", "worker"], name="worker_status_once"),
            models.CheckConstraint(
                condition=models.Q(gold_right__lte=models.F("gold_total"))
                & models.Q(qualification_right__lte=models.F("qualification_total")),
                name="worker_status_counts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.worker} at {self.question} ({self.state})"
