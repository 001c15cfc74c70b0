"""Trainings and their runs."""

from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.api.common.fields import AmountField, KnownFieldsOnly
from annotator.api.common.filters import ProjectFilter
from annotator.api.common.scoped import ProjectView
from workers.training import label_errors, trainings
from workers.training.models import Training, TrainingRun


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
            "reserved",
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


class BeginSerializer(KnownFieldsOnly):
    """Which network is trained on which version, and its limits."""

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, help_text="The version's number.")
    question = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    network = serializers.CharField(max_length=40, required=False, help_text="The one that fits, where it is left out.")
    most_money = AmountField(max_digits=10, decimal_places=2, min_value=Decimal("0.01"), required=False)
    most_seconds = serializers.FloatField(min_value=1, max_value=1e8, required=False)


class RunFilter(ProjectFilter):
    """Filters of the list of runs."""

    training = ProjectFilter.by_id(Training, "version__project")
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


class LabelsSeenList(ProjectView, generics.ListAPIView):
    """A list of trainings or runs, whose results show labels."""

    def paginate_queryset(self, queryset: QuerySet[Any]) -> list[Any] | None:
        """Return a page, and note that the person saw the labels in it."""
        page: list[Any] | None = super().paginate_queryset(queryset)
        label_errors.saw(self.member, page or [])
        return page


class RunList(LabelsSeenList):
    """The training runs of a project."""

    serializer_class = RunSerializer
    permissions = {"GET": "view_runs"}
    filterset_class = RunFilter
    queryset = TrainingRun.objects.none()

    def get_queryset(self) -> QuerySet[TrainingRun]:
        """Return the project's runs, newest first."""
        return TrainingRun.objects.filter(version__project=self.project).select_related("version__question", "job")


class TrainingList(LabelsSeenList):
    """The trainings of a project."""

    serializer_class = TrainingSerializer
    permissions = {"GET": "view_runs", "POST": "freeze_versions"}
    filterset_class = TrainingFilter
    queryset = Training.objects.none()

    def get_queryset(self) -> QuerySet[Training]:
        """Return the project's trainings, newest first."""
        return Training.objects.filter(version__project=self.project).select_related("version__question", "job")

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
        found = trainings.get_training(self.project, training_id)
        label_errors.saw(self.member, [found])
        return Response(TrainingSerializer(found).data)


class TrainingStop(ProjectView):
    """Stops a training."""

    permissions = {"POST": "cancel_jobs"}

    @extend_schema(request=None, responses=TrainingSerializer)
    def post(self, request: Request, training_id: int, **kwargs: Any) -> Response:
        """Stop the runs of a training that have not ended."""
        trainings.stop(trainings.get_training(self.project, training_id), self.user)
        return Response(TrainingSerializer(trainings.get_training(self.project, training_id)).data)


class TrainingReview(ProjectView):
    """Sends doubtful labels to review."""

    permissions = {"POST": "manage_quality"}

    @extend_schema(request=None, responses={200: {"type": "object", "properties": {"sent": {"type": "integer"}}}})
    def post(self, request: Request, training_id: int, **kwargs: Any) -> Response:
        """Send the labels that are probably wrong to review."""
        return Response(
            {"sent": label_errors.send_to_review(trainings.get_training(self.project, training_id), self.user)}
        )
