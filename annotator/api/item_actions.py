"""One item, and what is done to one or many: tagged, grouped, planned, withdrawn, erased."""

from typing import Any

from django.db import transaction
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.api.common.fields import KnownFieldsOnly
from annotator.api.common.scoped import MOST, ProjectView
from annotator.api.items import FILTERS, ItemSerializer
from annotator.api.jobs import JobSerializer
from annotator.items import bulk, limits
from annotator.items import search as searching
from annotator.models import Item
from annotator.people.permissions import allowed, may_tell_known_items

MOST_NAMED = 10_000


class ItemChangesSerializer(KnownFieldsOnly, serializers.Serializer):
    """What may change in an item."""

    tags = serializers.ListField(
        child=serializers.CharField(max_length=limits.MOST_TAG), max_length=limits.MOST_TAGS, required=False
    )
    group = serializers.CharField(max_length=limits.MOST_GROUP, allow_blank=True, required=False)
    priority = serializers.IntegerField(min_value=-limits.MOST_PRIORITY, max_value=limits.MOST_PRIORITY, required=False)


class ItemDetail(ProjectView):
    """One item."""

    permissions = {"GET": "view_items", "PATCH": "manage_items"}

    @extend_schema(responses=ItemSerializer)
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return the item."""
        return self._shown()

    @extend_schema(request=ItemChangesSerializer, responses=ItemSerializer)
    def patch(self, request: Request, **kwargs: Any) -> Response:
        """Change the item's tags, group or priority."""
        item = self._item()
        sent = ItemChangesSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        changes = sent.validated_data
        actions = []
        if "tags" in changes:
            actions += [bulk.Action("untag", tag) for tag in sorted(set(item.tags) - set(changes["tags"]))]
            actions += [bulk.Action("tag", tag) for tag in dict.fromkeys(changes["tags"]) if tag not in item.tags]
        actions += [bulk.Action(name, str(changes[name])) for name in ("group", "priority") if name in changes]
        with transaction.atomic():
            for action in actions:
                bulk.do(self.project, self.user, action, [item.pk])
        return self._shown()

    def _item(self) -> Item:
        item = self.project.items.filter(pk=self.kwargs["item_id"]).first()
        if item is None:
            raise Http404("There is no such item in this project.")
        return item

    def _shown(self) -> Response:
        return Response(ItemSerializer(self._item(), context={"request": self.request, "view": self}).data)


class ActionSerializer(KnownFieldsOnly, serializers.Serializer):
    """What is done, and to which items: those named, or all that a search finds."""

    action = serializers.ChoiceField(choices=list(bulk.PERMISSIONS))
    value = serializers.CharField(
        max_length=500,
        allow_blank=True,
        default="",
        help_text="The reason to withdraw or erase, the tag, the group, the priority, or the name of the batch.",
    )
    question = serializers.IntegerField(
        min_value=1, max_value=MOST, required=False, help_text="The question that the batch asks."
    )
    items = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MOST), max_length=MOST_NAMED, required=False
    )
    search = serializers.DictField(
        child=serializers.CharField(max_length=searching.MOST_QUERY),
        required=False,
        help_text=f"As in the address of the list: {', '.join(FILTERS)}.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Check that the items are named in one way."""
        if ("items" in attrs) == ("search" in attrs):
            raise serializers.ValidationError({"items": ["Name the items, or send a search, one of both."]})
        if unknown := sorted(set(attrs.get("search", {})) - set(FILTERS)):
            raise serializers.ValidationError({"search": [f"There is no filter {', '.join(unknown)[:100]}."]})
        return attrs


class OutcomeSerializer(serializers.Serializer):
    """What became of an action."""

    changed = serializers.IntegerField(help_text="How many items it changed.")


class ItemActions(ProjectView):
    """What is done to many items."""

    permissions = {"POST": "manage_items"}

    @extend_schema(
        request=ActionSerializer,
        responses={200: OutcomeSerializer, 202: JobSerializer},
        description="Withdraw items (`withdraw`) or take them back (`take_back`), `tag` or `untag` them, set their `group` or "
        f"`priority`, plan a `batch` of them, or `erase` withdrawn ones for good. More than {bulk.AT_ONCE:,} items are a job.",
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Do something to items: at once, or by a job if there are many."""
        sent = ActionSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        values = sent.validated_data
        may = allowed(self.member)
        if bulk.PERMISSIONS[values["action"]] not in may:
            raise PermissionDenied("Your role here does not allow this.")
        search = None
        if "search" in values:
            search = searching.read(values["search"], self.project, may_tell_known_items(may))
        action = bulk.Action(values["action"], values["value"], values.get("question"))
        outcome = bulk.do(self.project, self.user, action, values.get("items"), search)
        if outcome.job:
            return Response(JobSerializer(outcome.job).data, status=status.HTTP_202_ACCEPTED)
        return Response({"changed": outcome.changed})
