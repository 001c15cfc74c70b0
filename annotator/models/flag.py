"""A person says that a question is unclear."""

from django.conf import settings
from django.db import models

from annotator.models.question import Question
from annotator.models.task import Task


class FlagKind(models.TextChoices):
    """The kind of a comment."""

    UNCLEAR = "unclear", "Unclear"
    FEEDBACK = "feedback", "Feedback"


class Flag(models.Model):
    """A comment to the manager: what is unclear, at which task; settled when the manager has answered it."""

    question = models.ForeignKey(Question, models.PROTECT, related_name="flags")
    task = models.ForeignKey(Task, models.PROTECT, null=True, related_name="flags")
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=FlagKind.choices, default=FlagKind.UNCLEAR)
    comment = models.CharField(max_length=1000)
    created_at = models.DateTimeField(auto_now_add=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)
    reply = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["question"], condition=models.Q(settled_at=None), name="flag_open")]

    def __str__(self) -> str:
        return self.comment[:60]
