"""Exports of Label Studio: imported by a job."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.api.common.fields import KnownFieldsOnly
from annotator.api.common.parsers import UnreadableBody, parse
from annotator.api.common.scoped import ProjectView
from annotator.api.jobs import JobSerializer
from annotator.intake import archives
from annotator.intake.found import BadContent
from annotator.intake.label_studio import job as label_studio
from annotator.intake.label_studio.questions import checked_mapping
from annotator.people.permissions import allowed
from annotator.server.limits import MB


class LabelStudioSerializer(KnownFieldsOnly):
    """An export, and what becomes of it."""

    file = serializers.FileField(
        allow_empty_file=True,
        help_text="The JSON export (not JSON-MIN), or a ZIP with it and the files that its tasks show.",
    )
    questions = serializers.CharField(
        required=False,
        default="{}",
        help_text='JSON: for a control (`from_name`), the id of the question its results go to, or 0 to leave it out, as in `{"mood": 7}`. '  # noqa: E501
        "Any other control gets the question of its name and kind, or a new one that is planned in batches.",
    )
    ground_truth = serializers.ChoiceField(
        choices=["answers", "gold"],
        default="answers",
        help_text="Whether annotations marked as ground truth become gold items, or answers like the others.",
    )


class LabelStudio(ProjectView):
    """Import an export of Label Studio."""

    parser_classes = [MultiPartParser]
    body_bytes = {"POST": archives.MOST_BYTES + MB}
    permissions = {"POST": "add_items"}

    @extend_schema(request=LabelStudioSerializer, responses={202: JobSerializer})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Import the tasks as items, the annotations as answers of people of another system, and the predictions as suggestions.

        The job's result counts what was imported, and names what could not be and why. Sending the same export again stores
        nothing twice.
        """
        sent = LabelStudioSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        said = sent.validated_data
        needed = {"manage_questions"} | ({"manage_quality"} if said["ground_truth"] == "gold" else set())
        if not needed <= allowed(self.member):
            raise PermissionDenied("Your role here does not allow this.")
        try:
            given = parse(said["questions"].encode())
            mapping = checked_mapping(self.project, given)
            name = said["file"].name or "export"
            job = label_studio.ask(self.project, self.user, name, said["file"], mapping, said["ground_truth"])
        except (UnreadableBody, UnicodeEncodeError) as problem:
            raise serializers.ValidationError({"questions": [str(problem)]}) from None
        except BadContent as problem:
            raise serializers.ValidationError({"file": [str(problem)]}) from None
        return Response(JobSerializer(job).data, status=status.HTTP_202_ACCEPTED)
