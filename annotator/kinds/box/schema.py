"""The shapes of a box question: its configuration and its answers."""

from annotator.kinds.schemas import array, label, obj, one_of, whole, words

MOST_LABELS = 33
MOST_SHAPES = 2_000
MOST_POINTS = 300
SHAPES = ("box", "polygon", "point")

CONFIG = obj(
    {
        "labels": array(label(), 1, MOST_LABELS),
        "shapes": array(one_of(*SHAPES), 1, len(SHAPES)),
        "least": whole(0, 100),
    },
    "shapes",
    "least",
)
_AT = {"type": "number", "minimum": 0}
_SIDE = {"type": "number", "minimum": 0, "exclusiveMinimum": True}  # as OpenAPI 3.0 writes it
_CORNER = array(_AT, 2, 2)

VALUE = obj(
    {
        "shapes": array(
            {
                "oneOf": [
                    obj(
                        {
                            "type": one_of("box"),
                            "label": words(100),
                            "x": _AT,
                            "y": _AT,
                            "width": _SIDE,
                            "height": _SIDE,
                        }
                    ),
                    obj({"type": one_of("polygon"), "label": words(100), "points": array(_CORNER, 3, MOST_POINTS)}),
                    obj({"type": one_of("point"), "label": words(100), "x": _AT, "y": _AT}),
                ]
            },
            0,
            MOST_SHAPES,
        )
    }
)
