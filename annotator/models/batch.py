"""Tasks that are planned, opened, paused and closed together."""

from django.conf import settings
from django.db import models

from annotator.models.member import Group
from annotator.models.question import Question


class BatchState(models.TextChoices):
    """The state of a batch. Tasks are handed out from open batches only."""

    PLANNED = "planned", "Planned"
    OPEN = "open", "Open"
    PAUSED = "paused", "Paused"
    CLOSED = "closed", "Closed"


class Order(models.TextChoices):
    """The order in which a batch's tasks are handed out."""

    PRIORITY = "priority", "By priority"
    RANDOM = "random", "At random"


class Batch(models.Model):
    """A set of a question's tasks. `is_default` marks the batch that takes new items by itself."""

    question = models.ForeignKey(Question, models.PROTECT, related_name="batches")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=100)
    state = models.CharField(max_length=10, choices=BatchState.choices, default=BatchState.PLANNED)
    order = models.CharField(max_length=10, choices=Order.choices, default=Order.PRIORITY)
    group = models.ForeignKey(Group, models.PROTECT, null=True, blank=True, related_name="batches")
    is_default = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    opened_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True, help_text="When its last task had all its answers.")
    first_finished_at = models.DateTimeField(
        null=True, help_text="When that was for the first time: more answers may have been asked for since."
    )
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["question", "number"], name="batch_number_once"),
            models.UniqueConstraint(fields=["question"], condition=models.Q(is_default=True), name="batch_one_default"),
        ]

    def __str__(self) -> str:
        return self.name


class QueueCursor(models.Model):
    """How far a person has got in a batch: no task that they could take is before `sort_key`.

    It makes finding the next task a look-up, however many tasks the person has met. Freeing a slot before it moves it back.
    """

    worker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="cursors")
    sort_key = models.BigIntegerField()
    freed = models.BigIntegerField(default=0, help_text="How often places before or after it became free again.")
    read_at = models.DateTimeField(help_text="When the batch was last looked through from its beginning.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "worker"], name="cursor_once")]

    def __str__(self) -> str:
        return f"{self.worker} in {self.batch}"
