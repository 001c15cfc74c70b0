"""Imports of tables and archives: sent, mapped, checked and started."""

from collections.abc import Callable
from typing import IO, Any, cast
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.api.common.fields import KnownFieldsOnly
from annotator.api.common.scoped import ProjectView
from annotator.api.jobs import JobSerializer
from annotator.intake import folders, mapping
from annotator.intake.imports import rejected, requests
from annotator.intake.tables.source import TableReading
from annotator.models import Import, OnRejected
from annotator.server.limits import MB

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


def _or_400(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except requests.BadImport as problem:
        raise serializers.ValidationError({"detail": str(problem)}) from None


class ImportView(ProjectView):
    """A view of an import."""

    def found(self) -> Import:
        """Return the import of the address. Raises Http404."""
        import_id: UUID = self.kwargs["import_id"]
        found = (
            requests.imports_of(self.project)
            .select_related("job", "project", "created_by")
            .filter(pk=import_id)
            .first()
        )
        if found is None:
            raise Http404("There is no such import in this project.")
        return found

    def shown(self) -> Response:
        """Return the import as it is now."""
        return Response(ImportSerializer(self.found()).data)


class ImportList(ProjectView):
    """The imports of tables and archives; send a file."""

    parser_classes = [MultiPartParser]
    body_bytes = {"POST": requests.MOST_BYTES + MB}
    permissions = {"GET": "add_items", "POST": "add_items"}

    @extend_schema(responses=ImportSerializer(many=True))
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return the last 50 imports, newest first."""
        found = requests.imports_of(self.project).select_related("job")[:50]
        return Response(ImportSerializer(found, many=True).data)

    @extend_schema(request=NewImportSerializer, responses={201: ImportSerializer})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Send a table or an archive. It is recognised and nothing is imported, unless `start` is true."""
        sent = NewImportSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        values = sent.validated_data
        reading = ReadingSerializer(data=values.get("reading") or {})
        reading.is_valid(raise_exception=True)
        file: UploadedFile = values["file"]
        found = _or_400(
            lambda: requests.begin(
                self.project,
                self.user,
                file.name or "",
                cast(IO[bytes], file.file),
                TableReading(**reading.validated_data),
            )
        )
        if values.get("mapping") is not None:
            _choose(found, values["mapping"], values["on_rejected"])
        elif values["on_rejected"] != OnRejected.SKIP:
            Import.objects.filter(pk=found.pk).update(on_rejected=values["on_rejected"])
        if values["start"]:
            _or_400(lambda: requests.start(found, self.user))
        found = self.project.imports.select_related("job").get(pk=found.pk)
        return Response(ImportSerializer(found).data, status=status.HTTP_201_CREATED)


def _choose(found: Import, sent: Any, on_rejected: str) -> None:
    chosen = MappingSerializer(data=sent)
    chosen.is_valid(raise_exception=True)
    _or_400(lambda: requests.choose(found, chosen.validated_data, on_rejected))


class ImportDetail(ImportView):
    """One import."""

    parser_classes = [JSONParser]
    permissions = {"GET": "add_items", "PATCH": "add_items"}

    @extend_schema(responses=ImportSerializer)
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return the import."""
        return self.shown()

    @extend_schema(request=ChangedImportSerializer, responses=ImportSerializer)
    def patch(self, request: Request, **kwargs: Any) -> Response:
        """Read the file in another way, or use its columns in another way. What is read anew is mapped anew."""
        found = self.found()
        sent = ChangedImportSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        values = sent.validated_data
        if "reading" in values:
            _or_400(lambda: requests.read_as(found, TableReading(**values["reading"])))
        if "mapping" in values or "on_rejected" in values:
            chosen = values.get("mapping", found.mapping)
            _or_400(lambda: requests.choose(found, chosen, values.get("on_rejected", found.on_rejected)))
        return self.shown()


class CheckImport(ImportView):
    """A check of a file."""

    permissions = {"POST": "add_items"}

    @extend_schema(request=None, responses={202: JobSerializer})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Request a job that counts what an import would do, and names the rows that it would reject. It stores nothing."""
        job = _or_400(lambda: requests.start(self.found(), self.user, check_only=True))
        return Response(JobSerializer(job).data, status=status.HTTP_202_ACCEPTED)


class StartImport(ImportView):
    """The import of a file."""

    permissions = {"POST": "add_items"}

    @extend_schema(request=None, responses={202: JobSerializer})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Request the job that imports the file."""
        job = _or_400(lambda: requests.start(self.found(), self.user))
        return Response(JobSerializer(job).data, status=status.HTTP_202_ACCEPTED)


class ContinueImport(ImportView):
    """The rest of an import that was stopped."""

    permissions = {"POST": "add_items"}

    @extend_schema(request=None, responses={202: JobSerializer})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Request a job that goes on where the stopped or failed one was."""
        job = requests.go_on(self.found(), self.user)
        return Response(JobSerializer(job).data, status=status.HTTP_202_ACCEPTED)


class RejectedRows(ImportView):
    """The rejected rows of an import as a file."""

    permissions = {"GET": "add_items"}
    query_parameters = frozenset({"report"})

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.BINARY})
    def get(self, request: Request, **kwargs: Any) -> StreamingHttpResponse:
        """Download the rows as they are written, to correct and send again; with `report=true`, a CSV file with the reasons."""
        found = self.found()
        return rejected.download(found, request.query_params.get("report") == "true")
