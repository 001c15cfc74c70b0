"""Annotators who work together, and have their own batches."""

from django.db import models

from annotator.models.member import Member
from annotator.models.project import Project


class Group(models.Model):
    """A named set of a project's people."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="groups")
    name = models.CharField(max_length=100)
    members = models.ManyToManyField(Member, related_name="groups", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="group_once")]

    def __str__(self) -> str:
        return self.name
