"""What a question is asked about."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from annotator.models.project import Project


class Split(models.TextChoices):
    """The set that an item belongs to, permanently."""

    TRAIN = "train", "Training"
    TEST = "test", "Test"


class Modality(models.TextChoices):
    """What an item is made of, and so how it is shown."""

    PICTURE = "picture", "Picture"
    TEXT = "text", "Text"
    HTML = "html", "Formatted text"
    AUDIO = "audio", "Sound"
    ROW = "row", "Record"
    PAIR = "pair", "Pair"


class Change(models.TextChoices):
    """What the import changed in a picture, so that everybody sees it alike."""

    TURNED = "turned", "Turned upright"
    FIRST_FRAME = "first_frame", "Only the first frame of a moving picture"
    CONTRAST = "contrast", "Contrast fitted to 8 bits"
    OPAQUE = "opaque", "Put on white where it was transparent"
    COLOURS = "colours", "Colours converted to sRGB"
    FORMAT = "format", "Converted from a format that browsers do not show"


# What is stored in the row itself; pictures and sounds are in the storage.
IN_DATABASE = frozenset({Modality.TEXT, Modality.HTML, Modality.ROW, Modality.PAIR})


class Item(models.Model):
    """A picture, a text, a sound, a row of fields or a pair.

    Its split follows from its content and the project's salt. The database refuses to change the split, so the same content can
    never be in both splits. `source` is the SHA-256 of the document it comes from; all pages of a document get the same split.
    What browsers do not show alike is converted once, at import: `changes` says how, and `original_sha256` names the file as it
    was sent.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="items", db_index=False)
    # In the order of its bytes, in which its beginning is found by the index that sorts it.
    name = models.CharField(max_length=255, db_collation="C")
    sha256 = models.CharField(max_length=64)
    modality = models.CharField(max_length=10, choices=Modality.choices, default=Modality.PICTURE)
    mime_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField(help_text="bytes")
    width = models.PositiveIntegerField(default=0, help_text="pixels, of a picture")
    height = models.PositiveIntegerField(default=0, help_text="pixels, of a picture")
    length = models.PositiveIntegerField(default=0, help_text="Unicode code points, of a text")
    excerpt = models.CharField(max_length=200, blank=True, help_text="How a text begins.")
    source = models.CharField(max_length=64, blank=True)
    original_sha256 = models.CharField(max_length=64, blank=True)
    changes = models.JSONField(default=list, blank=True, help_text="What the import changed, as values of `Change`.")
    fields = models.JSONField(default=dict, blank=True, help_text="What else its row says; not shown at the desk.")
    path = models.CharField(max_length=1000, blank=True, help_text="Where it stood in an archive.")
    text = models.TextField(blank=True, db_default="", help_text="The content, unless it is a picture or a sound.")
    reference = models.CharField(
        max_length=1100,
        blank=True,
        db_default="",
        help_text="The object of a bucket that is the content, where it was not copied.",
    )
    external_id = models.CharField(
        max_length=255,
        blank=True,
        db_default="",
        db_collation="C",
        help_text="Its id in the system that it comes from.",
    )
    group = models.CharField(
        max_length=255,
        blank=True,
        db_default="",
        help_text="Items of one group (a customer, a recording) stay in the same split.",
    )
    priority = models.IntegerField(default=0, db_default=0, help_text="Higher is asked about earlier.")
    tags = ArrayField(models.CharField(max_length=50), default=list, db_default=[], blank=True)
    split = models.CharField(max_length=5, choices=Split.choices)
    created_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, help_text="Since when it is not asked about any more.")
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    withdrawn_reason = models.CharField(max_length=300, blank=True, db_default="")
    erased_at = models.DateTimeField(null=True, help_text="When its content and fields were deleted for good.")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "sha256"], name="item_once"),
            models.UniqueConstraint(
                fields=["project", "external_id"],
                condition=models.Q(withdrawn_at=None) & ~models.Q(external_id=""),
                name="item_external_id_once",
            ),
        ]
        indexes = [
            models.Index(fields=["project", "id"], name="item_by_project"),
            models.Index(fields=["project", "split", "id"], name="item_by_split"),
            models.Index(fields=["project", "modality", "id"], name="item_by_modality"),
            models.Index(fields=["project", "name", "id"], name="item_by_name"),
            models.Index(fields=["project", "-priority", "id"], name="item_by_priority"),
            models.Index(fields=["project", "group"], condition=~models.Q(group=""), name="item_by_group"),
            models.Index(
                fields=["project", "withdrawn_at"],
                condition=models.Q(withdrawn_at__isnull=False),
                name="item_withdrawn",
            ),
            GinIndex(fields=["tags"], name="item_by_tag"),
        ]

    def __str__(self) -> str:
        return self.name
