"""The API of trainings, their runs, the learning curve and the recommendation based on it."""

from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.api.common.fields import AmountField
from annotator.api.common.filters import ProjectFilter
from annotator.api.common.scoped import ProjectView
from annotator.refusal import Refused
from workers.training import label_errors, outlook, publishing, recommendations, trainings
from workers.training.models import Curve, Recommendation, Training, TrainingRun, Way


class RunSerializer(serializers.ModelSerializer):
    """A training run. Its state is its job's state."""

    version = serializers.IntegerField(source="version.number")
    state = serializers.CharField(source="job.state")
    job = serializers.UUIDField(source="job_id")

    class Meta:
        model = TrainingRun
        fields = [
            "id",
            "version",
            "training",
            "job",
            "state",
            "network",
            "seed",
            "train_size",
            "chosen",
            "labels_cost",
            "held",
            "device",
            "epochs",
            "stopped",
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


class TrainingSerializer(serializers.ModelSerializer):
    """A training: what the probe measured, what it is expected to take, and what it found out about the labels."""

    version = serializers.IntegerField(source="version.number")
    state = serializers.CharField(source="job.state")
    problem = serializers.CharField(source="job.error")
    job = serializers.UUIDField(source="job_id")

    class Meta:
        model = Training
        fields = [
            "id",
            "version",
            "network",
            "attempt",
            "job",
            "state",
            "problem",
            "sizes",
            "probe",
            "seconds",
            "cost",
            "most_money",
            "most_seconds",
            "found",
            "created_at",
        ]


class BeginSerializer(serializers.Serializer):
    """Which network is trained on which version, and its limits."""

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, help_text="The version's number.")
    question = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    network = serializers.CharField(max_length=40, required=False, help_text="The one that fits, where it is left out.")
    most_money = AmountField(max_digits=10, decimal_places=2, min_value=Decimal("0.01"), required=False)
    most_seconds = serializers.FloatField(min_value=1, max_value=1e8, required=False)


class RecommendationSerializer(serializers.ModelSerializer):
    """What the next sum of money should buy, for each way to spend it, and the outcome."""

    version = serializers.IntegerField(source="version.number")
    batch = serializers.IntegerField(source="batch.number", allow_null=True, default=None)

    class Meta:
        model = Recommendation
        fields = ["id", "version", "best", "content", "published", "published_at", "batch", "outcome", "created_at"]


class WaySerializer(serializers.Serializer):
    """The way in which the sum is spent."""

    way = serializers.ChoiceField(choices=Way.choices)


class CurveSerializer(serializers.ModelSerializer):
    """A learning curve with its forecast."""

    class Meta:
        model = Curve
        fields = ["points", "forecast", "updated_at"]


class RunFilter(ProjectFilter):
    """Filters of the list of runs."""

    training = ProjectFilter.of(Training, "version__project")
    version = django_filters.NumberFilter("version__number")

    class Meta:
        model = TrainingRun
        fields = ["network", "training", "train_size", "chosen"]


class TrainingFilter(ProjectFilter):
    """Filters of the list of trainings."""

    version = django_filters.NumberFilter("version__number")

    class Meta:
        model = Training
        fields = ["network"]


class RunList(ProjectView, generics.ListAPIView):
    """The training runs of a project."""

    serializer_class = RunSerializer
    permissions = {"GET": "view_runs"}
    filterset_class = RunFilter
    queryset = TrainingRun.objects.none()

    def get_queryset(self) -> QuerySet[TrainingRun]:
        """Return the project's runs, newest first."""
        return TrainingRun.objects.filter(version__project=self.project).select_related("version__question", "job")

    def paginate_queryset(self, queryset: QuerySet[TrainingRun]) -> list[TrainingRun] | None:
        """Return a page, and record that the person saw the labels on it."""
        page: list[TrainingRun] | None = super().paginate_queryset(queryset)
        label_errors.saw(self.member, page or [])
        return page


class TrainingList(ProjectView, generics.ListAPIView):
    """The trainings of a project."""

    serializer_class = TrainingSerializer
    permissions = {"GET": "view_runs", "POST": "freeze_versions"}
    filterset_class = TrainingFilter
    queryset = Training.objects.none()

    def get_queryset(self) -> QuerySet[Training]:
        """Return the project's trainings, newest first."""
        return Training.objects.filter(version__project=self.project).select_related("version__question", "job")

    def paginate_queryset(self, queryset: QuerySet[Training]) -> list[Training] | None:
        """Return a page, and record that the person saw the labels on it."""
        page: list[Training] | None = super().paginate_queryset(queryset)
        label_errors.saw(self.member, page or [])
        return page

    @extend_schema(request=BeginSerializer, responses=TrainingSerializer)
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Start a training on a version. Returns the existing one if it is in progress or done."""
        given = BeginSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        asked = given.validated_data
        versions = self.project.versions.select_related("question", "project")
        version = get_object_or_404(versions, question=asked["question"], number=asked["version"])
        network = asked.get("network") or next(iter(trainings.networks_for(version)), "")
        begun = trainings.begin(version, network, self.user, asked.get("most_money"), asked.get("most_seconds"))
        return Response(TrainingSerializer(begun).data, status=201)


class TrainingDetail(ProjectView):
    """One training."""

    permissions = {"GET": "view_runs"}

    @extend_schema(responses=TrainingSerializer)
    def get(self, request: Request, training_id: int, **kwargs: Any) -> Response:
        """Return the training."""
        found = trainings.of(self.project, training_id)
        label_errors.saw(self.member, [found])
        return Response(TrainingSerializer(found).data)


class TrainingStop(ProjectView):
    """Stops a training."""

    permissions = {"POST": "cancel_jobs"}

    @extend_schema(request=None, responses=TrainingSerializer)
    def post(self, request: Request, training_id: int, **kwargs: Any) -> Response:
        """Stop the runs of a training that have not ended."""
        trainings.stop(trainings.of(self.project, training_id), self.user)
        return Response(TrainingSerializer(trainings.of(self.project, training_id)).data)


class TrainingReview(ProjectView):
    """Sends doubtful labels to review."""

    permissions = {"POST": "manage_quality"}

    @extend_schema(request=None, responses={200: {"type": "object", "properties": {"sent": {"type": "integer"}}}})
    def post(self, request: Request, training_id: int, **kwargs: Any) -> Response:
        """Send the labels that are probably wrong to review."""
        return Response({"sent": label_errors.send_to_review(trainings.of(self.project, training_id), self.user)})


class CurveDetail(ProjectView):
    """The learning curve of a question."""

    permissions = {"GET": "view_runs"}

    @extend_schema(responses=CurveSerializer, parameters=[OpenApiParameter("at", int, description="A training size.")])
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return points and forecast, both empty before the first run has ended. `at`: also what to expect at that size."""
        curve = Curve.objects.filter(question=self.question()).first()
        found = CurveSerializer(curve).data if curve else {"points": [], "forecast": {}, "updated_at": None}
        if "at" not in request.query_params:
            return Response(found)
        asked = outlook.asked_about(curve, request.query_params["at"])
        return Response({**found, "at": asked}, status=400 if "problem" in asked else 200)


class RecommendationDetail(ProjectView):
    """What the next sum of money should buy."""

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
