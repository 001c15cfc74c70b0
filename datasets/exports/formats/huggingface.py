"""Hugging Face: Parquet files with typed features, and a dataset card. Pictures and sounds are in the Parquet files."""

from collections.abc import Iterator
from typing import IO, Any

from annotator.models import Modality, Split
from datasets.exports import archive, fitting, names
from datasets.exports.archive import File
from datasets.exports.features import Feature, features_of
from datasets.exports.rows import as_json
from datasets.exports.source import Source

NAME, TITLE, MEDIA_TYPE, EXTENSION = "huggingface", "Hugging Face", archive.MEDIA_TYPE, archive.EXTENSION
SAYS = "Parquet with features, and a dataset card"
fits = fitting.every_question
GROUP = 64 * 1024**2  # bytes of a row group, below the 100 MB that viewers read at once
ROWS = 1000  # of a row group
SHARD = 400 * 1024**2  # bytes of a file, below 500 MB
MEDIA = {Modality.PICTURE: "image", Modality.AUDIO: "audio"}
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
    split, number, file = "", 0, _ParquetFile(features)
    for row, content in source.files():
        if split and (row["split"] != split or file.size > SHARD):
            yield f"data/{split}-{number:05d}.parquet", file.closed()
            number, file = (number + 1 if row["split"] == split else 0), _ParquetFile(features)
        split = row["split"]
        media: dict[str, Any] = dict.fromkeys(MEDIA.values())
        if row["modality"] in MEDIA:
            media[MEDIA[row["modality"]]] = {"bytes": content, "path": names.file_name(row)}
        file.add(row | media, len(content))
    yield f"data/{split}-{number:05d}.parquet", file.closed()


class _ParquetFile:
    """A Parquet file on disk, to which row groups are added."""

    def __init__(self, features: list[Feature]) -> None:
        from pyarrow import parquet

        self.features, self.file = features, archive.spool()
        self.schema = _schema(features)
        self.writer = parquet.ParquetWriter(self.file, self.schema, compression="zstd")
        self.rows: list[dict[str, Any]] = []
        self.waiting = 0

    @property
    def size(self) -> int:
        """About how many bytes the file has."""
        return self.file.tell() + self.waiting

    def add(self, row: dict[str, Any], size: int) -> None:
        self.rows.append({one.name: one.value(row) for one in self.features})
        self.waiting += size
        if self.waiting > GROUP or len(self.rows) >= ROWS:
            self._write()

    def _write(self) -> None:
        import pyarrow

        self.writer.write_table(pyarrow.Table.from_pylist(self.rows, self.schema))
        self.rows, self.waiting = [], 0

    def closed(self) -> IO[bytes]:
        if self.rows:
            self._write()
        self.writer.close()
        return self.file


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
