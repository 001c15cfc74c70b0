"""Pictures in a folder for each class, with `metadata.jsonl` beside them: what torchvision and Hugging Face read alike."""

from collections.abc import Iterator
from typing import Any

from annotator.models import Modality, Split
from datasets.exports import archive, names
from datasets.exports.archive import File
from datasets.exports.rows import as_json
from datasets.exports.source import Source

NAME, TITLE, MEDIA_TYPE, EXTENSION = "imagefolder", "ImageFolder", archive.MEDIA_TYPE, archive.EXTENSION
SAYS = "a folder for each class"
README = """
Each split has a folder, and in it a folder for each class, also for a class without pictures: so classes have the same numbers
in all splits. `metadata.jsonl` says everything else of each picture. A number of a class in `classes.txt` (from 0) is the same in
all versions; torchvision numbers the folders by their names.

```python
from torchvision.datasets import ImageFolder
train = ImageFolder("train", allow_empty=True)
```

```python
from datasets import load_dataset
train = load_dataset("imagefolder", data_dir=".", split="train")
```
"""


def fits(kind: str, config: dict[str, Any], modalities: set[str]) -> str:
    """Return why the format does not fit a question; an empty text if it does."""
    if Modality.PICTURE not in modalities:
        return "It holds pictures."
    return "" if kind == "choice" and not config.get("several") else "It holds one class for each picture."


def write(source: Source) -> Iterator[bytes]:
    """Yield the archive piece by piece."""
    return archive.zipped(source, _files(source), README)


def folders(classes: list[str]) -> dict[str, str]:
    """Return the folder of each class. Names that no disk takes are changed, and names that would clash get the class's id."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for place, value in enumerate(classes):
        name = names.plain(value) or "class"
        if name.casefold() in taken or name.casefold() in names.RESERVED:
            name = f"{name}_{place}"
        taken.add(name.casefold())
        found[value] = name
    return found


def _files(source: Source) -> Iterator[File]:
    folder = folders(source.classes)
    lists = {split: archive.spool() for split in Split}
    for split in lists:
        for name in folder.values():
            yield f"{split}/{name}/", b""
    for row, content in source.files(Modality.PICTURE):
        class_id = source.class_id(row)
        if class_id is None:
            continue
        path = f"{folder[source.classes[class_id]]}/{names.file_name(row)}"
        yield f"{row['split']}/{path}", content
        said = {name: row[name] for name in source.columns if name not in ("split", "modality", "text")}
        lists[row["split"]].write((as_json({"file_name": path} | said) + "\n").encode())
    for split, lines in lists.items():
        yield f"{split}/metadata.jsonl", lines
