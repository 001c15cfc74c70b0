"""The columns of a dataset for Hugging Face: the type of each, how its library describes it, and its value in a row."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any

from annotator.models import Modality
from datasets.exports.rows import as_json
from datasets.exports.source import ANNOTATIONS, Source

_PLAIN = {"width": "int32", "height": "int32", "probability": "float64", "decided": "bool"}
_PLAIN |= dict.fromkeys(("answers", "simulated", "imported"), "int32")
_JSON = ("fields", ANNOTATIONS)


@dataclass(frozen=True)
class Feature:
    """A column. `described` is its description in JSON, as the library stores it in Parquet files."""

    name: str
    described: Any
    value: Callable[[dict[str, Any]], Any]

    def arrow_type(self) -> Any:
        """Return the column's Arrow type."""
        return _arrow(self.described)

    def yaml(self) -> list[str]:
        """Return the column's lines in the card."""
        return [f"- name: {json.dumps(self.name)}", *(f"  {line}" for line in _yaml(self.described))]


def _value(dtype: str) -> dict[str, Any]:
    return {"dtype": dtype, "_type": "Value"}


def _class(classes: list[str]) -> dict[str, Any]:
    return {"names": classes, "_type": "ClassLabel"}


def _arrow(described: Any) -> Any:
    import pyarrow

    if isinstance(described, list):
        return pyarrow.list_(_arrow(described[0]))
    kind = described.get("_type")
    if kind == "ClassLabel":
        return pyarrow.int64()
    if kind in ("Image", "Audio"):
        return pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
    if kind == "Value":
        return pyarrow.type_for_alias(described["dtype"])
    return pyarrow.struct([(name, _arrow(one)) for name, one in described.items()])


def _yaml(described: Any) -> list[str]:
    if isinstance(described, list):
        inner = _yaml(described[0])
        if len(inner) == 1 and inner[0].startswith("dtype: "):
            return [f"list: {inner[0].removeprefix('dtype: ')}"]
        return ["list:", *(f"  {line}" for line in inner)]
    kind = described.get("_type")
    if kind == "ClassLabel":
        named = [f"      '{place}': {as_json(one)}" for place, one in enumerate(described["names"])]
        return ["dtype:", "  class_label:", "    names:", *named]
    if kind == "Value":
        return [f"dtype: {described['dtype']}"]
    if kind in ("Image", "Audio"):
        return [f"dtype: {kind.lower()}"]
    return [
        line for name, one in described.items() for line in (f"- name: {name}", *(f"  {more}" for more in _yaml(one)))
    ]


def features_of(source: Source) -> list[Feature]:
    """Return the columns of a version: those of every export, the content, and the label as its kind needs it."""
    found = []
    for name in source.columns:
        if name == "label":
            found += _label(source)
        elif name in _JSON:
            found.append(Feature(name, _value("string"), partial(_as_json, name)))
        elif name != "split":
            found.append(Feature(name, _value(_PLAIN.get(name, "string")), itemgetter(name)))
    modalities = source.modalities
    if Modality.PICTURE in modalities:
        found.insert(0, Feature("image", {"_type": "Image"}, lambda row: row["image"]))
    if Modality.AUDIO in modalities:
        found.insert(0, Feature("audio", {"_type": "Audio"}, lambda row: row["audio"]))
    return found


def _as_json(name: str, row: dict[str, Any]) -> str:
    return as_json(row[name])


def _label(source: Source) -> list[Feature]:
    ids = source.class_ids
    classes = _class(source.classes)
    if source.kind == "choice" and source.config.get("several"):
        return [Feature("label", [classes], lambda row: [ids[one] for one in row["label"]])]
    if source.kind == "choice":
        return [Feature("label", classes, source.class_id)]
    if source.kind == "pair":
        sides = ["left", "right", "tie"]
        return [Feature("label", _class(sides), lambda row: sides.index(row["label"]))]
    if source.kind == "scale":
        return [Feature("label", _value("int64"), lambda row: row["label"])]
    if source.kind == "text":
        return [Feature("label", _value("string"), lambda row: row["label"])]
    if source.kind == "span":
        return _spans(source, classes)
    if source.kind == "box":
        return [
            Feature("label", [_shape(classes)], lambda row: [_as_shape(one, ids) for one in row["label"]["shapes"]])
        ]
    return [Feature("label", _value("string"), lambda row: as_json(row["label"]))]


def _spans(source: Source, classes: dict[str, Any]) -> list[Feature]:
    ids = source.class_ids
    span = {"start": _value("int32"), "end": _value("int32"), "label": classes}
    found = [
        Feature("label", [span], lambda row: [one | {"label": ids[one["label"]]} for one in row["label"]["spans"]])
    ]
    if source.config.get("relations"):
        relation = {"from": _value("int32"), "to": _value("int32"), "label": _value("string")}
        found.append(Feature("relations", [relation], lambda row: row["label"]["relations"]))
    return found


def _shape(classes: dict[str, Any]) -> dict[str, Any]:
    sides = {name: _value("float64") for name in ("x", "y", "width", "height")}
    return {"type": _value("string"), "label": classes, **sides, "points": [[_value("float64")]]}


def _as_shape(shape: dict[str, Any], ids: dict[str, int]) -> dict[str, Any]:
    return dict.fromkeys(("x", "y", "width", "height"), None) | {"points": []} | shape | {"label": ids[shape["label"]]}
