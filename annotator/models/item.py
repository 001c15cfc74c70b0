"""What a question is asked about."""

from django.db import models

from annotator.models.project import Project


class Side(models.TextChoices):
    """The set an item belongs to, for good."""

    TRAIN = "train", "Training"
    TEST = "test", "Test"


class Item(models.Model):
    """A picture. Its side follows from its content and the project's salt and is refused a change by the database,
    so that the same picture can never stand on both sides.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="items")
    name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    media_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField(help_text="bytes")
    width = models.PositiveIntegerField(help_text="pixels")
    height = models.PositiveIntegerField(help_text="pixels")
    side = models.CharField(max_length=5, choices=Side.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["project", "sha256"], name="item_once")]
        indexes = [models.Index(fields=["project", "side", "id"], name="item_by_side")]

    def __str__(self) -> str:
        return self.name
