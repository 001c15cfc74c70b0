"""COCO: boxes, outlines and key points on pictures.

Ids of pictures, annotations and categories begin at 1: pycocotools takes an id of 0 for a miss. A category's id is 1 plus that
of the class, in all splits and versions.
"""

import json
from collections.abc import Iterator
from typing import IO, Any

from annotator.kinds.box import geometry
from annotator.models import Modality, Split
from datasets.exports import archive, names
from datasets.exports import shapes as drawn
from datasets.exports.archive import File
from datasets.exports.source import Source

NAME, TITLE, MEDIA_TYPE, EXTENSION = "coco", "COCO", archive.MEDIA_TYPE, archive.EXTENSION
SAYS = "boxes, outlines and key points"
README = """
`train/` and `test/` hold the pictures. `annotations/instances_SPLIT.json` holds boxes and outlines, and
`annotations/keypoints_SPLIT.json` the points, if the question asks for them. A label's category has the same id in both splits
and in all versions.

```python
from pycocotools.coco import COCO
coco = COCO("annotations/instances_train.json")
```
"""


def fits(kind: str, config: dict[str, Any], modalities: set[str]) -> str:
    """Return why the format does not fit a question; an empty text if it does."""
    return drawn.fits(kind, config, modalities, "box", "polygon", "point")


def write(source: Source) -> Iterator[bytes]:
    """Yield the archive piece by piece."""
    return archive.of(source, _files(source), README)


class _Lists:
    """The pictures and annotations of a split, kept on disk."""

    def __init__(self, source: Source, split: str, keypoints: bool) -> None:
        self.source, self.split, self.keypoints = source, split, keypoints
        self.images, self.annotations = archive.spool(), archive.spool()

    def add_image(self, image: dict[str, Any]) -> None:
        _append(self.images, image)

    def add(self, annotation: dict[str, Any]) -> None:
        _append(self.annotations, annotation)

    def file(self) -> IO[bytes]:
        """Return the JSON document."""
        version = self.source.version
        info = {
            "description": f"{version.project.name}: {self.source.text}",
            "version": version.semantic_version,
            "url": "",
            "contributor": "",
            "year": version.created_at.year,
            "date_created": f"{version.created_at:%Y-%m-%d}",
        }
        found = archive.spool()
        found.write(b'{"info": ' + _encoded(info) + b', "licenses": [], "categories": ' + _encoded(self.categories))
        for name, lines in (("images", self.images), ("annotations", self.annotations)):
            found.write(f', "{name}": ['.encode())
            lines.seek(0)
            for number, line in enumerate(lines):
                found.write((b",\n" if number else b"\n") + line.rstrip(b"\n"))
            found.write(b"]")
            lines.close()
        found.write(b"}\n")
        found.seek(0)
        return found

    @property
    def categories(self) -> list[dict[str, Any]]:
        return [
            {"id": place + 1, "name": value, "supercategory": ""}
            | ({"keypoints": [value], "skeleton": []} if self.keypoints else {})
            for place, value in enumerate(self.source.classes)
        ]


def _encoded(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _append(file: IO[bytes], value: Any) -> None:
    file.write(_encoded(value) + b"\n")


def _files(source: Source) -> Iterator[File]:
    kinds = [False] * bool({"box", "polygon"} & set(source.config["shapes"])) + [True] * (
        "point" in source.config["shapes"]
    )
    lists = {(split, points): _Lists(source, split, points) for split in (Split.TRAIN, Split.TEST) for points in kinds}
    ids = {False: 0, True: 0}
    for number, (row, content) in enumerate(source.files(Modality.PICTURE), start=1):
        name = names.file_name(row)
        yield f"{row['split']}/{name}", content
        image = {"id": number, "file_name": name, "width": row["width"], "height": row["height"]}
        for points in kinds:
            lists[row["split"], points].add_image(image | ({"external_id": row["id"]} if row["id"] else {}))
        for shape in drawn.shapes(row):
            points = shape["type"] == "point"
            ids[points] += 1
            category = source.class_ids[shape["label"]] + 1
            lists[row["split"], points].add(
                {"id": ids[points], "image_id": number, "category_id": category} | _of_shape(shape)
            )
    for (split, points), found in lists.items():
        yield f"annotations/{'keypoints' if points else 'instances'}_{split}.json", found.file()


def _of_shape(shape: dict[str, Any]) -> dict[str, Any]:
    left, top, right, bottom = (float(side) for side in geometry.frame(shape))
    found: dict[str, Any] = {"bbox": [left, top, right - left, bottom - top], "iscrowd": 0}
    if shape["type"] == "polygon":
        flat = [float(side) for point in shape["points"] for side in point]
        return found | {"segmentation": [flat], "area": geometry.area(shape["points"])}
    if shape["type"] == "point":
        return found | {"keypoints": [left, top, 2], "num_keypoints": 1, "segmentation": [], "area": 0.0}
    return found | {"segmentation": [], "area": (right - left) * (bottom - top)}
