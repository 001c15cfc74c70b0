"""A version as a download."""

from itertools import chain

from django.http import StreamingHttpResponse
from django.utils.text import slugify

from annotator import audit
from annotator.models import User
from annotator.refusal import Refused
from datasets.exports import FORMATS, why_not
from datasets.exports.source import Options, Source
from datasets.models import Version
from datasets.versions import versions


def download(version: Version, name: str, user: User, options: Options | None = None) -> StreamingHttpResponse:
    """Return the file of a version in a format, streamed.

    Raises KeyError for an unknown format, and Refused if the format does not fit the question or the version is damaged.
    """
    form = FORMATS[name]
    options = options or Options()
    source = Source(version, options)
    if reason := why_not(source, name):
        raise Refused(f"{form.TITLE} does not fit this question. {reason}", "format_does_not_fit", 400)
    pieces = form.write(source)
    try:
        first = next(pieces)  # a damaged version is refused before anything is sent
    except versions.Damaged as problem:
        raise Refused(str(problem), "version_damaged") from None
    audit.record(user, version.project, "exported a version", number=version.number, format=name, **options.as_dict())
    response = StreamingHttpResponse(chain([first], pieces), content_type=form.MEDIA_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{file_name(version, name)}"'
    response["ETag"] = (
        f'"{version.sha256}-{name}{"-annotations" * options.annotations}{"-formulas" * options.formulas}"'
    )
    return response


def file_name(version: Version, name: str) -> str:
    """Return the name of a version's file in a format: project, question, number and the start of the hash."""
    project = slugify(version.project.name) or "project"
    return f"{project}-q{version.question_id}-v{version.number}-{version.sha256[:8]}.{FORMATS[name].EXTENSION}"
