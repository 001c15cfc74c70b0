"""Items: found, changed, and brought in as files or as a ZIP archive of them."""

from typing import Any
from urllib.parse import urlencode

from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.api.common.scoped import MOST, ProjectView
from annotator.api.jobs import JobSerializer
from annotator.intake import archives, folders, upload
from annotator.intake import jobs as intake
from annotator.intake.folders import Folders
from annotator.items import found
from annotator.items import search as searching
from annotator.kinds import bootstrap
from annotator.models import Change, Item
from annotator.people.permissions import allowed, may_tell_known_items
from annotator.server.buckets import BadBucket
from annotator.server.limits import MB

# What an item's row, folder or manager says of it may tell the answer.
CLOSED: dict[str, Any] = {
    "fields": {},
    "path": "",
    "reference": "",
    "external_id": "",
    "group": "",
    "tags": [],
    "priority": 0,
    "withdrawn_reason": "",
}


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
            "reference",
            "fields",
            "external_id",
            "group",
            "tags",
            "priority",
            "changes",
            "content",
            "original",
            "created_at",
            "withdrawn_at",
            "withdrawn_reason",
            "erased_at",
        ]

    def get_content(self, item: Item) -> str:
        """Return the path of the item's content."""
        return bootstrap.content_address(item.project_id, item.sha256)

    def to_representation(self, item: Item) -> dict[str, Any]:
        """Return the item. People who answer and may not know the answer get nothing of it that may hold the answer."""
        shown: dict[str, Any] = super().to_representation(item)
        view = self.context.get("view")
        if not isinstance(view, ProjectView) or not may_tell_known_items(allowed(view.member)):
            shown |= CLOSED
        return shown

    def get_original(self, item: Item) -> str:
        """Return the path of the file as it was sent, or an empty text if it is the content."""
        return reverse("api:original", args=[item.project_id, item.pk]) if item.original_sha256 else ""


class FilesSerializer(serializers.Serializer):
    """What is sent: one or more files, or one archive."""

    files = serializers.ListField(child=serializers.FileField(allow_empty_file=True), required=False)
    archive = serializers.FileField(required=False, allow_empty_file=True)
    bucket = serializers.CharField(
        required=False, max_length=1100, help_text="Instead of files: a bucket or prefix, such as s3://photos/2026/."
    )
    by_reference = serializers.BooleanField(
        default=False,
        help_text="Whether pictures and sounds stay in the bucket, if people can be shown them as they are.",
    )
    outer = serializers.ChoiceField(
        choices=folders.CHOICES, required=False, help_text="What the outermost folder of an archive is."
    )
    inner = serializers.ChoiceField(
        choices=folders.CHOICES, required=False, help_text="What the innermost folder of an archive is."
    )
    question = serializers.IntegerField(required=False, help_text="The question that folders used as label answer.")
    answers_as = serializers.ChoiceField(choices=folders.AS_CHOICES, required=False)


class FoundSerializer(serializers.Serializer):
    """A page of the items that were found."""

    count = serializers.IntegerField(
        allow_null=True, help_text=f"How many were found; null where there are more than {found.MOST_COUNTED:,}."
    )
    next = serializers.CharField(
        allow_null=True, help_text="The address of the next page. Follow it to read all items."
    )
    previous = serializers.CharField(allow_null=True)
    results = ItemSerializer(many=True)


class FoundItems(ProjectView):
    """The page of items that a search finds, as a reply."""

    def found(self, request: Request) -> dict[str, Any]:
        """Return the page that the address asks for."""
        may_tell = may_tell_known_items(allowed(self.member))
        search = searching.read(request.query_params.dict(), self.project, may_tell)
        size, number = _number(request, "page_size", 100, 1000), _number(request, "page", 1, 10**9)
        if "after" in request.query_params:
            last = self.project.items.filter(pk=_number(request, "after", 0, MOST)).first()
            if last is None:
                raise NotFound("There is no such item to go on after.")
            page = found.after(self.project, search, size, last)
        else:
            start = (number - 1) * size
            if start > found.MOST_COUNTED:
                raise NotFound(f"Pages end at {found.MOST_COUNTED:,} items; the address in `next` goes on.")
            page = found.page(self.project, search, size, start)
            if number > 1 and not page.items:
                raise NotFound("Invalid page.")
        shown = ItemSerializer(page.items, many=True, context={"request": request, "view": self})
        after = None if page.last or not page.items else page.items[-1].pk
        before = number - 1 if number > 1 and "after" not in request.query_params else None
        return {
            "count": None if page.more or "after" in request.query_params else page.count,
            "next": self._address(request, after=after),
            "previous": self._address(request, page=before),
            "results": shown.data,
        }

    def _address(self, request: Request, **more: int | None) -> str | None:
        if None in more.values():
            return None
        kept = {name: value for name, value in request.query_params.items() if name not in ("page", "after")}
        return request.build_absolute_uri(f"{request.path}?{urlencode(kept | more)}")


def _number(request: Request, name: str, usual: int, most: int) -> int:
    """Return a number of the address, from 1 to `most`. Raises NotFound for anything else."""
    text = request.query_params.get(name, str(usual))
    if not text.isascii() or not text.isdigit() or len(text) > 19 or not 0 < int(text) <= MOST:
        raise NotFound(f"“{name}” is a number from 1 on.")
    return min(int(text), most)


FILTERS = {
    "q": "Words: items that have all of them in their text, name, path, external id or fields. A word may be its beginning.",
    "split": "train or test",
    "modality": "picture, text, html, audio, row or pair",
    "tag": "",
    "group": "",
    "external_id": "",
    "name": "",
    "sha256": "",
    "withdrawn": "true: only withdrawn items, which are left out otherwise",
    "asked": "The id of a question that asks about them.",
    "not_asked": "The id of a question that does not ask about them.",
    "answered": "The id of a question to which they have an answer.",
    "not_answered": "The id of a question to which they have no answer.",
    "order": "newest, oldest, name, external_id (items that have one) or priority",
}


class ItemList(FoundItems):
    """The items of a project; bring files in."""

    parser_classes = [MultiPartParser]
    body_bytes = {"POST": archives.MOST_BYTES + MB}
    permissions = {"GET": "view_items", "POST": "add_items"}
    query_parameters = frozenset({*FILTERS, "after"})

    @extend_schema(
        parameters=[
            *(OpenApiParameter(name, str, description=text) for name, text in FILTERS.items()),
            OpenApiParameter("after", int, description="The id of the last item of the page before; `next` has it."),
            OpenApiParameter("page", int, description=f"As long as it lies within {found.MOST_COUNTED:,} items."),
            OpenApiParameter("page_size", int, description="At most 1,000; 100 where left out."),
        ],
        operation_id="v1_projects_items_list",
        responses=FoundSerializer,
        description="Find items. People who answer, and may not know which items are gold, find them by name, split and "
        "modality only.",
    )
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return items that a search finds, with their count."""
        return Response(self.found(request))

    @extend_schema(
        request=FilesSerializer,
        responses={
            201: ItemSerializer(many=True),
            202: JobSerializer,
            400: OpenApiResponse(description="The reasons, a file"),
        },
        description="Send files (pictures, texts, HTML, sounds, PDF, CSV, JSON Lines) as `files`: "
        "all are stored, or none and every reason is named. "
        "Send a ZIP or TAR as `archive`, or name a `bucket`: a job imports it, and its result names what is bad in it.",
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Bring files in."""
        archive = request.FILES.get("archive")
        try:
            if isinstance(archive, UploadedFile):
                job = upload.archive(self.project, self.user, archive, Folders.checked(self.project, request.POST))
                return Response(JobSerializer(job).data, status=status.HTTP_202_ACCEPTED)
            if address := request.POST.get("bucket", ""):
                by_reference = request.POST.get("by_reference", "") in ("true", "1")
                chosen = Folders.checked(self.project, request.POST)
                job = intake.ask_bucket(self.project, self.user, address, chosen, by_reference)
                return Response(JobSerializer(job).data, status=status.HTTP_202_ACCEPTED)
            items = upload.direct(self.project, self.user, request.FILES.getlist("files"))
        except folders.BadFolders as problem:
            raise serializers.ValidationError({"folders": [str(problem)]}) from None
        except BadBucket as problem:
            raise serializers.ValidationError({"bucket": [str(problem)]}) from None
        except archives.BadArchive as problem:
            raise serializers.ValidationError({"archive": [str(problem)]}) from None
        except upload.BadUpload as problem:
            raise serializers.ValidationError({"files": problem.reasons}) from None
        shown = ItemSerializer(items, many=True, context={"request": request, "view": self})
        return Response(shown.data, status=status.HTTP_201_CREATED)
