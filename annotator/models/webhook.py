"""Webhooks: addresses that get events, and the deliveries to them."""

import secrets
import uuid

from django.conf import settings
from django.db import models

from annotator.models.project import Project


def new_secret() -> str:
    """Return the secret with which deliveries are signed."""
    return secrets.token_urlsafe(32)


class Webhook(models.Model):
    """One address, and the events it wants."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="webhooks")
    url = models.URLField(max_length=500)
    events = models.JSONField(default=list)
    secret = models.CharField(max_length=100, default=new_secret)
    active = models.BooleanField(default=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["project"], condition=models.Q(active=True), name="webhook_active")]

    def __str__(self) -> str:
        return self.url


class DeliveryState(models.TextChoices):
    """The state of a delivery."""

    WAITING = "waiting", "Waiting"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Given up"


class Delivery(models.Model):
    """One event for one address, written in the transaction of the event and sent after it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    webhook = models.ForeignKey(Webhook, models.PROTECT, related_name="deliveries")
    event = models.CharField(max_length=40)
    content = models.JSONField()
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    said = models.CharField(max_length=300, blank=True, help_text="What came of the last attempt.")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(fields=["next_at"], condition=models.Q(state="waiting"), name="delivery_waiting"),
            models.Index(fields=["webhook", "-created_at"], name="delivery_by_webhook"),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.webhook}"
