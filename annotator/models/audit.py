"""Who did what."""

from django.conf import settings
from django.db import models

from annotator.models.project import Project


class AuditEntry(models.Model):
    """One action of one person; append-only. Answers are not repeated here, because their own rows hold everything."""

    project = models.ForeignKey(Project, models.PROTECT, null=True, related_name="audit")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    action = models.CharField(max_length=60)
    detail = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M} {self.user}: {self.action}"
