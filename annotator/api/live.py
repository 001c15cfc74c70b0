"""What is going on at a question."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.api.common.scoped import ProjectView
from annotator.quality import live


class StuckSerializer(serializers.Serializer):
    """Something that does not go on by itself, and why."""

    count = serializers.IntegerField()
    what = serializers.CharField()
    why = serializers.CharField()


class LiveSerializer(serializers.Serializer):
    """The numbers of this minute."""

    tasks = serializers.IntegerField(source="progress.tasks")
    tasks_done = serializers.IntegerField(source="progress.tasks_done")
    answers = serializers.IntegerField(source="progress.answers")
    answers_left = serializers.IntegerField()
    cost_left = serializers.DecimalField(max_digits=20, decimal_places=4)
    held = serializers.IntegerField()
    at_work = serializers.IntegerField()
    speed = serializers.IntegerField(help_text="Answers an hour, over the last 15 minutes.")
    hours_left = serializers.FloatField(allow_null=True)
    agreement = serializers.FloatField(allow_null=True, help_text="Share of pairs of answers to one item that agree.")
    gold_right = serializers.IntegerField()
    gold_total = serializers.IntegerField()
    gold_low = serializers.FloatField()
    gold_high = serializers.FloatField()
    reviews = serializers.IntegerField()
    decided = serializers.IntegerField()
    paused = serializers.IntegerField()
    unclear = serializers.IntegerField()
    stuck = StuckSerializer(many=True)


class Live(ProjectView):
    """The live numbers of a question."""

    permissions = {"GET": "view_live"}

    @extend_schema(responses=LiveSerializer)
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return the numbers."""
        return Response(LiveSerializer(live.figures(self.question())).data)
