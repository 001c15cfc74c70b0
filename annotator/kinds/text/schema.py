"""The shapes of a text: its configuration and its answers."""

from annotator.kinds.schemas import obj, whole

CONFIG = obj(
    {
        "lines": whole(1, 40),
        "shortest": whole(0, 100_000),
        "longest": whole(1, 100_000),
        "form": {"type": "string", "enum": ["any", "number", "date", "mask"]},
        "mask": {"type": "string", "maxLength": 100},
    },
    "lines",
    "shortest",
    "longest",
    "form",
    "mask",
)
VALUE = {"type": "string", "maxLength": 100_000}
