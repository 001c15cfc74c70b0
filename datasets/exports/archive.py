"""Exports that are folders of files, as one ZIP archive: written piece by piece, and the same bytes each time."""

import hashlib
import io
import json
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from typing import IO, Any

from datasets.exports.source import Source

MEDIA_TYPE, EXTENSION = "application/zip", "zip"
_PIECE = 1024 * 1024
_SINCE = (1980, 1, 1, 0, 0, 0)  # the earliest time that a ZIP archive can hold
_PACKED = (".json", ".jsonl", ".txt", ".md", ".xml", ".yaml", ".conll", ".py", ".csv")

File = tuple[str, bytes | IO[bytes]]  # a path and its content


class _Pieces(io.RawIOBase):
    """What was written since it was last taken."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self.length = 0

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        content = bytes(piece)
        self._pieces.append(content)
        self.length += len(content)
        return len(content)

    def take(self) -> bytes:
        found, self._pieces, self.length = b"".join(self._pieces), [], 0
        return found


def written(files: Iterable[File]) -> Iterator[bytes]:
    """Yield a ZIP archive of files. A path that ends in / is an empty folder.

    Files on disk are read from their beginning, and closed.
    """
    pieces = _Pieces()
    with zipfile.ZipFile(pieces, "w") as archive:
        for path, content in files:
            info = zipfile.ZipInfo(path, _SINCE)
            info.external_attr = (0o40755 << 16 | 0x10) if path.endswith("/") else 0o644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED if path.endswith(_PACKED) else zipfile.ZIP_STORED
            if isinstance(content, bytes):
                archive.writestr(info, content)
            else:
                content.seek(0)
                with content, archive.open(info, "w", force_zip64=True) as target:
                    while piece := content.read(_PIECE):
                        target.write(piece)
                        if pieces.length > _PIECE:
                            yield pieces.take()
            if pieces.length > _PIECE:
                yield pieces.take()
    yield pieces.take()


def zipped(source: Source, files: Iterable[File], readme: str, head: str = "") -> Iterator[bytes]:
    """Yield the archive of an export: its files, and what every export has.

    That is `README.md`, `classes.txt` (if the question has classes), `receipt.json`, `dropped.jsonl` (if anything could not be
    expressed) and `annotations.jsonl` (if a person asked for every answer). `head` is what the README begins with.
    """
    if source.options.annotations:
        source.annotation_lines = spool()
    return written(_with_the_rest(source, files, readme, head))


def _with_the_rest(source: Source, files: Iterable[File], readme: str, head: str) -> Iterator[File]:
    yield from files
    if source.annotation_lines:
        yield "annotations.jsonl", source.annotation_lines
    if source.classes:
        yield "classes.txt", "".join(f"{value}\n" for value in source.classes).encode()
    yield "README.md", (head + described(source, readme)).encode()
    yield "receipt.json", (json.dumps(source.receipt(), ensure_ascii=False, indent=2) + "\n").encode()
    if source.reasons:
        yield "dropped.jsonl", source.dropped().read()


def spool() -> IO[bytes]:
    """Return a file for what is not kept in memory."""
    return tempfile.TemporaryFile()


def sha256(file: IO[bytes]) -> str:
    """Return the SHA-256 of a file on disk."""
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]


def described(source: Source, readme: str) -> str:
    """Return the README of an export: what it is, how it is opened, and what was left out."""
    version = source.version
    lines = [
        f"# {version.project.name}: version {version.number} ({version.semantic_version})",
        "",
        f"Question: {source.text}",
        "",
        f"Fingerprint (SHA-256): `{version.sha256}`",
        "",
        f"{source.written:,} items: {version.train_count:,} were frozen for training and {version.test_count:,} for testing.",
        "",
        readme.strip(),
        "",
    ]
    if source.reasons:
        lines += ["## What the format cannot express", "", "`dropped.jsonl` names each case.", ""]
        lines += [f"- {count:,} × {reason}" for reason, count in source.reasons.most_common()]
        lines.append("")
    return "\n".join(lines)
