"""Webhooks, and what they were told."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.api.common.fields import KnownFieldsOnly
from annotator.api.common.filters import ProjectFilter
from annotator.api.common.scoped import ProjectView
from annotator.hooks import EVENTS, deliveries, subscriptions
from annotator.models import Delivery, Webhook


class WebhookSerializer(KnownFieldsOnly, serializers.ModelSerializer):
    """A webhook."""

    events = serializers.ListField(child=serializers.ChoiceField(choices=list(EVENTS.items())), allow_empty=False)
    url = serializers.CharField(max_length=500)

    class Meta:
        model = Webhook
        fields = ["id", "url", "events", "created_at"]


class NewWebhookSerializer(WebhookSerializer):
    """A new webhook, with the secret its deliveries are signed with; it is told once."""

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields, "secret"]
        read_only_fields = ["secret"]


class WebhookList(ProjectView):
    """The webhooks of a project; add one."""

    permissions = {"GET": "manage_webhooks", "POST": "manage_webhooks"}

    @extend_schema(responses=WebhookSerializer(many=True))
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return the webhooks."""
        return Response(WebhookSerializer(self.project.webhooks.filter(active=True), many=True).data)

    @extend_schema(request=WebhookSerializer, responses={201: NewWebhookSerializer})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Add a webhook. Private addresses are refused, here and at every delivery."""
        sent = WebhookSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        webhook = subscriptions.add(self.project, self.user, sent.validated_data["url"], sent.validated_data["events"])
        return Response(NewWebhookSerializer(webhook).data, status=status.HTTP_201_CREATED)


class WebhookDetail(ProjectView):
    """One webhook."""

    permissions = {"DELETE": "manage_webhooks"}

    @extend_schema(responses={204: None})
    def delete(self, request: Request, webhook_id: int, **kwargs: Any) -> Response:
        """Remove a webhook."""
        found = self.project.webhooks.filter(pk=webhook_id, active=True).first()
        if found is None:
            raise Http404("There is no such webhook in this project.")
        deliveries.remove(found, self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class DeliverySerializer(serializers.ModelSerializer):
    """What a webhook was told, and what came of it."""

    class Meta:
        model = Delivery
        fields = ["id", "event", "content", "state", "attempts", "next_at", "said", "created_at"]


class DeliveryFilter(ProjectFilter):
    """Which deliveries are wanted."""

    webhook = ProjectFilter.by_id(Webhook, "project")

    class Meta:
        model = Delivery
        fields = ["event", "state", "webhook"]


class DeliveryList(ProjectView, generics.ListAPIView):
    """The deliveries of a project's webhooks, newest first."""

    serializer_class = DeliverySerializer
    permissions = {"GET": "manage_webhooks"}
    filterset_class = DeliveryFilter
    queryset = Delivery.objects.none()

    def get_queryset(self) -> QuerySet[Delivery]:
        """Return the deliveries."""
        return Delivery.objects.filter(webhook__project=self.project)


class SendAgain(ProjectView):
    """Send a delivery once more."""

    permissions = {"POST": "manage_webhooks"}

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, delivery_id: str, **kwargs: Any) -> Response:
        """Send it again, now."""
        found = Delivery.objects.filter(pk=delivery_id, webhook__project=self.project, webhook__active=True).first()
        if found is None:
            raise Http404("There is no such delivery in this project.")
        deliveries.again(found, self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)
