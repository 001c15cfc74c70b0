"""The schemas that the OpenAPI document names: of configurations, of answers, and of fields that hold one of them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotator import kinds
from annotator.kinds import schemas


@extend_schema_field(schemas.CONFIG)
class ConfigField(serializers.JSONField):
    """A question's configuration, by its kind."""


@extend_schema_field(schemas.VALUE)
class ValueField(serializers.JSONField):
    """An answer, by its question's kind."""


def components() -> dict[str, dict[str, Any]]:
    """Return the schemas by component name: `ChoiceConfig`, `ChoiceValue` and so on, and those that allow any kind."""
    found = {}
    for kind in kinds.every():
        found[f"{kind.name.capitalize()}Config"] = kind.config_schema
        found[f"{kind.name.capitalize()}Value"] = kind.value_schema
    names = [kind.name.capitalize() for kind in kinds.every()]
    in_sets = [kind.name for kind in kinds.every() if kind.name != "set"]
    parts = [name.capitalize() for name in in_sets]
    return found | {
        "QuestionConfig": _any(names, "Config", "The configuration of a question, by its kind."),
        "AnswerValue": _any(names, "Value", "An answer, by its question's kind."),
        "PartKind": schemas.one_of(*in_sets),
        "PartConfig": _any(parts, "Config", "The configuration of a part of a set, by the part's kind."),
        "PartValue": _any(parts, "Value", "The answer to a part of a set, by the part's kind."),
    }


def _any(names: list[str], end: str, description: str) -> dict[str, Any]:
    return {"anyOf": [{"$ref": f"#/components/schemas/{name}{end}"} for name in names], "description": description}


def add_components(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Add the schemas of all kinds to the OpenAPI document; a postprocessing hook of drf-spectacular."""
    result["components"]["schemas"] = dict(sorted((result["components"].get("schemas", {}) | components()).items()))
    return result
