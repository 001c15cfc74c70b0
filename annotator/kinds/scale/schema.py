"""The shapes of a scale: its configuration and its answers."""

from annotator.kinds.schemas import obj, whole, words

CONFIG = obj(
    {"points": whole(2, 10), "low": words(60), "middle": {"type": "string", "maxLength": 60}, "high": words(60)},
    "points",
    "middle",
)
VALUE = whole(1, 10)
