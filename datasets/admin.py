"""Versions in the admin, read-only."""

from django.contrib import admin

from annotator.admin import ReadOnly
from datasets import models


@admin.register(models.Version)
class VersionAdmin(ReadOnly):
    """Versions."""

    list_display = ["id", "project", "number", "train_count", "test_count", "sha256", "created_at"]
