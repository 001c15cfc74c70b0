"""A task whose answer is known."""

from django.conf import settings
from django.db import models

from annotator.models.task import Task


class Gold(models.Model):
    """The known answer of a gold or qualification task. Nothing that leaves the queue distinguishes such a task from others."""

    task = models.OneToOneField(Task, models.PROTECT, related_name="gold")
    value = models.JSONField()
    note = models.CharField(max_length=300, blank=True, help_text="Why this is the answer.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.task} is {self.value}"
