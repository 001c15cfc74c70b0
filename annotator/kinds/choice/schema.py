"""The shapes of a choice: its configuration and its answers."""

from annotator.kinds.schemas import array, label, obj, whole, words

MOST_CHOICES = 5_000

CONFIG = obj(
    {
        "choices": array(label("under"), 2, MOST_CHOICES),
        "several": {"type": "boolean", "default": False},
        "least": whole(0, MOST_CHOICES),
        "most": whole(1, MOST_CHOICES),
    },
    "several",
    "least",
    "most",
)
VALUE = {"oneOf": [words(100), array(words(100), 0, MOST_CHOICES) | {"uniqueItems": True}]}
