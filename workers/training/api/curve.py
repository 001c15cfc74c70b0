"""The learning curve of a question, with its forecast."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.api.common.scoped import ProjectView
from workers.training import outlook
from workers.training.api.curve_fields import ForecastSerializer, PointSerializer
from workers.training.models import Curve


@extend_schema_field(PointSerializer(many=True))
class PointsField(serializers.JSONField):
    """The points of a curve as they are stored."""


@extend_schema_field(ForecastSerializer)
class ForecastField(serializers.JSONField):
    """A forecast as it is stored."""


class CurveSerializer(serializers.ModelSerializer):
    """A learning curve with its forecast."""

    points = PointsField()
    forecast = ForecastField()

    class Meta:
        model = Curve
        fields = ["points", "forecast", "updated_at"]


class CurveDetail(ProjectView):
    """The learning curve of a question."""

    permissions = {"GET": "view_runs"}
    query_parameters = frozenset({"at"})

    @extend_schema(responses=CurveSerializer, parameters=[OpenApiParameter("at", int, description="A training size.")])
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return points and forecast, both empty before the first run has ended. `at`: also what to expect at that size."""
        curve = Curve.objects.filter(question=self.question()).first()
        found = CurveSerializer(curve).data if curve else {"points": [], "forecast": {}, "updated_at": None}
        if "at" not in request.query_params:
            return Response(found)
        asked = outlook.asked_about(curve, request.query_params["at"])
        return Response({**found, "at": asked}, status=400 if "problem" in asked else 200)
