"""What a person said."""

from django.conf import settings
from django.db import models

from annotator.models.suggestion import Suggestion
from annotator.models.task import Task


class Answer(models.Model):
    """An accepted answer: never changed, never deleted (the database refuses both).

    A reviewer's decision is an answer too, outside the task's overlap and with its own weight: it settles the label. The client
    makes the id, so that the same answer sent twice is one answer. A change is a new answer that `replaces` the old one; the
    last of such a chain counts.
    """

    id = models.UUIDField(primary_key=True)
    task = models.ForeignKey(Task, models.PROTECT, related_name="answers", db_index=False)
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="answers", db_index=False)
    value = models.JSONField()
    active_ms = models.PositiveIntegerField(default=0, help_text="Time at work on it, pauses not counted.")
    revision = models.PositiveSmallIntegerField(default=1, help_text="The wording its author saw.")
    replaces = models.ForeignKey("self", models.PROTECT, null=True, related_name="replaced_by", db_index=False)
    suggestion = models.ForeignKey(
        Suggestion,
        models.PROTECT,
        null=True,
        related_name="answers",
        db_index=False,
        help_text="What a model had suggested.",
    )
    decision = models.BooleanField(default=False, help_text="A reviewer's, which settles the label.")
    simulated = models.BooleanField(default=False)
    imported = models.BooleanField(
        default=False, db_default=False, help_text="Given in another system and imported; it costs nothing."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "worker", "replaces"], nulls_distinct=False, name="answer_once"),
        ]
        indexes = [
            models.Index(fields=["worker", "-created_at"], name="answer_by_worker"),
            models.Index(fields=["-created_at"], name="answer_by_time"),
        ]

    def __str__(self) -> str:
        return f"answer {self.pk}"


class CountedAnswer(models.Model):
    """An answer that counts: not excluded, not replaced by a later one, and not a reviewer's decision.

    This is a view of the database, so that queries in Python and in SQL follow one rule. It cannot be written to.
    """

    id = models.UUIDField(primary_key=True)
    task = models.ForeignKey(Task, models.DO_NOTHING, related_name="+", db_constraint=False)
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, models.DO_NOTHING, related_name="+", db_constraint=False)
    value = models.JSONField()
    simulated = models.BooleanField()
    imported = models.BooleanField()
    suggestion = models.ForeignKey(Suggestion, models.DO_NOTHING, null=True, related_name="+", db_constraint=False)
    created_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "annotator_countedanswer"

    def __str__(self) -> str:
        return f"counted answer {self.pk}"
