"""The shapes of a choice: its configuration and its answers."""

from annotator.kinds.schemas import array, label, obj, whole, words

CONFIG = obj(
    {
        "choices": array(label("under"), 2, 20_000),
        "several": {"type": "boolean", "default": False},
        "least": whole(0, 20_000),
        "most": whole(1, 20_000),
    },
    "several",
    "least",
    "most",
)
VALUE = {"oneOf": [words(100), array(words(100), 0, 20_000) | {"uniqueItems": True}]}
