"""A question as it was worded at one time."""

from django.conf import settings
from django.db import models

from annotator.models.question import Question


class Revision(models.Model):
    """One wording of a question, never changed: an answer names the number of the wording that its author saw."""

    question = models.ForeignKey(Question, models.PROTECT, related_name="revisions")
    number = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=500)
    config = models.JSONField()
    instructions = models.TextField(blank=True)
    examples = models.JSONField(default=list)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["question", "-number"]
        constraints = [models.UniqueConstraint(fields=["question", "number"], name="revision_number_once")]

    def __str__(self) -> str:
        return f"revision {self.number} of {self.question}"
