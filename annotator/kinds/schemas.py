"""Building blocks for the JSON Schemas of kinds.

Each kind describes its configuration and its answer in its own `schema` module. A schema gives the shape; the kind's checks are
stricter, because they know the configuration and the item.
"""

from typing import Any

# Any configuration and any answer, and those of a set's parts, as the API's OpenAPI document names them.
CONFIG = {"$ref": "#/components/schemas/QuestionConfig"}
VALUE = {"$ref": "#/components/schemas/AnswerValue"}
PART_KIND = {"$ref": "#/components/schemas/PartKind"}
PART_CONFIG = {"$ref": "#/components/schemas/PartConfig"}
PART_VALUE = {"$ref": "#/components/schemas/PartValue"}


def whole(least: int, most: int) -> dict[str, Any]:
    """Return the schema of a whole number within limits, both included."""
    return {"type": "integer", "minimum": least, "maximum": most}


def words(most: int) -> dict[str, Any]:
    """Return the schema of a text that is not empty, of at most `most` characters."""
    return {"type": "string", "minLength": 1, "maxLength": most}


def one_of(*names: str) -> dict[str, Any]:
    """Return the schema of one of some names."""
    return {"type": "string", "enum": list(names)}


def obj(properties: dict[str, Any], *optional: str, **more: Any) -> dict[str, Any]:
    """Return the schema of an object with exactly these properties; all but `optional` are required."""
    required = [name for name in properties if name not in optional]
    found = {"type": "object", "properties": properties, "additionalProperties": False, **more}
    return found | ({"required": required} if required else {})


def array(items: dict[str, Any], least: int, most: int) -> dict[str, Any]:
    """Return the schema of a list."""
    return {"type": "array", "items": items, "minItems": least, "maxItems": most}


def label(*extra: str) -> dict[str, Any]:
    """Return the schema of a label: a text alone, or an object with its value. `extra` names further properties, all texts."""
    properties: dict[str, Any] = {"value": words(100), "label": words(200), "key": {"type": "string", "maxLength": 1}}
    properties |= {name: {"type": "string"} for name in extra}
    return {"oneOf": [words(100), obj(properties, "label", "key", *extra)]}
