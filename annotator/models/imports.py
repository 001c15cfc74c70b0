"""Files that people import, and the rows of them that were rejected."""

import uuid

from django.conf import settings
from django.db import models

from annotator.models.job import Job
from annotator.models.project import Project


class OnRejected(models.TextChoices):
    """What becomes of a file in which some rows cannot be imported."""

    SKIP = "skip", "Skip them"
    STOP = "stop", "Import nothing"


class ImportKind(models.TextChoices):
    """What a file is."""

    TABLE = "table", "Table"
    ARCHIVE = "archive", "Archive"
    LABEL_STUDIO = "label_studio", "Export of Label Studio"


class Import(models.Model):
    """A file that a person imports: how it is read, how its columns are used, and how far its job is.

    `reading` says how the file is read (encoding, delimiter, sheet, key of a JSON list), `columns` what was found in it, and
    `mapping` what each column is used for (`annotator.intake.mapping`). Of an archive, `recognised["archive"]` says what it holds
    (`annotator.intake.imports.archive_preview`), and `mapping` what its folders are used for. `position` is the number of rows
    that are done. It is stored in the same transaction as their items, so that a job which starts again neither repeats nor
    loses a row.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    project = models.ForeignKey(Project, models.PROTECT, related_name="imports")
    kind = models.CharField(max_length=20, choices=ImportKind.choices, default=ImportKind.TABLE)
    name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField(help_text="bytes")
    reading = models.JSONField(default=dict, blank=True)
    recognised = models.JSONField(
        default=dict, blank=True, help_text="Sheets, keys, and the first rows with a problem."
    )
    rows = models.PositiveBigIntegerField(null=True, help_text="If the file says it.")
    columns = models.JSONField(default=list, blank=True)
    mapping = models.JSONField(default=dict, blank=True)
    on_rejected = models.CharField(max_length=10, choices=OnRejected.choices, default=OnRejected.SKIP)
    position = models.PositiveBigIntegerField(default=0)
    counts = models.JSONField(default=dict, blank=True)
    job = models.OneToOneField(Job, models.PROTECT, null=True, related_name="file")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["project", "-created_at"], name="import_by_project")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_archive(self) -> bool:
        """Check whether the file is an archive of files; otherwise it is a table."""
        return self.kind == ImportKind.ARCHIVE


class RejectedRow(models.Model):
    """A row of a table that was not imported, as it is written there; or a file of an archive, by its path."""

    file = models.ForeignKey(Import, models.CASCADE, related_name="rejected_rows")
    number = models.PositiveBigIntegerField(help_text="The line, or the place in the file or archive, from 1.")
    reason = models.CharField(max_length=500)
    raw = models.TextField(blank=True)

    class Meta:
        ordering = ["number"]
        indexes = [models.Index(fields=["file", "number"], name="rejected_row_by_number")]

    def __str__(self) -> str:
        return f"line {self.number} of {self.file}"
