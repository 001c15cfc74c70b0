"""Tasks: the next one, an answer to it, holding it longer, giving it back.

The desk uses these endpoints, and so may any other.
"""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from annotator import queue
from annotator.api.scoped import ProjectView
from annotator.models import Assignment

REFUSAL = OpenApiResponse(description="`detail` says why, `code` names it: answered, lease_expired, not_held, id_taken")


class NextSerializer(serializers.Serializer):
    """How many tasks are wanted."""

    count = serializers.IntegerField(min_value=1, max_value=queue.MOST_HELD, default=1)


class TaskSerializer(serializers.Serializer):
    """A task in the person's hands."""

    task = serializers.IntegerField()
    picture = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    expires_at = serializers.DateTimeField()


class TasksSerializer(serializers.Serializer):
    """The tasks, none where there are no more."""

    tasks = TaskSerializer(many=True)


class AnswerSerializer(serializers.Serializer):
    """An answer. `id` is made by the client: sent twice, it is one answer."""

    id = serializers.UUIDField()
    value = serializers.JSONField()
    active_ms = serializers.IntegerField(min_value=0, max_value=24 * 3600 * 1000, default=0)


class ReceiptSerializer(serializers.Serializer):
    """What is told of an answer; `duplicate` where it was stored before."""

    id = serializers.UUIDField()
    duplicate = serializers.BooleanField()


class LeaseSerializer(serializers.Serializer):
    """Until when a task is held."""

    expires_at = serializers.DateTimeField()


def as_task(assignment: Assignment) -> dict[str, Any]:
    """Return what a person is told of a task: the item, and nothing that tells test from training."""
    item = assignment.task.item
    return {
        "task": assignment.task_id,
        "picture": reverse("content", args=[item.project_id, item.sha256]),
        "width": item.width,
        "height": item.height,
        "expires_at": assignment.expires_at,
    }


class NextTask(ProjectView):
    """Ask for tasks."""

    permissions = {"POST": "answer"}

    @extend_schema(request=NextSerializer, responses=TasksSerializer)
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Hold up to three tasks: first those held already, then new ones."""
        asked = NextSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        assignments = queue.next_tasks(self.question(), request.user, asked.validated_data["count"])  # type: ignore[arg-type]
        return Response({"tasks": [as_task(one) for one in assignments]})


class AnswerTask(ProjectView):
    """Answer a task."""

    permissions = {"POST": "answer"}

    @extend_schema(request=AnswerSerializer, responses={201: ReceiptSerializer, 200: ReceiptSerializer, 409: REFUSAL})
    def post(self, request: Request, task_id: int, **kwargs: Any) -> Response:
        """Store an answer: 201 where it is new, 200 where the same answer was stored before."""
        sent = AnswerSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        receipt = queue.submit(
            self.project,
            task_id,
            request.user,
            sent.validated_data["id"],
            sent.validated_data["value"],  # type: ignore[arg-type]
            sent.validated_data["active_ms"],
        )
        return Response(
            {"id": receipt.answer.pk, "duplicate": receipt.duplicate},
            status=status.HTTP_200_OK if receipt.duplicate else status.HTTP_201_CREATED,
        )


class RenewTask(ProjectView):
    """Hold a task for longer."""

    permissions = {"POST": "answer"}

    @extend_schema(request=None, responses={200: LeaseSerializer, 409: REFUSAL})
    def post(self, request: Request, task_id: int, **kwargs: Any) -> Response:
        """Renew the lease of a task in your hands."""
        assignment = queue.renew(self.project, task_id, request.user)  # type: ignore[arg-type]
        return Response({"expires_at": assignment.expires_at})


class ReturnTask(ProjectView):
    """Give a task back unanswered."""

    permissions = {"POST": "answer"}

    @extend_schema(request=None, responses={204: None, 409: REFUSAL})
    def post(self, request: Request, task_id: int, **kwargs: Any) -> Response:
        """Return a task; someone else may have it at once."""
        queue.give_back(self.project, task_id, request.user)  # type: ignore[arg-type]
        return Response(status=status.HTTP_204_NO_CONTENT)
