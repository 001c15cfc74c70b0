"""The shapes of a set: its configuration and its answers."""

from annotator.kinds.schemas import PART_CONFIG, PART_KIND, PART_VALUE, array, obj, words

MOST_PARTS = 12

_NAME = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,39}$"}
_PART = obj(
    {
        "name": _NAME,
        "text": words(500),
        "kind": PART_KIND,
        "config": PART_CONFIG,
        "when": obj({"part": _NAME, "is": array({"oneOf": [{"type": "string"}, {"type": "integer"}]}, 1, 20_000)}),
    },
    "when",
)
CONFIG = obj({"parts": array(_PART, 2, MOST_PARTS)})
VALUE = {"type": "object", "additionalProperties": PART_VALUE}
