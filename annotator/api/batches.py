"""Batches, and the order within them."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.api.common.fields import KnownFieldsOnly, refuse_unchangeable
from annotator.api.common.scoped import ProjectView
from annotator.models import Batch, BatchState, Order, Question
from annotator.queue import batches

MOST_AT_ONCE = 10_000
LOWEST, HIGHEST = -(2**31), 2**31 - 1


class BatchSerializer(serializers.ModelSerializer):
    """A batch; `answers_left` is how many answers it still wants, `cost_left` what they cost."""

    group = serializers.SlugRelatedField(slug_field="name", read_only=True)
    answers_left = serializers.IntegerField(source="left.answers", read_only=True)
    cost_left = serializers.DecimalField(source="left.cost", max_digits=20, decimal_places=4, read_only=True)

    class Meta:
        model = Batch
        fields = [
            "number",
            "name",
            "state",
            "order",
            "group",
            "is_default",
            "answers_left",
            "cost_left",
            "created_at",
            "opened_at",
            "finished_at",
            "closed_at",
        ]


def serialize_batches(question: Question, *found: Batch) -> list[dict[str, Any]]:
    """Return batches of one question with what is left of each."""
    left = batches.left(question)
    for batch in found:
        batch.left = left.get(batch.pk, batches.Left())
    return BatchSerializer(found, many=True).data


class BatchPlanSerializer(KnownFieldsOnly):
    """A batch to plan: named `items`, or the first `count` that are in none."""

    name = serializers.CharField(max_length=100, default="", allow_blank=True)
    count = serializers.IntegerField(min_value=1, max_value=batches.MOST_ITEMS, required=False)
    items = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        max_length=MOST_AT_ONCE,
        required=False,
        allow_empty=False,
    )
    order = serializers.ChoiceField(choices=Order.choices, default=Order.PRIORITY)
    group = serializers.IntegerField(required=False, help_text="Only these people get it.")


class BatchList(ProjectView):
    """The batches of a question; plan one."""

    permissions = {"GET": "view_live", "POST": "manage_batches"}

    @extend_schema(responses=BatchSerializer(many=True))
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return the batches, in their order."""
        question = self.question()
        return Response(serialize_batches(question, *question.batches.select_related("group")))

    @extend_schema(request=BatchPlanSerializer, responses={201: BatchSerializer})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Plan a batch. It is handed out once it is opened."""
        question = self.question()
        sent = BatchPlanSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        fields = dict(sent.validated_data)
        group = self.group(fields.pop("group", None))
        batch = batches.plan(question, self.user, fields.pop("name"), group=group, **fields)
        return Response(serialize_batches(question, batch)[0], status=status.HTTP_201_CREATED)


class ChangeBatchSerializer(serializers.Serializer):
    """What a batch becomes. `anyway` opens it although many find the question unclear."""

    state = serializers.ChoiceField(choices=[BatchState.OPEN, BatchState.PAUSED, BatchState.CLOSED])
    anyway = serializers.BooleanField(default=False)


class BatchDetail(ProjectView):
    """One batch: open, pause, close."""

    permissions = {"GET": "view_live", "PATCH": "manage_batches"}

    def batch(self) -> Batch:
        """Return the batch of the address. Raises Http404 where there is none such."""
        found = self.question().batches.filter(number=min(self.kwargs["number"], 2**31 - 1)).first()
        if found is None:
            raise Http404("There is no such batch of this question.")
        return found

    @extend_schema(responses=BatchSerializer)
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return the batch."""
        return Response(serialize_batches(self.question(), self.batch())[0])

    @extend_schema(request=ChangeBatchSerializer, responses=BatchSerializer)
    def patch(self, request: Request, **kwargs: Any) -> Response:
        """Open, pause or close the batch."""
        batch = self.batch()
        refuse_unchangeable(request.data, ChangeBatchSerializer(), lambda: serialize_batches(batch.question, batch)[0])
        sent = ChangeBatchSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        batch = batches.change(batch, sent.validated_data["state"], self.user, anyway=sent.validated_data["anyway"])
        return Response(serialize_batches(batch.question, batch)[0])


class PrioritySerializer(KnownFieldsOnly):
    """Priorities by item (a model's uncertainty, say; the higher is asked first), or a rule for all open items."""

    items = serializers.DictField(
        child=serializers.IntegerField(min_value=LOWEST, max_value=HIGHEST), required=False, allow_empty=False
    )
    rule = serializers.ChoiceField(choices=list(batches.RULES.items()), required=False)

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        """Return one of the two, with numbers for items. Raises a refusal for both or neither."""
        if ("items" in sent) == ("rule" in sent):
            raise serializers.ValidationError("Send either items or a rule.")
        if len(sent.get("items", {})) > MOST_AT_ONCE:
            raise serializers.ValidationError({"items": f"At most {MOST_AT_ONCE:,} at once."})
        try:
            sent["items"] = {int(item): number for item, number in sent.get("items", {}).items()}
        except ValueError:
            raise serializers.ValidationError({"items": "Each item is named by its number."}) from None
        if any(not 0 < item < 2**63 for item in sent["items"]):
            raise serializers.ValidationError({"items": "Each item is named by its number."})
        return sent


class ChangedSerializer(serializers.Serializer):
    """How many tasks changed their place in the queue."""

    changed = serializers.IntegerField()


class Priorities(ProjectView):
    """The order in which items are asked about."""

    permissions = {"POST": "set_priorities"}

    @extend_schema(request=PrioritySerializer, responses=ChangedSerializer)
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Set priorities."""
        question = self.question()
        sent = PrioritySerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        if rule := sent.validated_data.get("rule"):
            return Response({"changed": batches.set_priorities_by_rule(question, rule)})
        return Response({"changed": batches.set_priorities(question, sent.validated_data["items"])})
