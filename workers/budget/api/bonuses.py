"""Bonuses: what a person is paid besides their answers."""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.api.common.fields import AmountField, KnownFieldsOnly
from annotator.api.common.scoped import ProjectView
from workers.budget import charges
from workers.budget.amounts import BadAmount, same_currency


class BonusSerializer(KnownFieldsOnly):
    """A bonus for one person. The client makes the `id`: sent twice, it is paid once."""

    id = serializers.UUIDField(default=uuid.uuid4)
    username = serializers.CharField(max_length=150)
    amount = AmountField(max_digits=16, decimal_places=6)
    currency = serializers.CharField(max_length=3, default="", allow_blank=True)
    reason = serializers.CharField(max_length=200)


class Bonus(ProjectView):
    """Pay a person something besides their answers."""

    permissions = {"POST": "manage_budget"}

    @extend_schema(request=BonusSerializer, responses={201: None})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Pay the bonus."""
        sent = BonusSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        said = sent.validated_data
        member = self.project.members.filter(user__username=said["username"]).select_related("user").first()
        if member is None:
            raise serializers.ValidationError({"username": ["Nobody of this name is in this project."]})
        try:
            same_currency(said["currency"], self.project.currency)
            charges.bonus(self.project, member.user, said["amount"], said["reason"], self.user, said["id"])
        except BadAmount as problem:
            raise serializers.ValidationError({"amount": [str(problem)]}) from None
        return Response(status=status.HTTP_201_CREATED)
