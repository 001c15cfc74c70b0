"""WebDataset: TAR archives in which the files of a sample stand side by side under one key. The same bytes each time."""

import io
import tarfile
from collections.abc import Iterator
from typing import IO, Any

from annotator.models import Split
from datasets.exports import archive, fitting, names
from datasets.exports.archive import File
from datasets.exports.rows import as_json
from datasets.exports.source import Source

NAME, TITLE, MEDIA_TYPE, EXTENSION = "webdataset", "WebDataset", archive.MEDIA_TYPE, archive.EXTENSION
SAYS = "TAR archives that are read one after the other"
fits = fitting.every_question
SHARD = 1024**3 - 64 * 1024**2  # bytes: below a GB with what a TAR archive adds
KEY = 32  # digits of the SHA-256: a key ends at the first dot, so names are not used
README = """
Each split is one or more TAR archives of at most 1 GB. A sample has its content, `json` with everything that the version says of
it, and `cls` with the number of its class (its place in `classes.txt`, from 0), if a label is one class.

```python
from glob import glob
import webdataset
train = webdataset.WebDataset(sorted(glob("train-*.tar")), shardshuffle=False).decode("pil")
```
"""


def write(source: Source) -> Iterator[bytes]:
    """Yield the archive piece by piece."""
    return archive.zipped(source, _shards(source), README)


def _shards(source: Source) -> Iterator[File]:
    """Yield the shards. Rows are ordered by split, so one shard is open at a time."""
    split, number, size, shard = "", 0, 0, _Shard()
    empty = set(Split)
    for row, content in source.files():
        if split and (row["split"] != split or size + len(content) > SHARD):
            yield f"{split}-{number:06d}.tar", shard.closed()
            number, size, shard = (number + 1 if row["split"] == split else 0), 0, _Shard()
        split = row["split"]
        empty.discard(Split(split))
        for ending, part in _parts(source, row, content):
            shard.add(f"{row['sha256'][:KEY]}.{ending}", part)
            size += len(part)
    if split:
        yield f"{split}-{number:06d}.tar", shard.closed()
    for left in sorted(empty):
        yield f"{left}-000000.tar", _Shard().closed()


def _parts(source: Source, row: dict[str, Any], content: bytes) -> Iterator[tuple[str, bytes]]:
    ending = names.ending(row)
    # The content of a record is JSON, too; `json` is what the version says.
    yield ("content.json" if ending == "json" else ending), content
    said = {name: row[name] for name in source.columns if name != "text"}
    yield "json", as_json(said).encode()
    if source.one_class and (class_id := source.class_id(row)) is not None:
        yield "cls", str(class_id).encode()


class _Shard:
    """A TAR archive on disk. Owner, mode and time are always the same."""

    def __init__(self) -> None:
        self.file = archive.spool()
        self.tar = tarfile.open(fileobj=self.file, mode="w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115

    def add(self, name: str, content: bytes) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = len(content), 0o644, 0
        self.tar.addfile(info, io.BytesIO(content))

    def closed(self) -> IO[bytes]:
        self.tar.close()
        return self.file
