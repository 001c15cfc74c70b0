"""What a person said."""

from django.conf import settings
from django.db import models

from annotator.models.task import Task


class Answer(models.Model):
    """An accepted answer: never changed, never deleted (the database refuses both).

    Its id is made by the client, so that the same answer sent twice is one answer.
    """

    id = models.UUIDField(primary_key=True)
    task = models.ForeignKey(Task, models.PROTECT, related_name="answers")
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="answers")
    value = models.JSONField()
    active_ms = models.PositiveIntegerField(default=0, help_text="Time at work on it, pauses not counted.")
    simulated = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "worker"], name="answer_once")]
        indexes = [models.Index(fields=["worker", "-created_at"], name="answer_by_worker")]

    def __str__(self) -> str:
        return f"answer {self.pk}"
