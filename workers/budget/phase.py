"""Phases and their gates: the rows that money is booked by. `workers.phases` decides what happens at a gate."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from annotator.models import Project

MOST_DAYS = 3650  # in a time box


class Stage(models.IntegerChoices):
    """The six phases that every project may go through, in their order."""

    DEFINING = 1, "Defining the problem"
    MODEL = 2, "Finding a model"
    TRAINING = 3, "Training"
    REAL_DATA = 4, "Application to real data"
    PRODUCTION = 5, "Production"
    MAINTENANCE = 6, "Maintenance"


MAY_GO_BACK = (Stage.DEFINING, Stage.MODEL, Stage.TRAINING, Stage.REAL_DATA)


class PhaseState(models.TextChoices):
    """The state of a phase."""

    PLANNED = "planned", "Not started"
    ACTIVE = "active", "In progress"
    PASSED = "passed", "Gate passed"
    LEFT = "left", "Sent back"
    STOPPED = "stopped", "Stopped"


class Phase(models.Model):
    """One attempt at a stage: its goal, time box and money. A project that goes back to a stage makes another attempt."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="phases", db_index=False)
    stage = models.PositiveSmallIntegerField(choices=Stage.choices)
    attempt = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=PhaseState.choices, default=PhaseState.PLANNED)
    current = models.BooleanField(default=False)
    goal = models.TextField(blank=True, max_length=1000)
    budget = models.DecimalField(
        max_digits=14,
        decimal_places=3,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0))],
        help_text="What the phase is planned to cost, all in all.",
    )
    days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_DAYS)],
        help_text="The time box: how many days it may take.",
    )
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["stage", "attempt"]
        constraints = [
            models.UniqueConstraint(fields=["project", "stage", "attempt"], name="phase_once"),
            models.UniqueConstraint(fields=["project"], condition=models.Q(current=True), name="phase_one_current"),
            models.CheckConstraint(condition=models.Q(budget__gte=0), name="phase_budget_not_negative"),
        ]

    def __str__(self) -> str:
        return self.get_stage_display() + (f" (attempt {self.attempt})" if self.attempt > 1 else "")

    @property
    def active(self) -> bool:
        """Whether it is in progress."""
        return self.state == PhaseState.ACTIVE

    @property
    def ends_at(self) -> datetime | None:
        """When its time box ends; None if it has none or has not begun."""
        return self.began_at + timedelta(days=self.days) if self.began_at and self.days else None

    @property
    def elapsed(self) -> float | None:
        """The share of the time box that is over, from 0; more than 1 if it is overrun. None without a time box."""
        if not self.began_at or not self.days:
            return None
        return ((self.ended_at or timezone.now()) - self.began_at) / timedelta(days=self.days)


class Decision(models.TextChoices):
    """What is decided at a gate."""

    GO_ON = "go_on", "Go on"
    GO_BACK = "go_back", "Go back"
    STOP = "stop", "Stop"


class Gate(models.Model):
    """A recorded decision at the end of a phase: never changed, never deleted (the database refuses both).

    `evidence` is a frozen copy of what was known then, see `workers.phases.evidence`; `curve` is its picture.
    """

    phase = models.OneToOneField(Phase, models.PROTECT, related_name="gate")
    decision = models.CharField(max_length=10, choices=Decision.choices)
    to = models.ForeignKey(Phase, models.PROTECT, null=True, related_name="opened_by", db_index=False)
    money = models.DecimalField(
        max_digits=14, decimal_places=3, default=Decimal(0), help_text="Released for the phase that begins."
    )
    reason = models.TextField(max_length=2000)
    evidence = models.JSONField()
    curve = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.get_decision_display()} after {self.phase}"


def current_phase(project: Project) -> Phase:
    """Return the phase that a project is in, or the one it was stopped in."""
    return project.phases.get(current=True)
