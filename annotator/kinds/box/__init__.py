"""Box: boxes, polygons and keypoints on a picture.

Configuration: `{"labels": [...], "shapes": ["box", "polygon", "point"], "least": 0}`.
An answer is `{"shapes": [...]}`. Each shape is one of
`{"type": "box", "label", "x", "y", "width", "height"}`, `{"type": "polygon", "label", "points": [[x, y], ...]}` and
`{"type": "point", "label", "x", "y"}`, in pixels of the original picture, from its upper left corner.
"""

from typing import Any, cast

from annotator.kinds import labels
from annotator.kinds.base import About, Kind, Template
from annotator.kinds.box import geometry, schema
from annotator.kinds.box.schema import MOST_LABELS, MOST_POINTS, MOST_SHAPES, SHAPES
from annotator.kinds.errors import Invalid
from annotator.kinds.plain import fields, known, number, whole

_FIELDS = {
    "box": {
        "type": str,
        "label": str,
        "x": (int, float),
        "y": (int, float),
        "width": (int, float),
        "height": (int, float),
    },
    "polygon": {"type": str, "label": str, "points": list},
    "point": {"type": str, "label": str, "x": (int, float), "y": (int, float)},
}


class Box(Kind):
    """Shapes on a picture."""

    name = "box"
    title = "Box: boxes, polygons and points on a picture"
    widget = "kinds/box/widget.js"
    form = "annotator.kinds.box.form.BoxForm"
    config_schema, value_schema = schema.CONFIG, schema.VALUE
    agreement = 0.6
    templates = (
        Template(
            "things",
            "Draw boxes",
            "Where are the cups and the fruit?",
            {"labels": ["cup", "fruit"], "shapes": ["box"]},
            "Draw each box as close as you can. A thing that is partly hidden gets a box around what is seen.",
            modality="picture",
        ),
        Template(
            "outline",
            "Outlines and points",
            "Draw the outline of the leaf, and mark its tip.",
            {"labels": ["leaf", "tip"], "shapes": ["polygon", "point"]},
            modality="picture",
        ),
    )

    def check_config(self, config: Any) -> dict[str, Any]:
        """Return the labels, the shapes and the minimum number of shapes."""
        known(config, ("labels", "shapes", "least"), "A box question")
        if not isinstance(config, dict):
            raise Invalid("A box question has labels and shapes.")
        shapes = config.get("shapes", ["box"])
        if not isinstance(shapes, list) or not shapes or any(shape not in SHAPES for shape in shapes):
            raise Invalid(f"The shapes are one or more of: {', '.join(SHAPES)}.")
        return {
            "labels": labels.check_labels(config.get("labels"), "Labels", MOST_LABELS),
            "shapes": [shape for shape in SHAPES if shape in shapes],
            "least": whole(config.get("least", 0), "The fewest shapes", 0, 100),
        }

    def check_change(self, config: dict[str, Any], new: dict[str, Any]) -> None:
        """Allow labels and shapes to be added, and the minimum to be lowered."""
        labels.keep(config["labels"], new["labels"], "labels")
        if set(config["shapes"]) - set(new["shapes"]) or new["least"] > config["least"]:
            raise Invalid("Shapes can be added, not taken away: some may have been drawn.")

    def modalities(self, config: dict[str, Any]) -> frozenset[str]:
        """Return pictures only."""
        return frozenset({"picture"})

    def check(self, config: dict[str, Any], value: Any, item: About) -> dict[str, Any]:
        """Return the shapes. Raises Invalid."""
        fields(value, {"shapes": list}, "The answer")
        if not config["least"] <= len(value["shapes"]) <= MOST_SHAPES:
            raise Invalid(f"Draw at least {config['least']:,} and at most {MOST_SHAPES:,} shapes.")
        names = {entry["value"] for entry in config["labels"]}
        for place, shape in enumerate(value["shapes"], start=1):
            what = f"Shape {place:,}"
            kind = shape.get("type") if isinstance(shape, dict) else None
            if not isinstance(kind, str) or kind not in config["shapes"]:
                raise Invalid(f"{what} is none of what is asked for: {', '.join(config['shapes'])}.")
            fields(shape, cast(dict[str, Any], _FIELDS[kind]), what)
            if shape["label"] not in names:
                raise Invalid(f"{what} has the label “{shape['label'][:40]}”, which is none of the question's.")
            self._check_place(shape, what, item)
        return value

    def _check_place(self, shape: dict[str, Any], what: str, item: About) -> None:
        if shape["type"] == "polygon":
            points = shape["points"]
            if not 3 <= len(points) <= MOST_POINTS:
                raise Invalid(f"{what} has {len(points)} corners; a polygon has 3 to {MOST_POINTS}.")
            for point in points:
                if not isinstance(point, list) or len(point) != 2:
                    raise Invalid(f"A corner of {what[0].lower()}{what[1:]} is a list of x and y.")
                _inside(point[0], point[1], what, item)
            if geometry.crosses_itself(points):
                raise Invalid(f"{what} crosses itself.")
            if geometry.area(points) <= 0:
                raise Invalid(f"{what} encloses nothing.")
            return
        _inside(shape["x"], shape["y"], what, item)
        if shape["type"] == "box":
            width, height = number(shape["width"], "A width"), number(shape["height"], "A height")
            if width <= 0 or height <= 0:
                raise Invalid(f"{what} is empty.")
            _inside(shape["x"] + width, shape["y"] + height, what, item)

    def similarity(self, config: dict[str, Any], one: Any, other: Any) -> float:
        """Return the mean overlap of matching shapes; a shape without a match counts 0.

        Boxes and polygons overlap by the intersection over union of their bounding boxes. The overlap of points falls with their
        distance and is 0 from a twentieth of the largest coordinate of all shapes. Matches are found greedily, best first, within
        type and label.
        """
        return geometry.similarity(one["shapes"], other["shapes"])

    def size(self, value: Any) -> int:
        """Return the number of shapes plus 1."""
        return 1 + len(value["shapes"])

    def text(self, config: dict[str, Any], value: Any) -> str:
        """Return the number of shapes of each label, in words."""
        counts: dict[str, int] = {}
        for shape in value["shapes"]:
            named = labels.name(config["labels"], shape["label"])
            counts[named] = counts.get(named, 0) + 1
        return ", ".join(f"{count} × {named}" for named, count in counts.items()) or "nothing drawn"


def _inside(x: Any, y: Any, what: str, item: About) -> None:
    x, y = number(x, "A place in the picture"), number(y, "A place in the picture")
    if not (0 <= x <= item.width and 0 <= y <= item.height):
        raise Invalid(f"{what} lies outside the picture of {item.width:,} × {item.height:,} pixels.")


KIND = Box()
