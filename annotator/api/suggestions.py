"""Suggestions of models."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.api.common.fields import KnownFieldsOnly
from annotator.api.common.schemas import ValueField
from annotator.api.common.scoped import ProjectView
from annotator.models import Suggestion
from annotator.questions import suggestions


class PredictionSerializer(KnownFieldsOnly):
    """What a model predicts for an item."""

    item = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    value = ValueField()
    confidence = serializers.FloatField(min_value=0, max_value=1, required=False, allow_null=True)


class PredictionsSerializer(KnownFieldsOnly):
    """Predictions of one model."""

    model = serializers.CharField(max_length=100, help_text="Which model, with its version.")
    suggestions = PredictionSerializer(many=True, max_length=suggestions.MOST)  # type: ignore[call-arg]


class CountSerializer(serializers.Serializer):
    """How many were stored."""

    count = serializers.IntegerField()


class SuggestionSerializer(serializers.ModelSerializer):
    """A suggestion that is shown at present."""

    value = ValueField()

    class Meta:
        model = Suggestion
        fields = ["item", "value", "model", "confidence", "created_at"]


class SuggestionList(ProjectView, generics.ListAPIView):
    """The suggestions of a question; send some."""

    serializer_class = SuggestionSerializer
    permissions = {"GET": "manage_quality", "POST": "set_priorities"}
    filter_backends = []
    queryset = Suggestion.objects.none()

    def get_queryset(self) -> QuerySet[Suggestion]:
        """Return the present suggestions."""
        return self.question().suggestions.filter(current=True).order_by("item")

    @extend_schema(request=PredictionsSerializer, responses={201: CountSerializer})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Store predictions, all or none. Annotators see them in half of all assignments, to accept or correct."""
        sent = PredictionsSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        count = suggestions.store_suggestions(
            self.question(),
            self.user,
            sent.validated_data["model"],
            sent.validated_data["suggestions"],
        )
        return Response({"count": count}, status=status.HTTP_201_CREATED)
