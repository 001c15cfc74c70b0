"""The shapes of a text: its configuration and its answers."""

from annotator.kinds.schemas import obj, one_of, whole

FORMS = {"any": "anything", "number": "a number", "date": "a date as 2026-11-24", "mask": "after a pattern"}
MOST_CHARACTERS = 100_000

CONFIG = obj(
    {
        "lines": whole(1, 40),
        "shortest": whole(0, MOST_CHARACTERS),
        "longest": whole(1, MOST_CHARACTERS),
        "form": one_of(*FORMS),
        "mask": {"type": "string", "maxLength": 100},
    },
    "lines",
    "shortest",
    "longest",
    "form",
    "mask",
)
VALUE = {"type": "string", "maxLength": MOST_CHARACTERS}
