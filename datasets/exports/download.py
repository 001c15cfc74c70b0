"""A version as a download."""

from django.http import StreamingHttpResponse
from django.utils.text import slugify

from annotator import audit
from annotator.models import User
from datasets.exports import FORMATS
from datasets.exports.rows import rows
from datasets.models import Version


def download(version: Version, name: str, user: User) -> StreamingHttpResponse:
    """Return the file of a version in a format, streamed. Raises KeyError for an unknown format."""
    form = FORMATS[name]
    audit.record(user, version.project, "exported a version", number=version.number, format=name)
    response = StreamingHttpResponse(form.write(rows(version)), content_type=form.MEDIA_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{file_name(version, name)}"'
    response["ETag"] = f'"{version.sha256}-{name}"'
    return response


def file_name(version: Version, name: str) -> str:
    """Return the name of a version's file in a format: project, question, number and the start of the hash."""
    project = slugify(version.project.name) or "project"
    return f"{project}-q{version.question_id}-v{version.number}-{version.sha256[:8]}.{FORMATS[name].EXTENSION}"
