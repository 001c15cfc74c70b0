"""Training runs and the curve."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.api.scoped import ProjectView
from workers.training.models import Curve, TrainingRun


class RunSerializer(serializers.ModelSerializer):
    """A training run; its state is its job's."""

    version = serializers.IntegerField(source="version.number")
    state = serializers.CharField(source="job.state")
    job = serializers.UUIDField(source="job_id")

    class Meta:
        model = TrainingRun
        fields = [
            "id",
            "version",
            "job",
            "state",
            "network",
            "seed",
            "train_size",
            "labels_cost",
            "device",
            "epochs",
            "seconds",
            "cost",
            "error",
            "precision",
            "recall",
            "result",
            "weights_sha256",
            "packages",
            "created_at",
        ]


class CurveSerializer(serializers.ModelSerializer):
    """A learning curve with its forecast."""

    class Meta:
        model = Curve
        fields = ["points", "forecast", "updated_at"]


class RunList(ProjectView, generics.ListAPIView):
    """The training runs of a project."""

    serializer_class = RunSerializer
    permissions = {"GET": "view_runs"}
    filterset_fields = {"version__number": ["exact"], "network": ["exact"]}
    queryset = TrainingRun.objects.none()

    def get_queryset(self) -> QuerySet[TrainingRun]:
        """Return the project's runs, newest first."""
        return TrainingRun.objects.filter(version__project=self.project).select_related("version", "job")


class CurveDetail(ProjectView):
    """The learning curve of a question."""

    permissions = {"GET": "view_runs"}

    @extend_schema(responses=CurveSerializer)
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return points, law and forecast; all empty before the first run has ended."""
        curve = Curve.objects.filter(question=self.question()).first()
        return Response(CurveSerializer(curve).data if curve else {"points": [], "forecast": {}, "updated_at": None})
