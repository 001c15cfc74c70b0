"""What the next sum of money should buy."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.api.common.fields import KnownFieldsOnly
from annotator.api.common.scoped import ProjectView
from annotator.refusal import Refused
from workers.training import publishing, recommendations
from workers.training.models import Recommendation, Way


class RecommendationSerializer(serializers.ModelSerializer):
    """What the next sum of money should buy, for each way to spend it, and the outcome."""

    version = serializers.IntegerField(source="version.number")
    batch = serializers.IntegerField(source="batch.number", allow_null=True, default=None)

    class Meta:
        model = Recommendation
        fields = ["id", "version", "best", "content", "published", "published_at", "batch", "outcome", "created_at"]


class WaySerializer(KnownFieldsOnly):
    """The way in which the sum is spent."""

    way = serializers.ChoiceField(choices=Way.choices)


class RecommendationDetail(ProjectView):
    """What the next sum should buy."""

    permissions = {"GET": "view_runs", "POST": "manage_batches"}

    @extend_schema(responses=RecommendationSerializer)
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return the newest recommendation, or 404 if there is none yet."""
        return Response(RecommendationSerializer(self._newest()).data)

    @extend_schema(request=WaySerializer, responses=RecommendationSerializer)
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Spend the sum of the newest recommendation in one of its ways. Works once."""
        given = WaySerializer(data=request.data)
        given.is_valid(raise_exception=True)
        done = publishing.publish(self._newest(), given.validated_data["way"], self.user)
        return Response(RecommendationSerializer(done).data)

    def _newest(self) -> Recommendation:
        made = recommendations.newest(self.question())
        if made is None:
            raise Refused("Nothing is recommended yet.", "none_yet", 404)
        return made
