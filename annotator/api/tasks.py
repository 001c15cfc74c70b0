"""Tasks: the next one, an answer to it, holding it longer, giving it back.

The desk uses these endpoints, and so may any other.
"""

import uuid
from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from annotator import queue
from annotator.api.common.schemas import ValueField
from annotator.api.fast_path import FastPathView, SteppingView
from annotator.kinds import bootstrap
from annotator.quality import skips

MOST_ACTIVE_MS = 24 * 3600 * 1000
REFUSAL = OpenApiResponse(description="`detail` says why, `code` names it: answered, lease_expired, not_held, id_taken")


class ShownSuggestionSerializer(serializers.Serializer):
    """What a model predicts for the item, as the desk shows it."""

    value = ValueField()
    model = serializers.CharField()


class NextSerializer(serializers.Serializer):
    """How many tasks are wanted."""

    count = serializers.IntegerField(min_value=1, max_value=queue.MOST_HELD, default=1)


class TaskSerializer(serializers.Serializer):
    """A task in the person's hands."""

    task = serializers.UUIDField(help_text="Names the task for you alone; nobody else's task has the same id.")
    modality = serializers.CharField(help_text="picture, text, html, audio, row or pair")
    content = serializers.CharField(help_text="The address of the item's content.")
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    length = serializers.IntegerField(help_text="Unicode code points, of a text.")
    text = serializers.CharField(
        allow_null=True,
        help_text="The content, unless it is a picture, a sound or longer than 64 KiB: that is at `content`.",
    )
    suggestion = ShownSuggestionSerializer(allow_null=True)
    expires_at = serializers.DateTimeField()
    expires_in = serializers.IntegerField(help_text="Seconds; clocks may differ.")


class TasksSerializer(serializers.Serializer):
    """The tasks, none where there are no more."""

    tasks = TaskSerializer(many=True)


class AnswerSerializer(serializers.Serializer):
    """An answer. `id` is made by the client: sent twice, it is one answer."""

    id = serializers.UUIDField()
    value = ValueField()
    active_ms = serializers.IntegerField(min_value=0, max_value=MOST_ACTIVE_MS, default=0)
    next = serializers.IntegerField(
        min_value=0, max_value=queue.MOST_HELD, default=0, help_text="How many tasks to hold after it; saves a request."
    )
    revision = serializers.IntegerField(
        min_value=1,
        max_value=32767,
        required=False,
        help_text="The wording that was seen; the present one where left out.",
    )
    replaces = serializers.UUIDField(required=False, help_text="Your answer that this one takes the place of.")


class ReceiptSerializer(serializers.Serializer):
    """What is told of an answer; `duplicate` where it was stored before."""

    id = serializers.UUIDField()
    duplicate = serializers.BooleanField()
    tasks = TaskSerializer(many=True, required=False, help_text="Where `next` was sent.")


class LeaseSerializer(serializers.Serializer):
    """Until when a task is held."""

    expires_at = serializers.DateTimeField()
    expires_in = serializers.IntegerField()


def as_task(handed: queue.AssignedTask) -> dict[str, Any]:
    """Return what a person sees of a task: the item, and nothing that shows why it is asked."""
    return {
        "task": str(handed.public_id),
        "modality": handed.modality,
        "content": bootstrap.content_address(handed.project_id, handed.sha256),
        "width": handed.width,
        "height": handed.height,
        "length": handed.length,
        "text": handed.text or None,
        "suggestion": handed.suggestion,
        "expires_at": handed.expires_at,
        "expires_in": max(0, round((handed.expires_at - timezone.now()).total_seconds())),
    }


class NextTask(FastPathView):
    """Ask for tasks."""

    permissions = {"POST": "answer"}
    request_serializer = NextSerializer

    @staticmethod
    def respond(
        person: queue.Named, sent: dict[str, Any], project_id: int, question_id: int
    ) -> tuple[dict[str, Any], int]:
        """Hand tasks out."""
        question = queue.QuestionReference(question_id, project_id)
        tasks = [as_task(one) for one in queue.next_tasks(question, person, sent["count"])]
        return {"tasks": tasks}, status.HTTP_200_OK

    @extend_schema(request=NextSerializer, responses=TasksSerializer)
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Hold up to three tasks: first those held already, then new ones."""
        self.question()  # 404 where the person may not see it
        return self.slow(request, **kwargs)


class AnswerTask(FastPathView):
    """Answer a task."""

    permissions = {"POST": "answer"}
    request_serializer = AnswerSerializer

    @staticmethod
    def respond(
        person: queue.Named, sent: dict[str, Any], project_id: int, task: uuid.UUID
    ) -> tuple[dict[str, Any], int]:
        """Store an answer or a change, and hand out the next tasks if some are wanted.

        The answer is stored even if no task can be handed out.
        """
        project, ahead = queue.Reference(project_id), sent["next"]
        what = (sent["id"], sent["value"])
        active_ms, revision = sent["active_ms"], sent.get("revision")
        if replaces := sent.get("replaces"):
            receipt = queue.change(project, task, person, *what, replaces, active_ms, revision)
        else:
            receipt = queue.submit(project, task, person, *what, active_ms, ahead, revision)
        said: dict[str, Any] = {"id": str(receipt.answer_id), "duplicate": receipt.duplicate}
        if ahead:
            try:
                question = queue.QuestionReference(receipt.question_id, project_id)
                tasks = receipt.tasks or queue.next_tasks(question, person, ahead)
                said["tasks"] = [as_task(one) for one in tasks]
            except queue.Refused as refused:
                said |= {"tasks": [], "refused": {"detail": refused.reason, "code": refused.code}}
        return said, status.HTTP_200_OK if receipt.duplicate else status.HTTP_201_CREATED

    @extend_schema(request=AnswerSerializer, responses={201: ReceiptSerializer, 200: ReceiptSerializer, 409: REFUSAL})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Store an answer: 201 where it is new, 200 where the same answer was stored before."""
        return self.slow(request, **kwargs)


class PaySerializer(serializers.Serializer):
    """What you were paid for a question, and how much of today is paid in its project."""

    mode = serializers.CharField(help_text="answer, hour, or free: not from this budget")
    earned = serializers.DecimalField(max_digits=20, decimal_places=6)
    day_ms = serializers.IntegerField(help_text="By the hour: the time of today (UTC) that is paid.")
    day_most_ms = serializers.IntegerField(help_text="By the hour: the most time of a day that is paid; 0 otherwise.")


class OwnPay(SteppingView):
    """What you were paid."""

    permissions = {"GET": "answer"}

    @extend_schema(responses=PaySerializer)
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return what was booked for your answers to a question, without what was taken back."""
        return Response(bootstrap.booked(self.question(), self.user))


class RenewTask(SteppingView):
    """Hold a task for longer."""

    permissions = {"POST": "answer"}

    @extend_schema(request=None, responses={200: LeaseSerializer, 409: REFUSAL})
    def post(self, request: Request, task: uuid.UUID, **kwargs: Any) -> Response:
        """Renew the lease of a task in your hands."""
        end = queue.renew(self.project, task, self.user)
        return Response({"expires_at": end, "expires_in": settings.TASK_LEASE_SECONDS})


class ReturnTask(SteppingView):
    """Give a task back unanswered."""

    permissions = {"POST": "answer"}

    @extend_schema(request=None, responses={204: None, 409: REFUSAL})
    def post(self, request: Request, task: uuid.UUID, **kwargs: Any) -> Response:
        """Return a task; someone else may have it at once."""
        queue.give_back(self.project, task, self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class SkipSerializer(serializers.Serializer):
    """Why a task is skipped."""

    reason = serializers.CharField(max_length=300)


class SkipTask(SteppingView):
    """Skip a task."""

    permissions = {"POST": "answer"}

    @extend_schema(request=SkipSerializer, responses={204: None, 409: REFUSAL})
    def post(self, request: Request, task: uuid.UUID, **kwargs: Any) -> Response:
        """Skip a task permanently, with the reason. A task that many people skip goes to review."""
        sent = SkipSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        skips.skip(self.project, task, self.user, sent.validated_data["reason"])
        return Response(status=status.HTTP_204_NO_CONTENT)
