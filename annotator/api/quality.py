"""Gold, qualification, and how people stand at a question."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.api.common.fields import KnownFieldsOnly, refuse_unchangeable
from annotator.api.common.schemas import ValueField
from annotator.api.common.scoped import ProjectView
from annotator.models import Gold, Purpose, User, WorkerStatus
from annotator.quality import gold, wilson, worker_rules


class GoldSerializer(KnownFieldsOnly):
    """An item whose answer is known."""

    item = serializers.IntegerField(source="task.item_id", min_value=1, max_value=2**63 - 1)
    value = ValueField()
    purpose = serializers.ChoiceField(
        choices=[Purpose.GOLD, Purpose.QUALIFICATION], source="task.purpose", default=Purpose.GOLD
    )
    note = serializers.CharField(max_length=300, default="", allow_blank=True)


class GoldList(ProjectView):
    """The known answers of a question; add one."""

    permissions = {"GET": "manage_quality", "POST": "manage_quality"}

    @extend_schema(responses=GoldSerializer(many=True))
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return the known answers."""
        found = Gold.objects.filter(task__question=self.question()).select_related("task").order_by("pk")
        return Response(GoldSerializer(found, many=True).data)

    @extend_schema(request=GoldSerializer, responses={201: GoldSerializer})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Make an item one whose answer is known."""
        question = self.question()
        sent = GoldSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        item = self.project.items.filter(pk=sent.validated_data["task"]["item_id"]).first()
        if item is None:
            raise serializers.ValidationError({"item": ["There is no such item in this project."]})
        made = gold.add(
            question,
            self.user,
            item,
            sent.validated_data["value"],
            sent.validated_data["task"].get("purpose", Purpose.GOLD),
            sent.validated_data["note"],
        )
        return Response(GoldSerializer(made).data, status=status.HTTP_201_CREATED)


class WorkerStatusSerializer(serializers.ModelSerializer):
    """The status of a person; `gold_interval` is the 95% interval of their accuracy on gold."""

    username = serializers.CharField(source="worker.username")
    name = serializers.CharField(source="worker.display_name")
    imported = serializers.BooleanField(source="worker.imported", help_text="Somebody of another system.")
    gold_interval = serializers.SerializerMethodField()

    class Meta:
        model = WorkerStatus
        fields = [
            "username",
            "name",
            "imported",
            "state",
            "reason",
            "overruled",
            "answers",
            "skips",
            "gold_right",
            "gold_total",
            "gold_interval",
            "qualification_right",
            "qualification_total",
            "last_at",
        ]

    def get_gold_interval(self, standing: WorkerStatus) -> list[float]:
        """Return Wilson's 95% interval."""
        return [round(end, 4) for end in wilson(standing.gold_right, standing.gold_total)]


class WorkerStatusList(ProjectView):
    """How everyone stands at a question."""

    permissions = {"GET": "view_live"}

    @extend_schema(responses=WorkerStatusSerializer(many=True))
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return the worker_statuses."""
        found = self.question().worker_statuses.select_related("worker").order_by("pk")
        return Response(WorkerStatusSerializer(found, many=True).data)


class PauseSerializer(serializers.Serializer):
    """Pause a person at a question, or let them go on whatever gold says."""

    paused = serializers.BooleanField()
    reason = serializers.CharField(max_length=300, default="", allow_blank=True)
    exclude_answers = serializers.BooleanField(
        default=True, help_text="Whether their answers are excluded and asked again."
    )


class WorkerStatusDetail(ProjectView):
    """One person at a question."""

    permissions = {"PATCH": "manage_members"}

    @extend_schema(request=PauseSerializer, responses=WorkerStatusSerializer)
    def patch(self, request: Request, username: str, **kwargs: Any) -> Response:
        """Pause the person here, or overrule the pause."""
        question = self.question()
        worker = User.objects.filter(username=username, memberships__project=self.project).first()
        if worker is None:
            raise Http404("There is no such person in this project.")
        standing = question.worker_statuses.select_related("worker").filter(worker=worker)
        refuse_unchangeable(
            request.data, PauseSerializer(), lambda: next(iter(WorkerStatusSerializer(standing, many=True).data), {})
        )
        sent = PauseSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        by = self.user
        if sent.validated_data["paused"]:
            reason = sent.validated_data["reason"] or "You are paused at this question by its manager."
            worker_rules.pause(question, worker, reason, by, sent.validated_data["exclude_answers"])
        else:
            worker_rules.resume(question, worker, by)
        return Response(WorkerStatusSerializer(standing.get()).data)
