"""What was charged: every movement of money, and corrections of them."""

import uuid
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.api.common.fields import AmountField, KnownFieldsOnly
from annotator.api.common.filters import ProjectFilter
from annotator.api.common.scoped import ProjectView
from annotator.models import Question
from annotator.people import permissions
from workers.budget import corrections
from workers.budget.amounts import BadAmount
from workers.budget.models import Entry


class EntrySerializer(serializers.ModelSerializer):
    """One movement of money."""

    source = serializers.CharField(source="source.name")
    target = serializers.CharField(source="target.name")

    class Meta:
        model = Entry
        fields = [
            "id",
            "kind",
            "amount",
            "currency",
            "source",
            "target",
            "idempotency_key",
            "memo",
            "question",
            "worker",
            "run",
            "batch",
            "phase",
            "corrects",
            "platform",
            "reference",
            "created_at",
        ]


class EntryWithoutPeopleSerializer(EntrySerializer):
    """One movement of money, for those who may not see what one person earned."""

    class Meta(EntrySerializer.Meta):
        fields = [name for name in EntrySerializer.Meta.fields if name not in ("worker", "idempotency_key", "memo")]


class EntryFilter(ProjectFilter):
    """Filters of the list of entries. An id of another project is treated like one that does not exist."""

    question = ProjectFilter.by_id(Question, "project")
    run = ProjectFilter.by_id("workers.TrainingRun", "version__project")
    worker = ProjectFilter.people()

    class Meta:
        model = Entry
        fields = ["kind", "question", "worker", "run"]


class ChargeList(ProjectView, generics.ListAPIView):
    """Every movement of a project's money, newest first."""

    serializer_class = EntrySerializer
    permissions = {"GET": "view_budget"}
    filterset_class = EntryFilter
    queryset = Entry.objects.none()

    def get_serializer_class(self) -> type[serializers.BaseSerializer]:
        """Return the fields that the person may see: what a person earned is between them and the manager."""
        may = hasattr(self, "member") and "manage_budget" in permissions.allowed(self.member)
        return EntrySerializer if may else EntryWithoutPeopleSerializer

    def filter_queryset(self, queryset: QuerySet[Entry]) -> QuerySet[Entry]:
        """Filter; by person only for those who may see what one person earned."""
        if "worker" in self.request.query_params and "manage_budget" not in permissions.allowed(self.member):
            raise PermissionDenied("What one person earned is between them and the manager.")
        return super().filter_queryset(queryset)

    def get_queryset(self) -> QuerySet[Entry]:
        """Return the project's entries."""
        return Entry.objects.filter(project=self.project).select_related("source", "target").order_by("-pk")


class CorrectionSerializer(KnownFieldsOnly):
    """A correction: the reason, and how much of the entry (all that is left of it by default).

    The client makes the `id`: sent twice, it is booked once.
    """

    id = serializers.UUIDField(default=uuid.uuid4)
    reason = serializers.CharField(max_length=200)
    amount = AmountField(max_digits=16, decimal_places=6, required=False)
    refund = serializers.BooleanField(default=False)


class Correction(ProjectView):
    """Take an entry back, in whole or in part, by a new one that names it."""

    permissions = {"POST": "manage_budget"}

    @extend_schema(request=CorrectionSerializer, responses={201: EntrySerializer})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Write the correction."""
        entry = Entry.objects.filter(project=self.project, pk=self.kwargs["entry_id"]).first()
        if entry is None:
            raise Http404("There is no such entry in this project.")
        sent = CorrectionSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        said = sent.validated_data
        try:
            found = corrections.correct(
                entry, self.user, said["reason"], said.get("amount"), said["refund"], said["id"]
            )
        except BadAmount as problem:
            raise serializers.ValidationError({"amount": [str(problem)]}) from None
        return Response(EntrySerializer(found).data, status=status.HTTP_201_CREATED)
