"""A task that a reviewer decides."""

from django.conf import settings
from django.db import models

from annotator.models.answer import Answer
from annotator.models.task import Task


class ReviewTrigger(models.TextChoices):
    """Why a task goes to review."""

    DISAGREEMENT = "disagreement", "Answers disagree"
    CONFIDENCE = "confidence", "Label unsure"
    SKIPPED = "skipped", "Skipped by several"
    ASKED = "asked", "Asked for by hand"
    MODEL = "model", "A model doubts the label"


class Review(models.Model):
    """One task in review. Once decided, it names the decision, which is an answer of its own, and gives the reason."""

    task = models.OneToOneField(Task, models.PROTECT, related_name="review")
    trigger = models.CharField(max_length=20, choices=ReviewTrigger.choices)
    held_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    held_until = models.DateTimeField(null=True)
    decision = models.OneToOneField(Answer, models.PROTECT, null=True, related_name="review")
    reason = models.CharField(max_length=500, blank=True)
    decided_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["created_at"], condition=models.Q(decision=None), name="review_waiting")]

    def __str__(self) -> str:
        return f"review of {self.task}"
