"""The description of a version in the format Croissant 1.1 (JSON-LD).

Required by the specification: `@context`, `@type`, `dct:conformsTo`, `description`, `license`, `name`, `url`, `creator`,
`datePublished`, and `distribution` with the SHA-256 of each file.
https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from annotator.models import Modality
from datasets.exports.parquet_file import MEDIA
from datasets.exports.rows import COLUMNS
from datasets.exports.source import Source

ITEMS, ANSWERS = "items.parquet", "answers.parquet"
CONFORMS_TO = ("http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0")
_JSON = {"@type": "@json"}
_TERMS = (
    *("annotation", "arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "excludes", "extract"),
    *("field", "fileObject", "fileProperty", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath"),
    *("key", "md5", "parentField", "path", "readLines", "recordSet", "references", "regex", "repeated", "replace"),
    *("samplingRate", "sdVersion", "separator", "source", "subField", "transform", "unArchive", "value"),
)
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data"} | _JSON,
    "examples": {"@id": "cr:examples"} | _JSON,
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "name": {"@container": "@language"},
} | {term: f"cr:{term}" for term in _TERMS}
SPLITS = {"train": "cr:TrainingSplit", "test": "cr:TestSplit"}


@dataclass(frozen=True)
class ColumnAbout:
    """A column of a file: its name, what it holds, and its types in Croissant."""

    name: str
    description: str
    data_types: tuple[str, ...] = ("sc:Text",)


_ABOUT = {
    one.name: one
    for one in (
        ColumnAbout("id", "The item's id in the system that it comes from."),
        ColumnAbout("name", "The item's name."),
        ColumnAbout("path", "Its path in the archive that it was imported from."),
        ColumnAbout("group", "Items of one group are in the same split."),
        ColumnAbout("split", "The split."),
        ColumnAbout("modality", "What the item is: a picture, a text, a sound or something else."),
        ColumnAbout("mime_type", "The media type of its content."),
        ColumnAbout("width", "Width in pixels.", ("sc:Integer",)),
        ColumnAbout("height", "Height in pixels.", ("sc:Integer",)),
        ColumnAbout("text", "The content of a text, or of a record as JSON."),
        ColumnAbout(
            "label", "The label, aggregated from the answers. JSON unless it is a text.", ("sc:Text", "cr:Label")
        ),
        ColumnAbout("probability", "How probable it is that the label is right, as estimated.", ("sc:Float",)),
        ColumnAbout("answers", "How many answers the label rests on.", ("sc:Integer",)),
        ColumnAbout("decided", "Whether a reviewer decided the label.", ("sc:Boolean",)),
        ColumnAbout("simulated", "How many of the answers were simulated.", ("sc:Integer",)),
        ColumnAbout("imported", "How many of the answers were imported.", ("sc:Integer",)),
        ColumnAbout("fields", "The other fields of the item, as JSON."),
        ColumnAbout("sha256", "The SHA-256 of the content; it identifies the item."),
        ColumnAbout("leaf", "The item's leaf in the Merkle tree of the version."),
    )
}
_MEDIA = {
    Modality.PICTURE: ColumnAbout(MEDIA[Modality.PICTURE], "The picture, upright.", ("sc:ImageObject",)),
    Modality.AUDIO: ColumnAbout(MEDIA[Modality.AUDIO], "The sound.", ("sc:AudioObject",)),
}
ANSWER_COLUMNS = (
    ColumnAbout("item", "The item, by the SHA-256 of its content, as in items/sha256."),
    ColumnAbout("value", "The answer. JSON unless it is a text.", ("sc:Text", "cr:Label")),
    ColumnAbout("worker", "The person who answered, by a pseudonym.", ("sc:Text", "prov:Person")),
    ColumnAbout("created_at", "When the person answered.", ("sc:DateTime",)),
    ColumnAbout("active_seconds", "How many seconds the person was at work on it.", ("sc:Float",)),
    ColumnAbout("gold", "Whether the item was asked with a known answer.", ("sc:Boolean",)),
    ColumnAbout("decision", "Whether it is a reviewer's decision.", ("sc:Boolean",)),
    ColumnAbout("simulated", "Whether a program gave it, in a sample.", ("sc:Boolean",)),
    ColumnAbout("imported", "Whether it was imported.", ("sc:Boolean",)),
    ColumnAbout("counted", "Whether it counted for the label.", ("sc:Boolean",)),
)
# The columns that say where an answer comes from, and the property of W3C PROV that each is.
_PROVENANCE = {"worker": "prov:wasAttributedTo", "created_at": "prov:generatedAtTime"}


def item_columns(source: Source) -> tuple[ColumnAbout, ...]:
    """Return the columns of the items, with those of the media that the project has."""
    media = [column for modality, column in _MEDIA.items() if modality in source.modalities]
    return (*media, *(_ABOUT[name] for name in COLUMNS))


def metadata(source: Source, columns: tuple[ColumnAbout, ...], hashes: dict[str, str], answers: int) -> dict[str, Any]:
    """Return the description of a version whose files have these SHA-256. `answers` is how many there are."""
    version = source.version
    project = version.project
    page = f"{settings.PUBLIC_URL}/projects/{project.pk}/versions/"
    who, number = project.created_by.display_name, version.semantic_version
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "dct:conformsTo": list(CONFORMS_TO),
        "name": project.name,
        "description": f"Items and their labels, as answers to the question: {source.text}",
        "license": {
            "@type": "sc:CreativeWork",
            "name": "No license was stated",
            "description": "Ask the creator before use.",
        },
        "url": page if settings.PUBLIC_URL else f"urn:sha256:{version.sha256}",
        "creator": {"@type": "sc:Person", "name": who},
        "datePublished": version.created_at.date().isoformat(),
        "version": number,
        "isLiveDataset": False,
        "citeAs": f"{who}: {project.name}, version {number}, {version.created_at.year}. SHA-256 {version.sha256}",
        "rai:dataAnnotationProtocol": source.text,
        "rai:annotationsPerItem": str(round(answers / source.written, 2) if source.written else 0),
        "prov:wasGeneratedBy": {
            "@type": "prov:Activity",
            "prov:label": "People answered the question about each item, and the answers were aggregated to labels.",
            "prov:endedAtTime": version.created_at.isoformat(),
        },
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": name,
                "name": name,
                "contentUrl": name,
                "encodingFormat": "application/x-parquet",
                "sha256": sha256,
            }
            for name, sha256 in hashes.items()
        ],
        "recordSet": [*_enumerations(source), _items(columns), _answers()],
    }


def _enumerations(source: Source) -> list[dict[str, Any]]:
    """Return the record sets whose records stand in the description itself: the splits, and the classes if there are any."""
    splits = _record_set("splits", "The splits.", [_field("splits/name", "sc:Text"), _field("splits/url", "sc:URL")])
    splits |= {"dataType": "cr:Split", "key": {"@id": "splits/name"}}
    splits["data"] = [{"splits/name": name, "splits/url": url} for name, url in SPLITS.items()]
    if not source.classes:
        return [splits]
    fields = [_field("classes/name", "sc:Text"), _field("classes/number", "sc:Integer")]
    classes = _record_set("classes", "The classes, with their numbers.", fields)
    classes |= {"dataType": "sc:Enumeration", "key": {"@id": "classes/name"}}
    classes["data"] = [{"classes/name": name, "classes/number": place} for place, name in enumerate(source.classes)]
    return [splits, classes]


def _items(columns: tuple[ColumnAbout, ...]) -> dict[str, Any]:
    by_name = {one.name: _from_file("items", one, ITEMS) for one in columns}
    by_name["split"]["references"] = {"field": {"@id": "splits/name"}}
    return _record_set("items", "The items and their labels.", list(by_name.values())) | {
        "key": {"@id": "items/sha256"}
    }


def _answers() -> dict[str, Any]:
    by_name = {one.name: _from_file("answers", one, ANSWERS) for one in ANSWER_COLUMNS}
    # `item` names `items/sha256`. It is not written as a reference: mlcroissant 1.1.1 cannot join two files of records.
    by_name["value"]["annotation"] = [
        _from_file("answers/value", next(one for one in ANSWER_COLUMNS if one.name == name), ANSWERS)
        | {"equivalentProperty": meaning}
        for name, meaning in _PROVENANCE.items()
    ]
    return _record_set("answers", "Every answer, with the pseudonym of who gave it.", list(by_name.values()))


def _record_set(name: str, description: str, fields: list[dict[str, Any]]) -> dict[str, Any]:
    return {"@type": "cr:RecordSet", "@id": name, "name": name, "description": description, "field": fields}


def _field(name: str, data_type: str) -> dict[str, Any]:
    return {"@type": "cr:Field", "@id": name, "name": name.rpartition("/")[2], "dataType": data_type}


def _from_file(record_set: str, column: ColumnAbout, file: str) -> dict[str, Any]:
    source = {"fileObject": {"@id": file}, "extract": {"column": column.name}}
    types = list(column.data_types) if len(column.data_types) > 1 else column.data_types[0]
    about = {"description": column.description, "dataType": types, "source": source}
    return _field(f"{record_set}/{column.name}", "") | about
