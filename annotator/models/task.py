"""One question put about one item, to as many people as its overlap says."""

from django.db import models

from annotator.models.item import Item
from annotator.models.question import Question


class Task(models.Model):
    """The unit the queue hands out. `places_left` = overlap − answers − people who hold it now.

    The partial index below is the queue: the next task is its first row the person has not met.
    """

    question = models.ForeignKey(Question, models.PROTECT, related_name="tasks")
    item = models.ForeignKey(Item, models.PROTECT, related_name="tasks")
    overlap = models.PositiveSmallIntegerField()
    places_left = models.SmallIntegerField()
    answer_count = models.PositiveSmallIntegerField(default=0)
    priority = models.IntegerField(default=0)
    position = models.IntegerField(help_text="A random number: the order among tasks of one priority.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["question", "item"], name="task_once"),
            models.CheckConstraint(
                condition=models.Q(places_left__gte=0, answer_count__lte=models.F("overlap"))
                & models.Q(places_left__lte=models.F("overlap") - models.F("answer_count")),
                name="task_places",
            ),
        ]
        indexes = [
            models.Index(
                models.F("question"),
                models.F("priority").desc(),
                models.F("position"),
                condition=models.Q(places_left__gt=0),
                name="task_queue",
            ),
        ]

    def __str__(self) -> str:
        return f"task {self.pk}"
