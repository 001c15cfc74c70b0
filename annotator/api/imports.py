"""Imports of tables and archives: sent, mapped, checked and started."""

from collections.abc import Callable
from typing import IO, Any, cast
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.api.common.scoped import ProjectView
from annotator.api.import_serializers import (
    ChangedImportSerializer,
    ImportSerializer,
    MappingSerializer,
    NewImportSerializer,
    ReadingSerializer,
)
from annotator.api.jobs import JobSerializer
from annotator.intake.imports import rejected, requests
from annotator.intake.tables.source import TableReading
from annotator.models import Import, OnRejected
from annotator.server.limits import MB


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
