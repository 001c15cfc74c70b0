"""Estimates: what asking about more items would take."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.api.common.scoped import ProjectView
from workers.budget import estimates, fees


class RangeSerializer(serializers.Serializer):
    """A figure with its 80% interval, and what it rests on."""

    low = serializers.FloatField()
    middle = serializers.FloatField()
    high = serializers.FloatField()
    rests_on = serializers.CharField()


class FairnessSerializer(serializers.Serializer):
    """How many people earn the floor at the price: as a share of those who answer or may begin."""

    floor = serializers.CharField()
    people = serializers.IntegerField(help_text="How many people are spoken of; 0: people in general.")
    earn = RangeSerializer()
    prices = serializers.DictField(
        child=serializers.CharField(), help_text="By share (0.5, 0.9): the price at which that share earns the floor."
    )


class EstimateSerializer(serializers.Serializer):
    """What a batch is expected to take. Money in the project's currency."""

    items = serializers.IntegerField()
    price = serializers.CharField()
    answers = RangeSerializer()
    money = RangeSerializer()
    hours = RangeSerializer()
    days = RangeSerializer()
    compute = RangeSerializer()
    wage = RangeSerializer()
    fair = FairnessSerializer(allow_null=True, help_text="Null where no floor is set.")


class EstimateQuery(serializers.Serializer):
    """How many items of each split, and where: with our own people, or on a platform with its fees."""

    train = serializers.IntegerField(min_value=0, max_value=10_000_000, default=0)
    test = serializers.IntegerField(min_value=0, max_value=10_000_000, default=0)
    platform = serializers.ChoiceField(
        choices=[(key, name) for key, (name, _) in fees.SCHEDULES.items()], default="", allow_blank=True
    )
    assignments = serializers.IntegerField(min_value=1, max_value=1000, default=1)
    masters = serializers.BooleanField(default=False)


class EstimateDetail(ProjectView):
    """What asking about this many more items would take, before anything is spent."""

    permissions = {"GET": "view_live"}
    query_parameters = frozenset(EstimateQuery().fields)

    @extend_schema(parameters=[EstimateQuery], responses=EstimateSerializer)
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return the estimate."""
        question = self.question()
        asked = EstimateQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        terms = fees.Terms(said["assignments"], said["masters"])
        return Response(estimates.estimate(question, said["train"], said["test"], terms, said["platform"]).as_dict())
