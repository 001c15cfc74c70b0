"""Hugging Face: Parquet files with typed features, and a dataset card. Pictures and sounds are in the Parquet files."""

from collections.abc import Iterator
from typing import Any

from annotator.models import Split
from datasets.exports import archive, fitting, names
from datasets.exports.archive import File
from datasets.exports.features import Feature, features_of
from datasets.exports.parquet_file import MEDIA, ParquetFile
from datasets.exports.rows import as_json
from datasets.exports.source import Source

NAME, TITLE, MEDIA_TYPE, EXTENSION = "huggingface", "Hugging Face", archive.MEDIA_TYPE, archive.EXTENSION
SAYS = "Parquet with features, and a dataset card"
fits = fitting.every_question
SHARD = 400 * 1024**2  # bytes of a file, below 500 MB
README = """
```python
from datasets import load_dataset
data = load_dataset(".")
```
"""


def write(source: Source) -> Iterator[bytes]:
    """Yield the archive piece by piece."""
    features = features_of(source)
    return archive.zipped(source, _files(source, features), README, _card(source, features))


def _files(source: Source, features: list[Feature]) -> Iterator[File]:
    schema = _schema(features)
    split, number, file = "", 0, ParquetFile(schema)
    for row, content in source.files():
        if split and (row["split"] != split or file.size > SHARD):
            yield f"data/{split}-{number:05d}.parquet", file.closed()
            number, file = (number + 1 if row["split"] == split else 0), ParquetFile(schema)
        split = row["split"]
        media: dict[str, Any] = dict.fromkeys(MEDIA.values())
        if row["modality"] in MEDIA:
            media[MEDIA[row["modality"]]] = {"bytes": content, "path": names.file_name(row)}
        file.add({one.name: one.value(row | media) for one in features}, len(content))
    yield f"data/{split}-{number:05d}.parquet", file.closed()


def _schema(features: list[Feature]) -> Any:
    import pyarrow

    described = {"info": {"features": {one.name: one.described for one in features}}}
    fields = [(one.name, one.arrow_type()) for one in features]
    return pyarrow.schema(fields, metadata={"huggingface": as_json(described)})


def _card(source: Source, features: list[Feature]) -> str:
    """Return the head of the README: YAML with the features and the files. JSON texts are YAML."""
    creators = ["crowdsourced"] + ["machine-generated"] * bool(source.version.simulated_count)
    lines = ["---", f"pretty_name: {as_json(source.version.project.name)}"]
    lines += ["annotations_creators:", *(f"- {one}" for one in creators), "dataset_info:", "- config_name: default"]
    lines += ["  features:", *(f"  {line}" for one in features for line in one.yaml())]
    lines += ["configs:", "- config_name: default", "  data_files:"]
    lines += [line for one in Split for line in (f"  - split: {one}", f"    path: data/{one}-*.parquet")]
    return "\n".join([*lines, "---", ""])
