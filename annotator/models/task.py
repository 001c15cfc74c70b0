"""One question about one item, asked of as many people as its overlap says."""

from django.db import models

from annotator.models.batch import Batch
from annotator.models.item import Item
from annotator.models.question import Question


class Purpose(models.TextChoices):
    """What a task is asked for."""

    WORK = "work"
    GOLD = "gold"
    QUALIFICATION = "qualification"


class Task(models.Model):
    """The unit that the queue hands out. `open_slots` = overlap − answers that count − people who hold it − `unfunded`.

    The partial index below is the queue: the next task is a batch's first row that the person has not met. `sort_key` is the
    order: higher priority first, then `shuffle_key`. Taking a slot rewrites the row's entry in every index, so there are few.
    Gold and qualification tasks are in no batch.
    """

    question = models.ForeignKey(Question, models.PROTECT, related_name="tasks", db_index=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="tasks", db_index=False)
    batch = models.ForeignKey(Batch, models.PROTECT, null=True, related_name="tasks", db_index=False)
    purpose = models.CharField(max_length=15, choices=Purpose.choices, default=Purpose.WORK)
    overlap = models.PositiveSmallIntegerField()
    open_slots = models.SmallIntegerField()
    unfunded = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="Places that are not handed out before the budget covers them."
    )
    answer_count = models.PositiveSmallIntegerField(default=0)
    priority = models.IntegerField(default=0)
    shuffle_key = models.IntegerField(help_text="A random number: the order among tasks of one priority.")
    sort_key = models.BigIntegerField(default=0)
    skips = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["question", "item"], name="task_once"),
            models.CheckConstraint(
                condition=models.Q(open_slots__gte=0, answer_count__lte=models.F("overlap"))
                & models.Q(open_slots__lte=models.F("overlap") - models.F("answer_count") - models.F("unfunded")),
                name="task_slots",
            ),
        ]
        indexes = [
            models.Index(fields=["batch", "sort_key"], condition=models.Q(open_slots__gt=0), name="task_queue"),
            models.Index(fields=["question", "purpose"], condition=~models.Q(purpose="work"), name="task_known"),
            models.Index(fields=["batch", "sort_key"], condition=models.Q(unfunded__gt=0), name="task_unfunded"),
        ]

    def __str__(self) -> str:
        return f"task {self.pk}"
