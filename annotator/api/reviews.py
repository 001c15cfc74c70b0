"""Review: what is to be decided, decisions, and what people learn from them."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.api.common.fields import KnownFieldsOnly
from annotator.api.common.schemas import ValueField
from annotator.api.common.scoped import ProjectView
from annotator.kinds import bootstrap
from annotator.models import Review
from annotator.quality import review


class ReviewSerializer(serializers.Serializer):
    """An item to decide: its answers unnamed, each value with how many gave it."""

    id = serializers.IntegerField()
    task = serializers.IntegerField(source="task_id")
    item = serializers.IntegerField(source="task.item_id")
    content = serializers.SerializerMethodField()
    trigger = serializers.CharField()
    answers = serializers.SerializerMethodField()

    def get_content(self, found: Review) -> str:
        """Return the path of the item's content."""
        item = found.task.item
        return bootstrap.content_address(item.project_id, item.sha256)

    def get_answers(self, found: Review) -> list[dict[str, Any]]:
        """Return the answers."""
        return review.answers(found)


class ReviewsSerializer(serializers.Serializer):
    """The next item to decide, if there is one, and how many wait."""

    review = ReviewSerializer(allow_null=True)
    waiting = serializers.IntegerField()
    with_others = serializers.IntegerField(help_text="How many of these another reviewer has before them now.")


class NextReview(ProjectView):
    """Ask for an item to decide."""

    permissions = {"POST": "review"}

    @extend_schema(request=None, responses=ReviewsSerializer)
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Hold the next item whose answers disagree, or whose label is unsure; never one you answered yourself."""
        question = self.question()
        found = review.next_review(question, self.user)
        waiting = review.open_to(question, self.user).count()
        return Response(
            {
                "review": ReviewSerializer(found).data if found else None,
                "waiting": waiting,
                "with_others": len(review.with_others(question, self.user)),
            }
        )


class DecisionSerializer(KnownFieldsOnly):
    """A decision. `id` is made by the client: sent twice, it is one decision."""

    id = serializers.UUIDField()
    value = ValueField()
    reason = serializers.CharField(max_length=500)


class DecidedSerializer(serializers.Serializer):
    """What was decided about an item, with the reason."""

    question = serializers.IntegerField(source="task.question_id")
    content = serializers.SerializerMethodField(help_text="The address of the item's content.")
    value = ValueField(source="decision.value")
    reason = serializers.CharField()
    decided_at = serializers.DateTimeField()

    def get_content(self, found: Review) -> str:
        """Return the address of the item's content."""
        return bootstrap.content_address(found.task.item.project_id, found.task.item.sha256)


class Decide(ProjectView):
    """Decide an item."""

    permissions = {"POST": "review"}

    @extend_schema(request=DecisionSerializer, responses={201: DecidedSerializer})
    def post(self, request: Request, review_id: int, **kwargs: Any) -> Response:
        """Settle what the item is. Who answered it sees the decision and the reason."""
        sent = DecisionSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        found = review.decide(
            self.project,
            review_id,
            self.user,
            sent.validated_data["id"],
            sent.validated_data["value"],
            sent.validated_data["reason"],
        )
        return Response(DecidedSerializer(found).data, status=status.HTTP_201_CREATED)


class AskMoreSerializer(KnownFieldsOnly):
    """How many more people to ask."""

    count = serializers.IntegerField(min_value=1, max_value=review.MOST_MORE, default=1)


class AskMore(ProjectView):
    """Ask more people instead of deciding."""

    permissions = {"POST": "review"}

    @extend_schema(request=AskMoreSerializer, responses={204: None})
    def post(self, request: Request, review_id: int, **kwargs: Any) -> Response:
        """Raise the item's overlap."""
        sent = AskMoreSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        review.ask_more(self.project, review_id, self.user, sent.validated_data["count"])
        return Response(status=status.HTTP_204_NO_CONTENT)


class AskReview(ProjectView):
    """Send a task to review."""

    permissions = {"POST": "manage_quality"}

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, task_id: int, **kwargs: Any) -> Response:
        """Let a reviewer decide this item."""
        review.ask_by_hand(self.project, task_id, self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class Decisions(ProjectView, generics.ListAPIView):
    """What was decided about items you answered."""

    serializer_class = DecidedSerializer
    permissions = {"GET": "view_decisions"}
    filter_backends = []
    queryset = Review.objects.none()

    def get_queryset(self) -> QuerySet[Review]:
        """Return the decisions, the latest first."""
        return review.decisions_for(self.project, self.user)
