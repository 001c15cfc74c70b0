"""What a format writes from: the rows of a version with their contents, and a record of what the format cannot say."""

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import IO, Any

from annotator import contents, storage
from annotator.models import Modality, Project
from annotator.models.item import IN_DATABASE
from datasets.exports import annotations, rows
from datasets.exports.classes import class_list
from datasets.models import Version

ANNOTATIONS = "annotations"  # the key of all answers about an item


@dataclass(frozen=True)
class Options:
    """What a person chose for an export.

    annotations: every answer is in it, too, with its worker's pseudonym.
    formulas: cells that a spreadsheet would run are written as they are, for programs.
    """

    annotations: bool = False
    formulas: bool = False

    def as_dict(self) -> dict[str, bool]:
        """Return the options by their names."""
        return asdict(self)


def modalities_of(project: Project) -> set[str]:
    """Return what a project's items are made of."""
    return {one for one in Modality.values if project.items.filter(modality=one).exists()}


class Source:
    """A version that is written in a format.

    `kind`, `config` and `text` are those of the question when the version was frozen. `check` is called with the number of rows
    that are done; it may raise to stop the export. If `annotation_lines` is a file,
    all answers are written to it while the rows are read, in a line for each item.
    """

    def __init__(
        self, version: Version, options: Options | None = None, check: Callable[[int], None] = lambda done: None
    ) -> None:
        self.version, self.options, self._check = version, options or Options(), check
        header = json.loads(version.manifest.header)["question"]
        self.kind: str = header["kind"]
        self.config: dict[str, Any] = header["config"]
        self.text: str = header["text"]
        self.written = 0
        self.reasons: Counter[str] = Counter()
        self.annotation_lines: IO[bytes] | None = None
        self._dropped: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115

    @property
    def columns(self) -> tuple[str, ...]:
        """The keys of each row, in their order."""
        return (*rows.COLUMNS, ANNOTATIONS) if self.options.annotations else rows.COLUMNS

    @cached_property
    def classes(self) -> list[str]:
        """The classes; the id of each is its place."""
        return class_list(self.version.question, self.config)

    @cached_property
    def class_ids(self) -> dict[str, int]:
        """The id of each class, from 0."""
        return {value: place for place, value in enumerate(self.classes)}

    @cached_property
    def modalities(self) -> set[str]:
        """What the project's items are made of."""
        return modalities_of(self.version.project)

    @property
    def one_class(self) -> bool:
        """Check whether each label is one of the classes."""
        return self.kind == "choice" and not self.config.get("several")

    def rows(self) -> Iterator[dict[str, Any]]:
        """Return a row for each item, with a key for each of `columns`. Memory does not grow with the version. Raises Damaged."""
        return self._counted(rows.parts(self.version))

    def _counted(self, parts: Iterator[list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
        self.written = 0
        for part in parts:
            if self.options.annotations:
                annotations.add(self.version, part, ANNOTATIONS)
            for row in part:
                if self.annotation_lines:
                    line = {name: row[name] for name in ("id", "name", "sha256", ANNOTATIONS)}
                    self.annotation_lines.write((rows.as_json(line) + "\n").encode())
                yield row
                self.written += 1
            self._check(self.written)

    def files(self, *modalities: str) -> Iterator[tuple[dict[str, Any], bytes]]:
        """Yield each row with its content. Rows of other modalities, and those whose content cannot be read, are dropped."""
        for row in self.rows():
            if modalities and row["modality"] not in modalities:
                self.drop(row, f"This format does not hold items of the kind “{Modality(row['modality']).label}”.")
                continue
            content = self.content(row)
            if content is not None:
                yield row, content

    def content(self, row: dict[str, Any]) -> bytes | None:
        """Return the content of a row; None if it cannot be read, and then the row is recorded as dropped."""
        self._check(self.written)
        try:
            if row["modality"] in IN_DATABASE and row["text"] is not None:
                return str(row["text"]).encode()
            return contents.read(self.version.project_id, [row["sha256"]])[0]
        except contents.Changed:
            self.drop(row, "Its content has changed in its bucket.")
        except contents.Erased:
            self.drop(row, "It was erased.")
        except (storage.Missing, contents.NotNow):
            self.drop(row, "Its content cannot be read.")
        except ValueError:
            self.drop(row, "Its content is damaged.")
        return None

    def class_id(self, row: dict[str, Any]) -> int | None:
        """Return the id of a row's class, from 0. None if its label is none of the classes, and then that is recorded."""
        label = row["label"]
        found = self.class_ids.get(label) if isinstance(label, str) else None
        if found is None:
            self.drop(row, "Its label is none of the question's classes.", label)
        return found

    def drop(self, row: dict[str, Any], reason: str, what: Any = None) -> None:
        """Record that the format cannot hold an item, or a part of its label (`what`), or only in another form."""
        self.reasons[reason] += 1
        line = {"id": row["id"], "name": row["name"], "sha256": row["sha256"], "reason": reason}
        if what is not None:
            line["what"] = what
        self._dropped.write((rows.as_json(line) + "\n").encode())

    def dropped(self) -> IO[bytes]:
        """Return what was recorded so far, as JSON Lines."""
        self._dropped.seek(0)
        return self._dropped

    def receipt(self) -> dict[str, Any]:
        """Return what was written: the version, the number of items, and how much was dropped or changed, by reason."""
        return {
            "version": self.version.number,
            "sha256": self.version.sha256,
            "question": self.text,
            "items": self.written,
            "dropped": dict(self.reasons.most_common()),
            "options": self.options.as_dict(),
        }
