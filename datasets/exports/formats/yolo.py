"""YOLO for detection as Ultralytics reads it: a text file beside each picture, with sides from 0 to 1."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from annotator.models import Modality, Split
from datasets.exports import archive, fitting, names
from datasets.exports import shapes as drawn
from datasets.exports.archive import File
from datasets.exports.rows import as_json
from datasets.exports.source import Source

NAME, TITLE, MEDIA_TYPE, EXTENSION = "yolo", "YOLO (boxes)", archive.MEDIA_TYPE, archive.EXTENSION
SAYS = "boxes"
fits = fitting.boxes_or_outlines
UNIT = 1_000_000  # sides are written with six decimals, centres with seven
README = """
`images/SPLIT` holds the pictures and `labels/SPLIT` a text file for each: `class x y width height` with the centre of the box, as
shares of the picture. A picture without a box has an empty file. The number of a class is its place in `data.yaml`.
No validation set is frozen, so `data.yaml` names the test set as `val`.

```
yolo detect train data=data.yaml
```
"""


def write(source: Source) -> Iterator[bytes]:
    """Yield the archive piece by piece."""
    return archive.zipped(source, files(source, _lines), README)


def files(source: Source, lines: Callable[[Source, dict[str, Any]], Iterator[str]]) -> Iterator[File]:
    """Yield the files of a layout for YOLO; `lines` returns what is said of a picture."""
    for row, content in source.files(Modality.PICTURE):
        yield f"images/{row['split']}/{names.file_name(row)}", content
        yield (
            f"labels/{row['split']}/{names.stem(row)}.txt",
            "".join(f"{line}\n" for line in lines(source, row)).encode(),
        )
    yield "data.yaml", _data(source).encode()


def _data(source: Source) -> str:
    """Return the file that Ultralytics opens. Without `path`, folders are looked for beside the file. JSON texts are YAML."""
    lines = [f"train: images/{Split.TRAIN}", f"val: images/{Split.TEST}", f"test: images/{Split.TEST}", "names:"]
    lines += [f"  {place}: {as_json(value)}" for place, value in enumerate(source.classes)]
    return "\n".join(lines) + "\n"


def share(pixels: float, side: int) -> int:
    """Return a place in millionths of a side, from 0 to a million."""
    return min(max(round(Fraction(pixels) * UNIT / side), 0), UNIT)


def _lines(source: Source, row: dict[str, Any]) -> Iterator[str]:
    for label, (left, top, right, bottom) in drawn.as_boxes(source, row):
        across = share(left, row["width"]), share(right, row["width"])
        down = share(top, row["height"]), share(bottom, row["height"])
        # Edges are rounded, not centres: so no box ends beyond the picture.
        centre = " ".join(f"{(one + other) / 2 / UNIT:.7f}" for one, other in (across, down))
        size = " ".join(f"{(other - one) / UNIT:.6f}" for one, other in (across, down))
        yield f"{source.class_ids[label]} {centre} {size}"
