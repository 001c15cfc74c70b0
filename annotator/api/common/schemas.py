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
    """Return the schemas by component name: `ChoiceConfig`, `ChoiceValue` and so on, `QuestionConfig` and `AnswerValue`."""
    found: dict[str, dict[str, Any]] = {}
    configs, values = [], []
    for kind in kinds.every():
        for end, schema, listed in (("Config", kind.config_schema, configs), ("Value", kind.value_schema, values)):
            name = f"{kind.name.capitalize()}{end}"
            found[name] = schema
            listed.append({"$ref": f"#/components/schemas/{name}"})
    return found | {
        "QuestionConfig": {"anyOf": configs, "description": "The configuration of a question, by its kind."},
        "AnswerValue": {"anyOf": values, "description": "An answer, by its question's kind."},
    }


def add_components(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Add the schemas of all kinds to the OpenAPI document; a postprocessing hook of drf-spectacular."""
    result["components"]["schemas"] = dict(sorted((result["components"].get("schemas", {}) | components()).items()))
    return result
