"""Items: listed, and brought in as files or as a ZIP archive of them."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import generics, serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.api.common.scoped import ProjectView
from annotator.api.jobs import JobSerializer
from annotator.intake import archives, upload
from annotator.kinds import bootstrap
from annotator.models import Change, Item
from annotator.people.permissions import allowed, may_tell_known_items
from annotator.server.limits import MB


class ItemSerializer(serializers.ModelSerializer):
    """An item; `content` is the address of what it is made of."""

    content = serializers.SerializerMethodField()
    original = serializers.SerializerMethodField(
        help_text="The address of the file as it was sent, where the import changed it; empty otherwise."
    )
    changes = serializers.ListField(child=serializers.ChoiceField(choices=Change.choices), read_only=True)

    class Meta:
        model = Item
        fields = [
            "id",
            "name",
            "sha256",
            "modality",
            "mime_type",
            "size",
            "width",
            "height",
            "length",
            "split",
            "path",
            "external_id",
            "group",
            "tags",
            "priority",
            "fields",
            "changes",
            "content",
            "original",
            "created_at",
        ]

    def get_content(self, item: Item) -> str:
        """Return the path of the item's content."""
        return bootstrap.content_address(item.project_id, item.sha256)

    def to_representation(self, item: Item) -> dict[str, Any]:
        """Return the item, without its fields for people who answer and may not know the answer: a field may hold it."""
        shown: dict[str, Any] = super().to_representation(item)
        view = self.context.get("view")
        if not isinstance(view, ProjectView) or not may_tell_known_items(allowed(view.member)):
            shown |= {"fields": {}, "external_id": "", "group": "", "tags": []}
        return shown

    def get_original(self, item: Item) -> str:
        """Return the path of the file as it was sent, or an empty text if it is the content."""
        return reverse("api:original", args=[item.project_id, item.pk]) if item.original_sha256 else ""


class FilesSerializer(serializers.Serializer):
    """What is sent: one or more files, or one archive."""

    files = serializers.ListField(child=serializers.FileField(allow_empty_file=True), required=False)
    archive = serializers.FileField(required=False, allow_empty_file=True)


class ItemList(ProjectView, generics.ListAPIView):
    """The items of a project; bring files in."""

    serializer_class = ItemSerializer
    parser_classes = [MultiPartParser]
    body_bytes = {"POST": upload.MOST_ARCHIVE_BYTES + MB}
    permissions = {"GET": "view_items", "POST": "add_items"}
    queryset = Item.objects.none()
    filterset_fields = ["split", "modality", "sha256", "name"]

    def get_queryset(self) -> QuerySet[Item]:
        """Return the project's items."""
        return self.project.items.all()

    @extend_schema(
        request=FilesSerializer,
        responses={
            201: ItemSerializer(many=True),
            202: JobSerializer,
            400: OpenApiResponse(description="The reasons, a file"),
        },
        description="Send files (pictures, texts, HTML, sounds, PDF, CSV, JSON Lines) as `files`: "
        "all are stored, or none and every reason is named. "
        "Send a ZIP or TAR as `archive`: a job takes it in, and what is bad in it is named in the job's result.",
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Bring files in."""
        archive = request.FILES.get("archive")
        try:
            if isinstance(archive, UploadedFile):
                job = upload.archive(self.project, self.user, archive)
                return Response(JobSerializer(job).data, status=status.HTTP_202_ACCEPTED)
            items = upload.direct(self.project, self.user, request.FILES.getlist("files"))
        except archives.BadArchive as problem:
            raise serializers.ValidationError({"archive": [str(problem)]}) from None
        except upload.BadUpload as problem:
            raise serializers.ValidationError({"files": problem.reasons}) from None
        shown = ItemSerializer(items, many=True, context=self.get_serializer_context())
        return Response(shown.data, status=status.HTTP_201_CREATED)
