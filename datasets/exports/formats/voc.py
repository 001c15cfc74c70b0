"""Pascal VOC: an XML file for each picture, with boxes in whole pixels that count from 1 and include both ends."""

from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

from annotator.models import Modality, Split
from datasets.exports import archive, fitting, names
from datasets.exports import shapes as drawn
from datasets.exports.archive import File
from datasets.exports.source import Source

NAME, TITLE, MEDIA_TYPE, EXTENSION = "voc", "Pascal VOC", archive.MEDIA_TYPE, archive.EXTENSION
SAYS = "boxes in whole pixels"
fits = fitting.boxes_or_outlines
README = """
`JPEGImages/` holds the pictures (also PNG, as they are), `Annotations/` an XML file for each, and `ImageSets/Main/SPLIT.txt` the
names of each split. Boxes are in whole pixels that count from 1 and include both ends.
"""


def write(source: Source) -> Iterator[bytes]:
    """Yield the archive piece by piece."""
    return archive.zipped(source, _files(source), README)


def _files(source: Source) -> Iterator[File]:
    lists = {split: archive.spool() for split in Split}
    for row, content in source.files(Modality.PICTURE):
        yield f"JPEGImages/{names.file_name(row)}", content
        yield f"Annotations/{names.stem(row)}.xml", _described(source, row).encode()
        lists[row["split"]].write(f"{names.stem(row)}\n".encode())
    for split, lines in lists.items():
        yield f"ImageSets/Main/{split}.txt", lines


def _described(source: Source, row: dict[str, Any]) -> str:
    objects = "".join(_object(label, box, row) for label, box in drawn.as_boxes(source, row))
    return (
        f"<annotation>\n<folder>JPEGImages</folder>\n<filename>{escape(names.file_name(row))}</filename>\n"
        f"<source><database>{escape(source.version.project.name)}</database></source>\n"
        f"<size><width>{row['width']}</width><height>{row['height']}</height><depth>3</depth></size>\n"
        f"<segmented>0</segmented>\n{objects}</annotation>\n"
    )


def _object(label: str, box: tuple[float, float, float, float], row: dict[str, Any]) -> str:
    left, top, right, bottom = box
    xmin, xmax = _pixels(left, right, row["width"])
    ymin, ymax = _pixels(top, bottom, row["height"])
    return (
        f"<object><name>{escape(label)}</name><pose>Unspecified</pose><truncated>0</truncated><difficult>0</difficult>"
        f"<bndbox><xmin>{xmin}</xmin><ymin>{ymin}</ymin><xmax>{xmax}</xmax><ymax>{ymax}</ymax></bndbox></object>\n"
    )


def _pixels(start: float, end: float, side: int) -> tuple[int, int]:
    """Return the first and the last pixel of a stretch, counted from 1. A stretch has one pixel at least."""
    first = min(round(start) + 1, side)
    return first, max(first, min(round(end), side))
