"""Comments: a question is unclear, or something else its manager should know."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.api.common.fields import KnownFieldsOnly
from annotator.api.common.scoped import ProjectView
from annotator.models import Flag
from annotator.queue import flags


class FlagSerializer(serializers.ModelSerializer):
    """A comment, and what was replied."""

    username = serializers.CharField(source="worker.username", read_only=True)

    class Meta:
        model = Flag
        fields = ["id", "kind", "task", "username", "comment", "created_at", "settled_at", "reply"]


class OwnFlagSerializer(FlagSerializer):
    """A comment as its author sees it.

    `task` is the id they sent. The task's own id would show its position in the queue, and with it whether the item is gold.
    """

    task = serializers.UUIDField(allow_null=True)


class NewFlagSerializer(KnownFieldsOnly):
    """A comment to the manager, on the question or at one task of it."""

    comment = serializers.CharField(max_length=1000)
    task = serializers.UUIDField(required=False)


class FlagList(ProjectView, generics.ListAPIView):
    """The comments on a question; write one."""

    serializer_class = FlagSerializer
    permissions = {"GET": "manage_questions", "POST": "comment"}
    filterset_fields = ["kind"]
    queryset = Flag.objects.none()

    def get_queryset(self) -> QuerySet[Flag]:
        """Return the comments, newest first."""
        return self.question().flags.select_related("worker")

    @extend_schema(request=NewFlagSerializer, responses={201: OwnFlagSerializer})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Write a comment."""
        question = self.question()
        sent = NewFlagSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        flag = flags.raise_flag(
            question,
            self.user,
            self.member.role,
            sent.validated_data["comment"],
            sent.validated_data.get("task"),
        )
        said = FlagSerializer(flag).data | {"task": sent.validated_data.get("task")}
        return Response(said, status=status.HTTP_201_CREATED)


class ReplySerializer(KnownFieldsOnly):
    """What is replied to a comment."""

    reply = serializers.CharField(max_length=1000, default="", allow_blank=True)


class SettleFlag(ProjectView):
    """Answer a comment."""

    permissions = {"POST": "manage_questions"}

    @extend_schema(request=ReplySerializer, responses=FlagSerializer)
    def post(self, request: Request, flag_id: int, **kwargs: Any) -> Response:
        """Settle a comment, with a reply its author sees."""
        flag = Flag.objects.filter(pk=flag_id, question__project=self.project).first()
        if flag is None:
            raise Http404("There is no such comment in this project.")
        sent = ReplySerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        return Response(FlagSerializer(flags.settle(flag, self.user, sent.validated_data["reply"])).data)
