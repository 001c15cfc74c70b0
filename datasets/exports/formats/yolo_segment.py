"""YOLO for segmentation as Ultralytics reads it: outlines, with sides from 0 to 1."""

from collections.abc import Iterator
from typing import Any

from datasets.exports import archive, fitting
from datasets.exports import shapes as drawn
from datasets.exports.formats import yolo
from datasets.exports.source import Source

NAME, TITLE, MEDIA_TYPE, EXTENSION = "yolo-segment", "YOLO (outlines)", archive.MEDIA_TYPE, archive.EXTENSION
SAYS = "outlines; a box is an outline with four corners"
fits = fitting.boxes_or_outlines
README = """
`images/SPLIT` holds the pictures and `labels/SPLIT` a text file for each: `class x1 y1 x2 y2 …` with the corners of an
outline, as shares of the picture. A box is an outline with four corners. A picture without an outline has an empty file.
No validation set is frozen, so `data.yaml` names the test set as `val`.

```
yolo segment train data=data.yaml
```
"""


def write(source: Source) -> Iterator[bytes]:
    """Yield the archive piece by piece."""
    return archive.zipped(source, yolo.files(source, _lines), README)


def _lines(source: Source, row: dict[str, Any]) -> Iterator[str]:
    for shape in drawn.without_points(source, row):
        places = [
            f"{yolo.share(at, side) / yolo.UNIT:.6f}"
            for corner in drawn.corners(shape)
            for at, side in zip(corner, (row["width"], row["height"]), strict=True)
        ]
        yield f"{source.class_ids[shape['label']]} {' '.join(places)}"
