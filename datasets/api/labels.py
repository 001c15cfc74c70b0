"""Labels."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from annotator import queue
from annotator.api.common.schemas import ValueField
from annotator.api.common.scoped import ProjectView
from annotator.api.jobs import JobSerializer
from annotator.models import Split
from datasets import jobs
from datasets.models import Label


class LabelSerializer(serializers.ModelSerializer):
    """The label of an item, its probability, and the number of its answers."""

    name = serializers.CharField(source="item.name")
    sha256 = serializers.CharField(source="item.sha256")
    split = serializers.CharField(source="item.split")
    value = ValueField()

    class Meta:
        model = Label
        fields = [
            "item",
            "name",
            "sha256",
            "split",
            "value",
            "probability",
            "gain",
            "decided",
            "answers",
            "simulated",
            "imported",
            "updated_at",
        ]


class LabelFilter(django_filters.FilterSet):
    """Filters of the list of labels."""

    split = django_filters.ChoiceFilter(field_name="item__split", choices=Split.choices)

    class Meta:
        model = Label
        fields = {"probability": ["lte", "gte"]}


class LabelList(ProjectView, generics.ListAPIView):
    """The labels of a question; compute them again."""

    serializer_class = LabelSerializer
    permissions = {"GET": "view_labels", "POST": "compute_labels"}
    filterset_class = LabelFilter
    queryset = Label.objects.none()

    def get_queryset(self) -> QuerySet[Label]:
        """Return the question's labels."""
        return Label.objects.filter(question=self.question()).select_related("item").order_by("item_id")

    def paginate_queryset(self, queryset: Any) -> list[Any] | None:
        """Return a page of labels, and record that the person saw them: they are no longer asked about these items."""
        page: list[Any] | None = super().paginate_queryset(queryset)
        queue.mark_seen(self.question(), self.user, [label.item_id for label in page or []])
        return page

    @extend_schema(request=None, responses={202: JobSerializer})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Compute the labels again from every answer, in a job."""
        job = jobs.ask_labels(self.question(), self.user)
        return Response(JobSerializer(job).data, status=status.HTTP_202_ACCEPTED)
