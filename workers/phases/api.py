"""Phases and gates over the API."""

from decimal import Decimal
from typing import Any, cast

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.api.common.fields import AmountField, KnownFieldsOnly, refuse_unchangeable
from annotator.api.common.scoped import ProjectView
from workers.budget.phase import MOST_DAYS, Decision, Gate, Phase
from workers.phases import gates, phases


class PhaseSerializer(serializers.ModelSerializer):
    """One attempt at a phase."""

    name = serializers.CharField(source="get_stage_display")
    ends_at = serializers.DateTimeField(allow_null=True)

    class Meta:
        model = Phase
        fields = ["id", "stage", "name", "attempt", "state", "current", "goal", "budget", "days", "began_at", "ends_at"]


class GateSerializer(serializers.ModelSerializer):
    """A decision with its evidence."""

    by = serializers.CharField(source="by.username")

    class Meta:
        model = Gate
        fields = ["id", "phase", "decision", "to", "money", "reason", "evidence", "by", "created_at"]


class DecideSerializer(KnownFieldsOnly):
    """A decision at the gate of a phase. `to` names the stage to go back to."""

    decision = serializers.ChoiceField(choices=Decision.choices)
    reason = serializers.CharField(max_length=2000)
    to = serializers.IntegerField(min_value=1, max_value=6, required=False)
    money = AmountField(max_digits=16, decimal_places=6, default=Decimal(0))
    days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, required=False)


class PhasePlanSerializer(serializers.Serializer):
    """What a phase is for, and what it may take."""

    goal = serializers.CharField(max_length=1000, allow_blank=True)
    budget = AmountField(max_digits=14, decimal_places=3)
    days = serializers.IntegerField(allow_null=True)


class PhaseList(ProjectView):
    """The phases of a project, in their order."""

    permissions = {"GET": "view_overview"}

    @extend_schema(responses=PhaseSerializer(many=True))
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return the phases."""
        return Response(PhaseSerializer(self.project.phases.all(), many=True).data)


class PhaseDetail(ProjectView):
    """Plan a phase."""

    permissions = {"PATCH": "manage_phases"}

    @extend_schema(request=PhasePlanSerializer, responses=PhaseSerializer)
    def patch(self, request: Request, **kwargs: Any) -> Response:
        """Change its goal, budget and time box."""
        phase = _phase(self)
        refuse_unchangeable(request.data, PhasePlanSerializer(), lambda: PhaseSerializer(phase).data)
        before = {"goal": phase.goal, "budget": phase.budget, "days": phase.days}
        sent_data = cast(dict[str, Any], request.data)
        sent = PhasePlanSerializer(data=before | {name: sent_data[name] for name in before if name in sent_data})
        sent.is_valid(raise_exception=True)
        return Response(PhaseSerializer(phases.plan(phase, self.user, **sent.validated_data)).data)


class GateList(ProjectView):
    """The decisions of a project, oldest first."""

    permissions = {"GET": "view_overview"}

    @extend_schema(responses=GateSerializer(many=True))
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return the decisions."""
        return Response(GateSerializer(Gate.objects.filter(phase__project=self.project), many=True).data)


class PhaseGate(ProjectView):
    """The gate of a phase."""

    permissions = {"POST": "manage_phases"}

    @extend_schema(request=DecideSerializer, responses={201: GateSerializer})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Decide: go on, go back, or stop."""
        phase = _phase(self)
        sent = DecideSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        said = sent.validated_data
        gate = gates.decide(
            phase,
            self.user,
            said["decision"],
            said["reason"],
            to_stage=said.get("to"),
            money=said["money"],
            days=said.get("days"),
        )
        return Response(GateSerializer(gate).data, status=status.HTTP_201_CREATED)


def _phase(view: ProjectView) -> Phase:
    found = view.project.phases.filter(pk=view.kwargs["phase_id"]).first()
    if found is None:
        raise Http404("There is no such phase in this project.")
    return found
