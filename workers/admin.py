"""Runs and money in the admin, read-only except for prices."""

from django.contrib import admin

from annotator.admin import ReadOnly
from workers import models


@admin.register(models.Entry)
class EntryAdmin(ReadOnly):
    """The ledger."""

    list_display = ["id", "project", "kind", "amount", "currency", "source", "target", "idempotency_key", "created_at"]
    list_filter = ["kind"]
    list_select_related = ["project", "source", "target"]


@admin.register(models.TrainingRun)
class TrainingRunAdmin(ReadOnly):
    """Training runs."""

    list_display = ["id", "version", "network", "seed", "train_size", "error", "seconds", "cost"]


@admin.register(models.Machine)
class MachineAdmin(admin.ModelAdmin):
    """The hourly price of a device."""

    list_display = ["project", "device", "hourly_price"]
    fields = ["hourly_price"]

    def has_add_permission(self, request: object, obj: object = None) -> bool:
        """Refuse adding: a project has its machines from the start."""
        return False
