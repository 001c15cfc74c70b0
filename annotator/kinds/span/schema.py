"""The shapes of a span question: its configuration and its answers."""

from annotator.kinds.schemas import array, label, obj, whole, words

MOST_LABELS = 33
MOST_SPANS = 5_000

CONFIG = obj(
    {"labels": array(label(), 1, MOST_LABELS), "relations": array(label(), 0, MOST_LABELS - 1), "least": whole(0, 100)},
    "relations",
    "least",
)
_AT = {"type": "integer", "minimum": 0}
VALUE = obj(
    {
        "spans": array(
            obj({"start": _AT, "end": {"type": "integer", "minimum": 1}, "label": words(100)}), 0, MOST_SPANS
        ),
        "relations": array(obj({"from": _AT, "to": _AT, "label": words(100)}), 0, MOST_SPANS),
    },
    "relations",
)
