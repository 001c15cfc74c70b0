"""The content of items: what people brought in, shown under a policy that runs nothing of it."""

import re
from typing import Any

from django.http import FileResponse, Http404, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from annotator import contents, storage
from annotator.api.common.scoped import ProjectView
from annotator.models import Item, Project
from annotator.models.item import IN_DATABASE
from annotator.server.headers import CONTENT_POLICY

_SHA256 = re.compile(r"^[0-9a-f]{64}\Z")


class Gone(APIException):
    """The content of an item that was erased."""

    status_code = 410
    default_detail = "This item was erased: its content was deleted permanently."
    default_code = "erased"


class Unavailable(APIException):
    """The content of an item whose bucket does not answer."""

    status_code = 503
    default_detail = "The place where this item is stored does not answer. Try again in a few seconds."
    default_code = "unavailable"
    wait = 5  # becomes the header Retry-After


class ItemContent(ProjectView):
    """The content of an item of the project, or an example picture of one of its questions."""

    permissions = {"GET": "view_question"}

    @extend_schema(responses={(200, "image/*"): OpenApiTypes.BINARY})
    def get(self, request: Request, sha256: str, **kwargs: Any) -> HttpResponse:
        """Return the bytes as they came in. They never change: keep them for ever."""
        item = self.project.items.filter(sha256=sha256).first() if _SHA256.match(sha256) else None
        mime_type = item.mime_type if item else "image/png" if _is_example(self.project, sha256) else None
        if item is not None and item.erased_at:
            if not _is_example(self.project, sha256):
                raise Gone
            item, mime_type = None, "image/png"
        if mime_type is None:
            raise Http404("There is no such picture in this project.")
        etag = f'"{sha256}"'
        if request.headers.get("If-None-Match") == etag:
            response: HttpResponse = HttpResponseNotModified()
        else:
            try:
                content = _read(item, sha256)
                response = HttpResponse(content, content_type=mime_type)
            except contents.NotNow as problem:
                raise Unavailable(str(problem)) from None
            except (storage.Missing, contents.Changed):
                raise Http404("The picture is not in the storage any more.") from None
        response["ETag"] = etag
        response["Cache-Control"] = "private, max-age=31536000, immutable"
        response["Content-Security-Policy"] = CONTENT_POLICY
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        return response


class ItemOriginal(ProjectView):
    """The file that an item was made from, as it was sent."""

    permissions = {"GET": "view_items"}

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, item_id: int, **kwargs: Any) -> HttpResponseBase:
        """Download the file. It is never shown as a page, whatever it contains."""
        if self.project.items.filter(pk=item_id, erased_at__isnull=False).exists():
            raise Gone
        item = self.project.items.exclude(original_sha256="").filter(pk=item_id).first()
        if item is None:
            raise Http404("There is no such item in this project, or its file is its content.")
        try:
            file = storage.open_content(item.original_sha256)
        except storage.Missing:
            raise Http404("The file is not in the storage any more.") from None
        response = FileResponse(file, as_attachment=True, filename=item.name, content_type="application/octet-stream")
        response["Content-Security-Policy"] = CONTENT_POLICY
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        return response


def _read(item: Item | None, sha256: str) -> bytes:
    if item is not None and (item.modality in IN_DATABASE or item.reference):
        return contents.read_item(item, quickly=True)
    return storage.get(storage.content_key(sha256))


def _is_example(project: Project, sha256: str) -> bool:
    examples = [example for question in project.questions.all() for example in question.examples]
    return any(example.get("picture") == sha256 for example in examples)
