"""The shapes of a box question: its configuration and its answers."""

from annotator.kinds.schemas import array, label, obj, whole, words

CONFIG = obj(
    {
        "labels": array(label(), 1, 33),
        "shapes": array({"type": "string", "enum": ["box", "polygon", "point"]}, 1, 3),
        "least": whole(0, 100),
    },
    "shapes",
    "least",
)
_AT, _SIDE = (
    {"type": "number", "minimum": 0},
    {"type": "number", "minimum": 0, "exclusiveMinimum": True},
)  # as OpenAPI 3.0 writes it
_CORNER = array(_AT, 2, 2)


def _type(name: str) -> dict[str, object]:
    return {"type": "string", "enum": [name]}


VALUE = obj(
    {
        "shapes": array(
            {
                "oneOf": [
                    obj(
                        {"type": _type("box"), "label": words(100), "x": _AT, "y": _AT, "width": _SIDE, "height": _SIDE}
                    ),
                    obj({"type": _type("polygon"), "label": words(100), "points": array(_CORNER, 3, 300)}),
                    obj({"type": _type("point"), "label": words(100), "x": _AT, "y": _AT}),
                ]
            },
            0,
            2_000,
        )
    }
)
