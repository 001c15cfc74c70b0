"""Statements: what was spent, grouped as asked."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.api.common.scoped import ProjectView
from annotator.people import permissions
from workers.budget import statements


class LineSerializer(serializers.Serializer):
    """One line of a statement."""

    name = serializers.CharField()
    amount = serializers.DecimalField(max_digits=20, decimal_places=6)
    count = serializers.IntegerField()
    first = serializers.DateTimeField()
    last = serializers.DateTimeField()


class StatementQuery(serializers.Serializer):
    """The query of a statement."""

    by = serializers.ChoiceField(choices=[(key, name) for key, (name, *_) in statements.BY.items()], default="phase")
    since = serializers.DateField(required=False)
    until = serializers.DateField(required=False)


class Statement(ProjectView):
    """What was spent, by phase or grouped as asked, minus corrections and refunds."""

    permissions = {"GET": "view_budget"}
    query_parameters = frozenset(StatementQuery().fields)

    @extend_schema(parameters=[StatementQuery], responses=LineSerializer(many=True))
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return the lines."""
        asked = StatementQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        by, since, until = (asked.validated_data.get(name) for name in ("by", "since", "until"))
        if by == "worker" and "manage_budget" not in permissions.allowed(self.member):
            raise PermissionDenied("What one person earned is between them and the manager.")
        return Response(LineSerializer(statements.lines(self.project, by, since, until), many=True).data)
