"""What imports look like in requests and responses."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotator.api.common.fields import KnownFieldsOnly
from annotator.api.jobs import JobSerializer
from annotator.intake import folders, mapping
from annotator.intake.imports import requests
from annotator.models import Import, OnRejected

SHOWN = 50  # rejected rows in the response


class ReadingSerializer(KnownFieldsOnly, serializers.Serializer):
    """How a file is read. What is left out is found out."""

    encoding = serializers.CharField(required=False, allow_blank=True, max_length=40)
    delimiter = serializers.CharField(required=False, allow_blank=True, max_length=1, trim_whitespace=False)
    sheet = serializers.CharField(required=False, allow_blank=True, max_length=200)
    key = serializers.CharField(required=False, allow_blank=True, max_length=200)


class MappingSerializer(KnownFieldsOnly, serializers.Serializer):
    """What the columns of a table or the folders of an archive are used for."""

    columns = serializers.DictField(
        required=False,
        child=serializers.ChoiceField(choices=list(mapping.LABELS.items())),
        help_text="The use of each column, by its name. Columns that are left out are kept as fields.",
    )
    outer = serializers.ChoiceField(
        choices=folders.CHOICES, required=False, help_text="What the outermost folder of an archive is."
    )
    inner = serializers.ChoiceField(
        choices=folders.CHOICES, required=False, help_text="What the innermost folder of an archive is."
    )
    question = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=2**63 - 1,
        help_text="The question that the label answers.",
    )
    answers_as = serializers.ChoiceField(
        choices=folders.AS_CHOICES,
        required=False,
        help_text="What labels become: by default answers, and finished labels for the folders of an archive.",
    )
    worker = serializers.CharField(
        required=False, allow_blank=True, max_length=150, help_text="Whose the answers are, if no column says it."
    )
    changed = serializers.ChoiceField(
        choices=list(requests.CHANGED.items()),
        default="refuse",
        help_text="What becomes of an item that is here, when its external id comes with another content.",
    )


class ColumnSerializer(serializers.Serializer):
    """A column as it was recognised."""

    name = serializers.CharField()
    type = serializers.CharField()
    samples = serializers.ListField(child=serializers.CharField())
    filled = serializers.IntegerField()
    distinct = serializers.IntegerField()


class RejectedRowSerializer(serializers.Serializer):
    """A row, or a file of an archive, that was not imported."""

    number = serializers.IntegerField(help_text="The line in the file, or the place in the archive.")
    reason = serializers.CharField()
    raw = serializers.CharField(help_text="The row as it is written, or the path.")


class ListedArchiveSerializer(serializers.Serializer):
    """What an archive holds, by the names of its files."""

    files = serializers.IntegerField()
    complete = serializers.BooleanField(help_text="False if the list of files was not read to its end.")
    kinds = serializers.JSONField(help_text="How many files have each ending, as pairs.")
    unknown = serializers.IntegerField(help_text="Files with an ending that cannot be imported.")
    below = serializers.CharField(help_text="The folder that holds everything. The outermost folder is the next one.")
    outer = serializers.JSONField(help_text="The outermost folders and how many files each holds, as pairs.")
    inner = serializers.JSONField(help_text="The innermost folders and how many files each holds, as pairs.")


class ImportSerializer(serializers.ModelSerializer):
    """A file that is imported: what was recognised, how its columns are used, and what became of it."""

    reading = serializers.DictField(child=serializers.CharField())
    columns = ColumnSerializer(many=True)
    archive = serializers.SerializerMethodField(help_text="Null for a table.")
    mapping = serializers.DictField(help_text="As it is sent to set it.")
    counts = serializers.DictField(
        help_text="new, known, changed, answers and rejected; under `checked` those of a check."
    )
    job = JobSerializer(allow_null=True)
    rejected_rows = serializers.SerializerMethodField(help_text=f"The first {SHOWN}.")

    class Meta:
        model = Import
        fields = [
            *(
                "id",
                "name",
                "size",
                "rows",
                "reading",
                "columns",
                "archive",
                "mapping",
                "on_rejected",
                "position",
                "counts",
                "job",
            ),
            *("rejected_rows", "created_at"),
        ]

    @extend_schema_field(ListedArchiveSerializer(allow_null=True))
    def get_archive(self, found: Import) -> dict[str, Any] | None:
        """Return what an archive holds."""
        return found.recognised.get("archive")

    @extend_schema_field(RejectedRowSerializer(many=True))
    def get_rejected_rows(self, found: Import) -> list[dict[str, Any]]:
        """Return the first rejected rows."""
        return [dict(row) for row in found.rejected_rows.values("number", "reason", "raw")[:SHOWN]]


class NewImportSerializer(KnownFieldsOnly, serializers.Serializer):
    """A file, how it is read, and optionally what to do with it at once."""

    file = serializers.FileField(allow_empty_file=True)
    reading = serializers.JSONField(required=False)
    mapping = serializers.JSONField(required=False, help_text="As in a change of the import.")
    on_rejected = serializers.ChoiceField(choices=OnRejected.choices, default=OnRejected.SKIP)
    start = serializers.BooleanField(default=False, help_text="Import at once, with the mapping sent or else proposed.")


class ChangedImportSerializer(KnownFieldsOnly, serializers.Serializer):
    """A change of how a file is read, or of what its columns are used for."""

    reading = ReadingSerializer(required=False)
    mapping = MappingSerializer(required=False)
    on_rejected = serializers.ChoiceField(choices=OnRejected.choices, required=False)
