"""What a model says about an item."""

from django.conf import settings
from django.db import models

from annotator.models.item import Item
from annotator.models.question import Question


class Suggestion(models.Model):
    """A prediction shown beside an item, to accept or correct. The latest one of an item is the current one.

    It may be shown with any item, so that it does not reveal gold. The label of a test item leaves out the answers given with
    a suggestion, if there are others.
    """

    question = models.ForeignKey(Question, models.PROTECT, related_name="suggestions", db_index=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="suggestions", db_index=False)
    value = models.JSONField()
    model = models.CharField(max_length=100, help_text="Which model, with its version.")
    confidence = models.FloatField(null=True, help_text="What the model says of it, from 0 to 1.")
    current = models.BooleanField(default=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["question", "item"], condition=models.Q(current=True), name="suggestion_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} suggests {self.value}"
