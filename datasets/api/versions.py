"""Versions: listed, frozen, downloaded."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.api.common.fields import KnownFieldsOnly
from annotator.api.common.scoped import ProjectView
from annotator.api.jobs import JobSerializer
from datasets import jobs
from datasets.exports import FORMATS
from datasets.exports.download import download
from datasets.exports.source import Options
from datasets.models import Version
from datasets.versions import differences, proofs

MOST_NAMED = 1000  # items of each kind in a difference


class VersionSerializer(serializers.ModelSerializer):
    """A frozen version; `sha256` is its fingerprint, the root of its Merkle tree."""

    class Meta:
        model = Version
        fields = [
            "number",
            "sha256",
            "test_sha256",
            "train_count",
            "test_count",
            "answer_count",
            "simulated_count",
            "imported_count",
            "rules",
            "semantic_version",
            "classes",
            "agreement",
            "created_at",
        ]


class FreezeSerializer(KnownFieldsOnly):
    """Which training labels are included."""

    min_probability = serializers.FloatField(min_value=0.0, max_value=1.0, default=0.0)
    min_answers = serializers.IntegerField(min_value=1, max_value=50, default=1)
    only_decided = serializers.BooleanField(
        default=False, help_text="Only labels that a reviewer decided, or that were imported as finished."
    )
    without_flagged = serializers.BooleanField(default=False, help_text="Without items that have an open comment.")
    balance = serializers.BooleanField(default=False, help_text="As many items of each class as the rarest has.")
    sample = serializers.IntegerField(
        min_value=1, max_value=100_000_000, required=False, allow_null=True, help_text="The most training items."
    )


class VersionList(ProjectView, generics.ListAPIView):
    """The versions of a question; freeze one."""

    serializer_class = VersionSerializer
    permissions = {"GET": "view_versions", "POST": "freeze_versions"}
    filterset_fields = ["sha256"]
    queryset = Version.objects.none()

    def get_queryset(self) -> QuerySet[Version]:
        """Return the question's versions, newest first."""
        return self.question().versions.order_by("-number")

    @extend_schema(request=FreezeSerializer, responses={202: JobSerializer})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Freeze the labels in a job, once every accepted answer is counted."""
        asked = FreezeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        job = jobs.ask_freeze(self.question(), self.user, **asked.validated_data)
        return Response(JobSerializer(job).data, status=status.HTTP_202_ACCEPTED)


class VersionView(ProjectView):
    """A view of one version."""

    def version(self) -> Version:
        """Return the version in the URL. Raises Http404 if the question has no such version."""
        version = Version.objects.filter(question=self.question(), number=self.kwargs["number"]).first()
        if version is None:
            raise Http404("There is no such version.")
        return version


class VersionDetail(VersionView, generics.RetrieveAPIView):
    """One version."""

    serializer_class = VersionSerializer
    permissions = {"GET": "view_versions"}

    def get_object(self) -> Version:
        """Return the version in the URL."""
        return self.version()


class ProofSerializer(serializers.Serializer):
    """A proof that an item is in a version. `docs/check_proof.py` checks it."""

    format = serializers.CharField()
    version = serializers.CharField(help_text="The root: the SHA-256 of the version.")
    entry = serializers.CharField(help_text="What the version says of the item, as it is hashed.")
    salt = serializers.CharField(help_text="Hexadecimal.")
    path = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField(), min_length=2, max_length=2),
        help_text="What the hash of the item is joined with, upwards: the side and the other hash.",
    )


class VersionProof(VersionView):
    """The proof that an item is in a version."""

    permissions = {"GET": "export_versions"}

    @extend_schema(responses=ProofSerializer)
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return the proof. It can be checked without this server and without the other items."""
        try:
            return Response(proofs.prove(self.version(), self.kwargs["item_id"]))
        except proofs.NotProvable as problem:
            raise Http404(str(problem)) from None


class WithdrawnItemSerializer(serializers.Serializer):
    """An item that was withdrawn or erased since a version was frozen."""

    leaf = serializers.CharField(help_text="The hash of the item in the version. Exports name it.")
    sha256 = serializers.CharField(allow_null=True, help_text="The hash of its content; null if the item was erased.")
    withdrawn_at = serializers.DateTimeField()
    erased_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField()


class RelabelledSerializer(serializers.Serializer):
    """An item with another label."""

    item = serializers.IntegerField()
    sha256 = serializers.CharField(source="after.sha256")
    before = serializers.JSONField(source="before.label")
    after = serializers.JSONField(source="after.label")
    answers = serializers.IntegerField(help_text="New answers in between.")
    decided_by = serializers.CharField(help_text="Who decided last in between; empty if nobody did.")


class ChangedItemSerializer(serializers.Serializer):
    """An item that was added or removed."""

    item = serializers.IntegerField()
    sha256 = serializers.CharField()
    split = serializers.CharField()
    label = serializers.JSONField()  # type: ignore[assignment]


class DifferenceSerializer(serializers.Serializer):
    """What differs between two versions."""

    level = serializers.ChoiceField(choices=[level.value for level in differences.Level])
    counts = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="added, removed, relabelled; updated: with the same label and another probability or number of answers; "
        "erased: items that differ and were erased since.",
    )
    added = ChangedItemSerializer(many=True)
    removed = ChangedItemSerializer(many=True)
    relabelled = RelabelledSerializer(many=True)


class VersionDifference(VersionView):
    """What differs between a version and another one of the question."""

    permissions = {"GET": "export_versions"}
    query_parameters = frozenset({"from"})

    @extend_schema(
        responses=DifferenceSerializer,
        parameters=[
            OpenApiParameter("from", int, description="The number of the earlier version; by default the one before.")
        ],
    )
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return the items that were added, removed and relabelled since the earlier version: up to 1,000 of each."""
        after = self.version()
        number = request.query_params.get("from", str(after.number - 1))
        earlier = Version.objects.filter(question=self.question())
        before = earlier.filter(number=number).first() if number.isdecimal() and len(number) < 10 else None
        if before is None:
            raise serializers.ValidationError({"from": ["There is no such version."]})
        found = differences.between(before, after)
        counts = {name: len(getattr(found, name)) for name in ("added", "removed", "relabelled")}
        said = {
            "level": found.level,
            "counts": counts | {"updated": found.updated, "erased": found.erased},
            "added": differences.entries_of(found.added[:MOST_NAMED]),
            "removed": differences.entries_of(found.removed[:MOST_NAMED]),
            "relabelled": differences.relabelled(before, after, found.relabelled[:MOST_NAMED]),
        }
        return Response(DifferenceSerializer(said).data)


class VersionWithdrawn(VersionView):
    """What holders of a copy of a version should delete."""

    permissions = {"GET": "export_versions"}

    @extend_schema(responses=WithdrawnItemSerializer(many=True))
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return the items of the version that were withdrawn or erased since it was frozen."""
        return Response(WithdrawnItemSerializer(proofs.withdrawn(self.version()), many=True).data)


class ExportOptionsSerializer(serializers.Serializer):
    """What is chosen for an export."""

    annotations = serializers.BooleanField(default=False)
    formulas = serializers.BooleanField(default=False)


class VersionExport(VersionView):
    """A version as a file."""

    permissions = {"GET": "export_versions"}
    query_parameters = frozenset({"as", "annotations", "formulas"})

    @extend_schema(
        responses={(200, "text/csv"): OpenApiTypes.BINARY},
        parameters=[
            OpenApiParameter("as", enum=list(FORMATS), default="csv"),
            OpenApiParameter("annotations", bool, description="With every answer, and pseudonyms of the workers."),
            OpenApiParameter("formulas", bool, description="CSV and Excel: write cells that are formulas as they are."),
        ],
    )
    def get(self, request: Request, **kwargs: Any) -> StreamingHttpResponse:
        """Download a version with its contents; `as` names the format."""
        name = request.query_params.get("as", "csv")
        if name not in FORMATS:
            raise serializers.ValidationError(
                {"as": [f"There is no format “{name}”; there are: {', '.join(FORMATS)}."]}
            )
        chosen = ExportOptionsSerializer(data=request.query_params)
        chosen.is_valid(raise_exception=True)
        return download(self.version(), name, self.user, Options(**chosen.validated_data))
