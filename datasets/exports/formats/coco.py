"""COCO: boxes, outlines and key points on pictures.

Ids of pictures, annotations and categories begin at 1: pycocotools takes an id of 0 for a miss. A category's id is 1 plus that
of the class, in all splits and versions.
"""

from collections import Counter
from collections.abc import Iterator
from typing import IO, Any

from annotator.kinds.box import geometry
from annotator.models import Modality, Split
from datasets.exports import archive, fitting, names
from datasets.exports import shapes as drawn
from datasets.exports.archive import File
from datasets.exports.rows import as_json
from datasets.exports.source import Source

NAME, TITLE, MEDIA_TYPE, EXTENSION = "coco", "COCO", archive.MEDIA_TYPE, archive.EXTENSION
SAYS = "boxes, outlines and key points"
fits = fitting.any_shapes
README = """
`train/` and `test/` hold the pictures. `annotations/instances_SPLIT.json` holds boxes and outlines, and
`annotations/keypoints_SPLIT.json` the points, if the question asks for them. A label's category has the same id in both splits
and in all versions.

```python
from pycocotools.coco import COCO
coco = COCO("annotations/instances_train.json")
```
"""


def write(source: Source) -> Iterator[bytes]:
    """Yield the archive piece by piece."""
    return archive.zipped(source, _files(source), README)


# The files of a split, and the shapes that each holds.
FILES = {"instances": {"box", "polygon"}, "keypoints": {"point"}}


class _Document:
    """A file of a split, whose pictures and annotations are kept on disk until all are known."""

    def __init__(self, source: Source, name: str) -> None:
        self.source, self.name = source, name
        self.images, self.annotations = archive.spool(), archive.spool()

    def closed(self) -> IO[bytes]:
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
        head = f'{{"info": {as_json(info)}, "licenses": [], "categories": {as_json(self.categories)}'
        found.write(head.encode())
        for name, lines in (("images", self.images), ("annotations", self.annotations)):
            found.write(f', "{name}": ['.encode())
            lines.seek(0)
            for number, line in enumerate(lines):
                found.write((b",\n" if number else b"\n") + line.rstrip(b"\n"))
            found.write(b"]")
            lines.close()
        found.write(b"}\n")
        return found

    @property
    def categories(self) -> list[dict[str, Any]]:
        return [
            {"id": place + 1, "name": value, "supercategory": ""}
            | ({"keypoints": [value], "skeleton": []} if self.name == "keypoints" else {})
            for place, value in enumerate(self.source.classes)
        ]


def _append(file: IO[bytes], value: Any) -> None:
    file.write((as_json(value) + "\n").encode())


def _files(source: Source) -> Iterator[File]:
    asked = {name: held for name, held in FILES.items() if held & set(source.config["shapes"])}
    documents = {(split, name): _Document(source, name) for split in Split for name in asked}
    ids = Counter[str]()
    for number, (row, content) in enumerate(source.files(Modality.PICTURE), start=1):
        path = names.file_name(row)
        yield f"{row['split']}/{path}", content
        image = {"id": number, "file_name": path, "width": row["width"], "height": row["height"]}
        for name, held in asked.items():
            document = documents[row["split"], name]
            _append(document.images, image | ({"external_id": row["id"]} if row["id"] else {}))
            for shape in (one for one in drawn.shapes(row) if one["type"] in held):
                ids[name] += 1
                category = source.class_ids[shape["label"]] + 1
                said = {"id": ids[name], "image_id": number, "category_id": category} | _of_shape(shape)
                _append(document.annotations, said)
    for (split, name), document in documents.items():
        yield f"annotations/{name}_{split}.json", document.closed()


def _of_shape(shape: dict[str, Any]) -> dict[str, Any]:
    left, top, right, bottom = (float(side) for side in geometry.frame(shape))
    found: dict[str, Any] = {"bbox": [left, top, right - left, bottom - top], "iscrowd": 0}
    if shape["type"] == "polygon":
        flat = [float(side) for point in shape["points"] for side in point]
        return found | {"segmentation": [flat], "area": geometry.area(shape["points"])}
    if shape["type"] == "point":
        return found | {"keypoints": [left, top, 2], "num_keypoints": 1, "segmentation": [], "area": 0.0}
    return found | {"segmentation": [], "area": (right - left) * (bottom - top)}
