"""The content of items: what people brought in, shown under a policy that runs nothing of it."""

import re

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.views.decorators.http import require_safe

from annotator import storage
from annotator.access import project_page
from annotator.headers import CONTENT_POLICY
from annotator.models import Project

_SHA256 = re.compile(r"^[0-9a-f]{64}\Z")


@require_safe
@project_page("view_question")
def content(request: HttpRequest, project: Project, sha256: str) -> HttpResponse:
    """Serve a picture of the project: an item's, or an example of one of its questions."""
    media_type = _media_type(project, sha256) if _SHA256.match(sha256) else None
    if media_type is None:
        raise Http404("There is no such picture in this project.")
    etag = f'"{sha256}"'
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponse = HttpResponseNotModified()
    else:
        try:
            response = HttpResponse(storage.get(storage.content_key(sha256)), content_type=media_type)
        except storage.Missing:
            raise Http404("The picture is not in the storage any more.") from None
    response["ETag"] = etag
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    response["Content-Security-Policy"] = CONTENT_POLICY
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _media_type(project: Project, sha256: str) -> str | None:
    item = project.items.filter(sha256=sha256).only("media_type").first()
    if item:
        return item.media_type
    examples = [example for question in project.questions.all() for example in question.examples]
    return "image/png" if any(example.get("picture") == sha256 for example in examples) else None
