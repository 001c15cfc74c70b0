"""Votes of a model on items, and the skill of the people who answered, as the last computation of labels estimated it."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.api.common.fields import KnownFieldsOnly
from annotator.api.common.schemas import ValueField
from annotator.api.common.scoped import ProjectView
from annotator.models import User
from datasets.labels import model_votes
from datasets.models import Aggregation


class ModelVoteSerializer(KnownFieldsOnly):
    """What a model says of one item. It must not have been trained on that item's label."""

    item = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    value = ValueField()


class ModelVotesSerializer(KnownFieldsOnly):
    """The votes of one model, on training items only: a model must not label the items that test it."""

    model = serializers.CharField(max_length=100)
    votes = ModelVoteSerializer(many=True)


class StoredVotesSerializer(serializers.Serializer):
    """How many votes were stored."""

    stored = serializers.IntegerField()


class ModelVoteList(ProjectView):
    """Add a model to the answers, as one more worker."""

    permissions = {"POST": "compute_labels"}

    @extend_schema(request=ModelVotesSerializer, responses={201: StoredVotesSerializer})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Store all votes of a model, or none, and compute the labels again."""
        question = self.question()
        sent = ModelVotesSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        values = {one["item"]: one["value"] for one in sent.validated_data["votes"]}
        stored = model_votes.store_votes(question, sent.validated_data["model"], values, self.user)
        return Response({"stored": stored}, status=status.HTTP_201_CREATED)


class WorkerSkillSerializer(serializers.Serializer):
    """The share of right answers of a worker, with its 95% interval. The rows of `confusion` are truth × answer."""

    username = serializers.CharField(allow_null=True, help_text="Null for a model.")
    answers = serializers.IntegerField()
    accuracy = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    agreement = serializers.FloatField(allow_null=True)
    confusion = serializers.ListField(child=serializers.ListField(child=serializers.FloatField()), allow_null=True)
    suspicion = serializers.ListField(child=serializers.CharField())


class LabelComputationSerializer(serializers.Serializer):
    """How the labels were computed, how much people agree, and how skilled each of them is."""

    method = serializers.CharField()
    answers = serializers.IntegerField()
    iterations = serializers.IntegerField()
    converged = serializers.BooleanField()
    classes = serializers.ListField(child=serializers.JSONField())
    agreement = serializers.JSONField(help_text="Krippendorff's alpha with its 95% interval; empty where unknown.")
    workers = WorkerSkillSerializer(many=True)
    computed_at = serializers.DateTimeField()


class WorkerSkill(ProjectView):
    """The skill of the people who answered a question."""

    permissions = {"GET": "manage_quality"}

    @extend_schema(responses=LabelComputationSerializer)
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return what the last computation estimated."""
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
