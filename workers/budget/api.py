"""Money: what was charged, and putting money in."""

import uuid
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from annotator import audit
from annotator.api.scoped import ProjectView
from workers.budget import ledger
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
            "cause",
            "memo",
            "question",
            "worker",
            "run",
            "created_at",
        ]


class FundSerializer(serializers.Serializer):
    """Money for the budget. `id` is made by the client: sent twice, it is put in once."""

    id = serializers.UUIDField(default=uuid.uuid4)
    amount = serializers.DecimalField(max_digits=12, decimal_places=2)
    memo = serializers.CharField(max_length=200, default="", allow_blank=True)


class BudgetSerializer(serializers.Serializer):
    """The balance of each account, in the project's currency."""

    currency = serializers.CharField()
    funding = serializers.DecimalField(max_digits=20, decimal_places=6)
    free = serializers.DecimalField(max_digits=20, decimal_places=6)
    answers = serializers.DecimalField(max_digits=20, decimal_places=6)
    compute = serializers.DecimalField(max_digits=20, decimal_places=6)


class ChargeList(ProjectView, generics.ListAPIView):
    """Every movement of a project's money, newest first."""

    serializer_class = EntrySerializer
    permissions = {"GET": "view_budget"}
    filterset_fields = ["kind", "question", "worker", "run"]
    queryset = Entry.objects.none()

    def get_queryset(self) -> QuerySet[Entry]:
        """Return the project's entries."""
        return Entry.objects.filter(project=self.project).select_related("source", "target").order_by("-pk")


class Budget(ProjectView):
    """The balances of a project; put money in."""

    permissions = {"GET": "view_budget", "POST": "manage_budget"}

    @extend_schema(responses=BudgetSerializer)
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return the balances."""
        return Response(BudgetSerializer({"currency": self.project.currency, **ledger.balances(self.project)}).data)

    @extend_schema(request=FundSerializer, responses={201: EntrySerializer})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Put money into the budget."""
        sent = FundSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        cause = f"funding:{self.project.pk}:{sent.validated_data['id']}"
        try:
            entry = ledger.fund(
                self.project, sent.validated_data["amount"], request.user, cause, sent.validated_data["memo"]
            )  # type: ignore[arg-type]
        except ledger.BadAmount as problem:
            raise serializers.ValidationError({"amount": [str(problem)]}) from None
        audit.record(request.user, self.project, "put money in", amount=str(entry.amount))  # type: ignore[arg-type]
        return Response(EntrySerializer(entry).data, status=status.HTTP_201_CREATED)
