"""What belongs to a project: every table whose rows lead to it, found by the relations of the models, and its blobs."""

from functools import cache
from graphlib import TopologicalSorter
from typing import Any

from django.apps import apps
from django.db.models import Model, QuerySet

from annotator.models import Project

Rows = type[Model]


@cache
def tables() -> dict[Rows, str]:
    """Return each model whose rows belong to a project, with the look-up that leads there; those that name others come first.

    A table that is added later is among them by itself. Where several look-ups lead to the project, it is the shortest that
    is never empty.
    """
    found: dict[Rows, str] = {Project: "pk"}
    models = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
    for with_null in (False, True):
        while more := {
            model: min(ways, key=lambda way: (way.count("__"), "item" in way, way))
            for model in models
            if model not in found and (ways := _ways(model, found, with_null))
        }:
            found |= more
    order = TopologicalSorter({model: set[Rows]() for model in found})
    for model in found:
        for field in _relations(model):
            if field.related_model in found and field.related_model is not model:
                order.add(field.related_model, model)
    return {model: found[model] for model in order.static_order()}


def _ways(model: Rows, found: dict[Rows, str], with_null: bool) -> list[str]:
    return [
        field.name if field.related_model is Project else f"{field.name}__{found[field.related_model]}"
        for field in _relations(model)
        if field.related_model in found and (with_null or not field.null)
    ]


def _relations(model: Rows) -> list[Any]:
    return [field for field in model._meta.concrete_fields if field.is_relation]


def names_itself(model: Rows) -> bool:
    """Check whether rows of a model may name other rows of it."""
    return any(field.related_model is model for field in _relations(model))


def rows(model: Rows, project_id: int) -> QuerySet[Any]:
    """Return the rows of a model that belong to a project."""
    return model._default_manager.filter(**{tables()[model]: project_id}).order_by()
