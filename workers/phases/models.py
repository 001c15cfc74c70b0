"""The brief; what stakeholders say at a demo; alerts and reports that were sent."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from annotator.models import Project
from workers.budget.phase import Phase


class Brief(models.Model):
    """The definition of the problem: what is wanted, from whom, how right, and when to give up."""

    project = models.OneToOneField(Project, models.PROTECT, related_name="brief")
    business_problem = models.TextField(blank=True, max_length=2000)
    question = models.TextField(blank=True, max_length=2000)
    data = models.TextField(blank=True, max_length=2000)
    people = models.TextField(blank=True, max_length=2000)
    precision = models.FloatField(null=True, blank=True, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)])
    recall = models.FloatField(null=True, blank=True, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)])
    costlier = models.CharField(
        max_length=12,
        blank=True,
        choices=[
            ("false_alarm", "A false alarm"),
            ("miss", "A miss"),
            ("equal", "Both cost the same"),
        ],
    )
    success = models.TextField(blank=True, max_length=2000)
    give_up = models.TextField(blank=True, max_length=2000)
    harm = models.TextField(blank=True, max_length=2000)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"brief of {self.project}"


class Feedback(models.Model):
    """What one person says at a phase's demo; a second time replaces the first."""

    class Verdict(models.TextChoices):
        """The possible verdicts."""

        USEFUL = "useful", "Useful as it is"
        NOT_YET = "not_yet", "Not yet"
        NO = "no", "Not what we need"

    phase = models.ForeignKey(Phase, models.PROTECT, related_name="feedback", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    text = models.TextField(blank=True, max_length=2000)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["phase", "user"], name="feedback_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_verdict_display()}"


class Alert(models.Model):
    """A share of a phase's budget or time box that was reached, alerted once for each limit."""

    phase = models.ForeignKey(Phase, models.PROTECT, related_name="alerts", db_index=False)
    about = models.CharField(max_length=10, choices=[("budget", "Budget"), ("time", "Time box")])
    percent = models.PositiveSmallIntegerField()
    limit = models.CharField(max_length=40, help_text="The sum or the end that the share is of.")
    text = models.CharField(max_length=300)
    created_at = models.DateTimeField(auto_now_add=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["phase", "about", "percent", "limit"], name="alert_once")]

    def __str__(self) -> str:
        return self.text


class Report(models.Model):
    """The report of one week of a project, frozen: the page, e-mail and PDF always show the same."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="reports", db_index=False)
    week = models.DateField(help_text="Its Monday.")
    content = models.JSONField()
    curve = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-week"]
        constraints = [models.UniqueConstraint(fields=["project", "week"], name="report_once")]

    def __str__(self) -> str:
        return f"{self.project}, week of {self.week}"
