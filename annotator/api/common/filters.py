"""Filters of lists: what belongs to another project is as unknown as what exists nowhere."""

from typing import Any

import django_filters
from django.apps import apps
from django.db.models import QuerySet

from annotator.models import Member, Project, User
from annotator.people.permissions import memberships


def _project(request: Any) -> Project | None:
    if request is None:  # the schema is being written
        return None
    number = request.parser_context["kwargs"]["project_id"]
    member: Member | None = memberships(request.user).filter(project_id=number).first()
    return member.project if member else None


class ProjectFilter(django_filters.FilterSet):
    """A filter set whose ids are looked up in the project of the address."""

    @staticmethod
    def by_id(model: type[Any] | str, project: str) -> django_filters.ModelChoiceFilter:
        """Return a filter by the id of something the project has: `project` is how the model's rows lead to theirs.

        A model of a room above, which this one must not import, is named as a foreign key names it: "app.Model".
        """

        def found(request: Any) -> QuerySet[Any]:
            here = _project(request)
            rows = (apps.get_model(model) if isinstance(model, str) else model).objects
            return rows.filter(**{project: here}) if here else rows.none()

        return django_filters.ModelChoiceFilter(queryset=found)

    @staticmethod
    def people() -> django_filters.ModelChoiceFilter:
        """Return a filter by a person of the project, also one who has left."""

        def found(request: Any) -> QuerySet[User]:
            project = _project(request)
            return User.objects.filter(memberships__project=project) if project else User.objects.none()

        return django_filters.ModelChoiceFilter(queryset=found)
