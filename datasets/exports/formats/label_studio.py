"""Label Studio: tasks as JSON with their labeling configuration, and the files that tasks show."""

import json
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import quoteattr

from annotator.kinds.box import geometry
from annotator.models import Modality
from datasets.exports import archive, fitting, names
from datasets.exports.archive import File
from datasets.exports.rows import as_json
from datasets.exports.source import ANNOTATIONS, Source

NAME, TITLE, MEDIA_TYPE, EXTENSION = "label-studio", "Label Studio", archive.MEDIA_TYPE, archive.EXTENSION
SAYS = "tasks with annotations, and the labeling configuration"
fits = fitting.every_question
KEYS = {"picture": "image", "audio": "audio", "text": "text", "html": "html", "row": "text"}
NAMED = ("name", "path", "group", "split", "sha256")
RELATIONS = "Relations are written, but an import into this product does not read them."
TIE = "A tie cannot be expressed in this format."
_POINT = 0.5  # percent: how large a point is drawn
README = """
`tasks.json` holds the tasks, `config.xml` the labeling configuration of a project that shows them, and `files/` what they show.
In Label Studio, set up local storage for the folder, create a project with the configuration, and import the tasks.

Without every answer, a task has one annotation: the label. With every answer, each is an annotation of its worker (a pseudonym),
and the label is a prediction with its probability as the score. Offsets in texts count Unicode code points. Where a question asks
for several shapes, each shape has a control of its own.
"""


def write(source: Source) -> Iterator[bytes]:
    """Yield the archive piece by piece."""
    return archive.zipped(source, _files(source), README)


def _files(source: Source) -> Iterator[File]:
    tasks = archive.spool()
    before = b"[\n"
    for number, (row, content) in enumerate(source.files(), start=1):
        data: dict[str, Any]
        if row["modality"] in (Modality.PICTURE, Modality.AUDIO):
            path = f"files/{names.file_name(row)}"
            yield path, content
            data = {KEYS[row["modality"]]: f"/data/local-files/?d={path}"}
        elif row["modality"] == Modality.PAIR:
            data = {side: str(part.get("text", part)) for side, part in json.loads(row["text"]).items()}
        else:
            data = {KEYS[row["modality"]]: row["text"]}
        tasks.write(before + as_json(_task(source, row, number, data)).encode())
        before = b",\n"
    tasks.write(b"\n]\n" if before == b",\n" else b"[]\n")
    yield "tasks.json", tasks
    yield "config.xml", config(source).encode()


def _task(source: Source, row: dict[str, Any], number: int, data: dict[str, Any]) -> dict[str, Any]:
    more = {name: row[name] for name in NAMED if row[name]}
    data = data | {name: value for name, value in (row["fields"] | more).items() if name not in data}
    task: dict[str, Any] = {"id": row["id"] or number, "data": data}
    said = _results(source, row, row["label"])
    created = source.version.created_at.isoformat()
    if ANNOTATIONS not in source.columns:
        return task | {"annotations": [_annotation(f"{number}", said, "marginalia", created, 0)], "predictions": []}
    given = [
        _annotation(
            f"{number}-{place}",
            _results(source, row, one["value"]),
            one["worker"],
            one["created_at"],
            one["active_seconds"],
        )
        for place, one in enumerate(row[ANNOTATIONS])
        if one["counted"] or one["decision"]
    ]
    prediction = {"result": said, "score": row["probability"], "model_version": f"version {source.version.number}"}
    return task | {"annotations": given, "predictions": [prediction]}


def _annotation(key: str, result: list[dict[str, Any]], worker: str, created: str, seconds: float) -> dict[str, Any]:
    return {
        "id": key,
        "completed_by": {"email": worker},
        "result": result,
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": created,
        "updated_at": created,
        "lead_time": seconds,
    }


def _parts(source: Source) -> list[tuple[str, str, dict[str, Any]]]:
    """Return the name, kind and configuration of each control."""
    if source.kind == "set":
        return [(part["name"], part["kind"], part["config"]) for part in source.config["parts"]]
    return [("label", source.kind, source.config)]


def _results(source: Source, row: dict[str, Any], value: Any) -> list[dict[str, Any]]:
    """Return what a value says, as results."""
    to = "pair" if row["modality"] == Modality.PAIR else KEYS[row["modality"]]
    found: list[dict[str, Any]] = []
    for name, kind, chosen in _parts(source):
        given = value.get(name) if source.kind == "set" else value
        for one in _of_kind(source, row, kind, given) if given is not None else ():
            control = _control_name(name, chosen, one["type"]) if kind == "box" else name
            found.append({"id": f"{name}-{len(found)}", "from_name": control, "to_name": to, "origin": "manual"} | one)
    return found


def _control_name(name: str, config: dict[str, Any], shape: str) -> str:
    """Return the name of the control for a shape (its type in results): names are unique, and each shape has a control."""
    return f"{name}_{shape.removesuffix('labels')}" if len(config["shapes"]) > 1 else name


def _of_kind(source: Source, row: dict[str, Any], kind: str, value: Any) -> Iterator[dict[str, Any]]:
    if kind == "choice":
        chosen = value if isinstance(value, list) else [value]
        yield {"type": "choices", "value": {"choices": chosen}}
    elif kind == "scale":
        yield {"type": "rating", "value": {"rating": value}}
    elif kind == "text":
        yield {"type": "textarea", "value": {"text": [value]}}
    elif kind == "pair" and value != "tie":
        yield {"type": "pairwise", "value": {"selected": value}}
    elif kind == "pair":
        source.drop(row, TIE, value)
    elif kind == "span":
        for place, span in enumerate(value["spans"]):
            words = row["text"][span["start"] : span["end"]]
            said = {"start": span["start"], "end": span["end"], "text": words, "labels": [span["label"]]}
            yield {"id": f"span-{place}", "type": "labels", "value": said}
        for one in value.get("relations", []):
            source.drop(row, RELATIONS, one)
            ends = {"from_id": f"span-{one['from']}", "to_id": f"span-{one['to']}"}
            yield {"type": "relation", "direction": "right", "labels": [one["label"]]} | ends
    elif kind == "box":
        sides = {"original_width": row["width"], "original_height": row["height"], "image_rotation": 0}
        for shape in value["shapes"]:
            yield sides | _region(shape, row["width"], row["height"])


def _region(shape: dict[str, Any], width: int, height: int) -> dict[str, Any]:
    """Return a shape in percent of the picture."""
    left, top, right, bottom = geometry.frame(shape)
    at = {"x": 100 * left / width, "y": 100 * top / height}
    labels = [shape["label"]]
    if shape["type"] == "polygon":
        points = [[100 * x / width, 100 * y / height] for x, y in shape["points"]]
        return {"type": "polygonlabels", "value": {"points": points, "closed": True, "polygonlabels": labels}}
    if shape["type"] == "point":
        return {"type": "keypointlabels", "value": at | {"width": _POINT, "keypointlabels": labels}}
    size = {"width": 100 * (right - left) / width, "height": 100 * (bottom - top) / height, "rotation": 0}
    return {"type": "rectanglelabels", "value": at | size | {"rectanglelabels": labels}}


_SHAPES = {"box": "RectangleLabels", "polygon": "PolygonLabels", "point": "KeyPointLabels"}


def config(source: Source) -> str:
    """Return the labeling configuration of a project that shows the tasks."""
    modality = next(iter(sorted(source.modalities)), Modality.TEXT)
    lines = ["<View>", f"  <Header value={quoteattr(source.text)}/>"]
    if modality == Modality.PAIR:
        to = "pair"
        lines += ['  <Pairwise name="label" toName="left,right"/>', '  <Text name="left" value="$left"/>']
        return "\n".join([*lines, '  <Text name="right" value="$right"/>', "</View>", ""])
    to = KEYS[modality]
    tag = {"image": "Image", "audio": "Audio", "html": "HyperText"}.get(to, "Text")
    lines.append(f'  <{tag} name="{to}" value="${to}"/>')
    for name, kind, chosen in _parts(source):
        lines += [f"  {line}" for line in _control(name, kind, chosen, to)]
    return "\n".join([*lines, "</View>", ""])


def _control(name: str, kind: str, config: dict[str, Any], to: str) -> list[str]:
    where = f'toName="{to}"'
    if kind == "scale":
        return [f'<Rating name="{name}" {where} maxRating="{config["points"]}"/>']
    if kind == "text":
        return [f'<TextArea name="{name}" {where} rows="{config.get("lines", 1)}"/>']
    if kind == "choice":
        several = ' choice="multiple"' if config.get("several") else ' choice="single"'
        return [f'<Choices name="{name}" {where}{several}>', *_named("Choice", config["choices"]), "</Choices>"]
    if kind == "span":
        relations = [f"  <Relation value={quoteattr(one['value'])}/>" for one in config.get("relations", [])]
        more = ["<Relations>", *relations, "</Relations>"] if relations else []
        return [f'<Labels name="{name}" {where}>', *_named("Label", config["labels"]), "</Labels>", *more]
    found = []
    for shape in config.get("shapes", []):
        control = _control_name(name, config, _SHAPES[shape].lower())
        tag = _SHAPES[shape]
        found += [f'<{tag} name="{control}" {where}>', *_named("Label", config["labels"]), f"</{tag}>"]
    return found


def _named(tag: str, entries: list[dict[str, Any]]) -> list[str]:
    return [f"  <{tag} value={quoteattr(str(one['value']))}/>" for one in entries]
