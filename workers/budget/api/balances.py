"""The balances of a project, and money added or taken back."""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.api.common.fields import KnownFieldsOnly
from annotator.api.common.scoped import ProjectView
from workers.budget import funding, ledger
from workers.budget.amounts import BadAmount, same_currency
from workers.budget.api.charges import EntrySerializer
from workers.budget.phase import current_phase


class FundSerializer(KnownFieldsOnly):
    """Money for the budget, or back from it. The client makes the `id`: sent twice, the money moves once.

    `currency` and `phase` are checked if they are given: money is in the project's currency, and for its current phase.
    """

    id = serializers.UUIDField(default=uuid.uuid4)
    amount = serializers.DecimalField(max_digits=16, decimal_places=6)
    currency = serializers.CharField(max_length=3, default="", allow_blank=True)
    phase = serializers.IntegerField(required=False, min_value=1, max_value=6)
    back = serializers.BooleanField(default=False, help_text="Take the money out of the budget.")
    memo = serializers.CharField(max_length=200, default="", allow_blank=True)


class BudgetSerializer(serializers.Serializer):
    """Where the money is, in the project's currency: added, spent in all and on what, reserved, available, overdraft."""

    currency = serializers.CharField()
    funded = serializers.DecimalField(max_digits=20, decimal_places=6)
    spent = serializers.DecimalField(max_digits=20, decimal_places=6)
    answers = serializers.DecimalField(max_digits=20, decimal_places=6)
    bonuses = serializers.DecimalField(max_digits=20, decimal_places=6)
    fees = serializers.DecimalField(max_digits=20, decimal_places=6)
    compute = serializers.DecimalField(max_digits=20, decimal_places=6)
    reserved = serializers.DecimalField(max_digits=20, decimal_places=6)
    available = serializers.DecimalField(max_digits=20, decimal_places=6)
    overdraft = serializers.DecimalField(max_digits=20, decimal_places=6)


class Budget(ProjectView):
    """The balances of a project; add money, or take it back."""

    permissions = {"GET": "view_budget", "POST": "manage_budget"}

    @extend_schema(responses=BudgetSerializer)
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return the balances."""
        return Response(BudgetSerializer({"currency": self.project.currency, **ledger.totals(self.project)}).data)

    @extend_schema(request=FundSerializer, responses={201: EntrySerializer})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Add money to the budget, or take it back."""
        sent = FundSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        said, by = sent.validated_data, self.user
        move, word = (funding.cut, "withdrawal") if said["back"] else (funding.fund, "funding")
        try:
            same_currency(said["currency"], self.project.currency)
            self._check_phase(said.get("phase"))
            entry = move(self.project, said["amount"], by, f"{word}:{self.project.pk}:{said['id']}", said["memo"])
        except BadAmount as problem:
            raise serializers.ValidationError({"amount": [str(problem)]}) from None
        return Response(EntrySerializer(entry).data, status=status.HTTP_201_CREATED)

    def _check_phase(self, stage: int | None) -> None:
        now = current_phase(self.project)
        if stage is not None and stage != now.stage and now.active:  # after a stop no gate releases money
            raise BadAmount(f"The project is in “{now}”; another phase gets its money at a gate.")
