"""What a model says about items, and what was learned about the people who answered."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.api.common.scoped import ProjectView
from annotator.models import User
from datasets.labels import model_votes
from datasets.models import Aggregation


class OpinionSerializer(serializers.Serializer):
    """A model's prediction of one item, made without having learned from its label."""

    item = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    value = serializers.JSONField()


class OpinionsSerializer(serializers.Serializer):
    """A model's predictions, on training items only: a model must not label what judges it."""

    model = serializers.CharField(max_length=100)
    opinions = OpinionSerializer(many=True)


class TakenSerializer(serializers.Serializer):
    """How many predictions were stored."""

    taken = serializers.IntegerField()


class ModelVoteList(ProjectView):
    """Let a model join the answers as one more worker."""

    permissions = {"POST": "compute_labels"}

    @extend_schema(request=OpinionsSerializer, responses={201: TakenSerializer})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Store a model's predictions, all or none; the labels are then computed again."""
        question = self.question()
        sent = OpinionsSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        values = {one["item"]: one["value"] for one in sent.validated_data["opinions"]}
        taken = model_votes.store_votes(question, sent.validated_data["model"], values, self.user)
        return Response({"taken": taken}, status=status.HTTP_201_CREATED)


class LearnedWorkerSerializer(serializers.Serializer):
    """What was learned about a worker: the share of right answers with its 95% interval.

    `confusion` has rows truth × answer.
    """

    username = serializers.CharField(allow_null=True, help_text="Null for a model.")
    answers = serializers.IntegerField()
    accuracy = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    agreement = serializers.FloatField(allow_null=True)
    confusion = serializers.ListField(child=serializers.ListField(child=serializers.FloatField()), allow_null=True)
    suspicion = serializers.ListField(child=serializers.CharField())


class LearnedSerializer(serializers.Serializer):
    """How the labels were computed, how much people agree, and what was learned about them."""

    method = serializers.CharField()
    answers = serializers.IntegerField()
    iterations = serializers.IntegerField()
    converged = serializers.BooleanField()
    classes = serializers.ListField(child=serializers.JSONField())
    agreement = serializers.JSONField(help_text="Krippendorff's alpha with its 95% interval; empty where unknown.")
    workers = LearnedWorkerSerializer(many=True)
    computed_at = serializers.DateTimeField()


class Learned(ProjectView):
    """What the answers to a question show about the people who gave them."""

    permissions = {"GET": "manage_quality"}

    @extend_schema(responses=LearnedSerializer)
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return what was learned at the last computation."""
        found = Aggregation.objects.filter(question=self.question()).first()
        if found is None:
            found = Aggregation(method="", answers=0, iterations=0, converged=True)
        names = dict(User.objects.filter(pk__in=[one["worker"] for one in found.workers]).values_list("pk", "username"))
        workers = [_worker(one) | {"username": names.get(one["worker"])} for one in found.workers]
        fields = ("method", "answers", "iterations", "converged", "classes", "agreement", "computed_at")
        return Response({name: getattr(found, name) for name in fields} | {"workers": workers})


def _worker(one: dict[str, Any]) -> dict[str, Any]:
    names = ("answers", "accuracy", "low", "high", "agreement", "confusion", "suspicion")
    return {name: one.get(name) for name in names}
