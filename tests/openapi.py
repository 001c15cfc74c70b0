"""The API's OpenAPI document, and whether a value fits one of its components."""

from typing import Any

from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator


def document() -> dict[str, Any]:
    """Return the document that `/api/schema/` serves."""
    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return found


def fits(whole: dict[str, Any], component: str, value: Any) -> list[str]:
    """Return in which ways a value does not fit a component; empty if it fits."""
    schema = {"$ref": f"#/components/schemas/{component}", "components": _plain(whole["components"])}
    return [error.message[:300] for error in Draft202012Validator(schema).iter_errors(value)]


def _plain(node: Any) -> Any:
    """Return a schema of OpenAPI 3.0 as one of JSON Schema: there `nullable` is a type and an exclusive minimum a number."""
    if isinstance(node, list):
        return [_plain(one) for one in node]
    if not isinstance(node, dict):
        return node
    found = {name: _plain(one) for name, one in node.items() if name != "nullable"}
    if found.get("exclusiveMinimum") is True:
        found["exclusiveMinimum"] = found.pop("minimum")
    return {"anyOf": [found, {"type": "null"}]} if node.get("nullable") is True else found
