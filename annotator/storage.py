"""Blobs: pictures, manifests, weights. A folder or an S3 bucket; the address `MARGINALIA_STORAGE` says which.

A key is a path of plain segments. A blob is written completely or not at all, and content-addressed blobs are never rewritten.
"""

import contextlib
import hashlib
import io
import os
import re
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import IO, Any, Protocol, cast
from urllib.parse import urlsplit

from django.conf import settings

_KEY = re.compile(r"^[a-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*\Z")

TOGETHER = 200  # files that are open at a time while they are written


class Missing(Exception):
    """There is no blob under this key."""


class Store(Protocol):
    """What a store of blobs can do."""

    def put(self, key: str, content: bytes) -> None: ...  # noqa: D102
    def put_stream(self, key: str, file: IO[bytes]) -> None: ...  # noqa: D102
    def put_many(self, blobs: dict[str, bytes]) -> None: ...  # noqa: D102
    def open(self, key: str) -> IO[bytes]: ...  # noqa: D102
    def get(self, key: str) -> bytes: ...  # noqa: D102
    def exists(self, key: str) -> bool: ...  # noqa: D102
    def delete(self, key: str) -> None: ...  # noqa: D102


class FolderStore:
    """Blobs as files. A file is written next to its place and then moved into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, key: str, content: bytes) -> None:
        """Write a blob."""
        self.put_stream(key, io.BytesIO(content))

    def put_stream(self, key: str, file: IO[bytes]) -> None:
        """Write a blob from a file."""
        path = self.folder / key
        draft = self._draft(path)
        try:
            with draft.open("wb") as target:
                shutil.copyfileobj(file, target)
                target.flush()
                os.fsync(target.fileno())
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise

    def put_many(self, blobs: dict[str, bytes]) -> None:
        """Write several blobs. They reach the disk together, which takes far less time than one after the other."""
        drafts: dict[Path, Path] = {}
        with contextlib.ExitStack() as files:
            try:
                opened = []
                for key, content in blobs.items():
                    path = self.folder / key
                    drafts[path] = self._draft(path)
                    file = files.enter_context(drafts[path].open("wb", buffering=0))
                    file.write(content)
                    opened.append(file)
                for file in opened:
                    os.fsync(file.fileno())
                for path, draft in drafts.items():
                    draft.replace(path)
            except BaseException:
                for draft in drafts.values():
                    draft.unlink(missing_ok=True)
                raise

    def _draft(self, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.with_name(f".{path.name}.{uuid.uuid4().hex}")

    def open(self, key: str) -> IO[bytes]:
        """Open a blob to read. Raises Missing."""
        try:
            return (self.folder / key).open("rb")
        except FileNotFoundError:
            raise Missing(key) from None

    def get(self, key: str) -> bytes:
        """Read a blob. Raises Missing."""
        try:
            return (self.folder / key).read_bytes()
        except FileNotFoundError:
            raise Missing(key) from None

    def exists(self, key: str) -> bool:
        """Check whether there is a blob."""
        return (self.folder / key).is_file()

    def delete(self, key: str) -> None:
        """Remove a blob if there is one."""
        (self.folder / key).unlink(missing_ok=True)


class BucketStore:
    """Blobs as objects of an S3 bucket, under a prefix. Credentials and endpoint are boto3's own settings."""

    def __init__(self, bucket: str, prefix: str) -> None:
        import boto3

        self.client: Any = boto3.client("s3")
        self.bucket, self.prefix = bucket, prefix.strip("/") + "/" if prefix.strip("/") else ""

    def put(self, key: str, content: bytes) -> None:
        """Write a blob."""
        self.client.put_object(Bucket=self.bucket, Key=self.prefix + key, Body=content)

    def put_stream(self, key: str, file: IO[bytes]) -> None:
        """Write a blob from a file, in parts if it is large."""
        self.client.upload_fileobj(file, self.bucket, self.prefix + key)

    def put_many(self, blobs: dict[str, bytes]) -> None:
        """Write several blobs."""
        for key, content in blobs.items():
            self.put(key, content)

    def open(self, key: str) -> IO[bytes]:
        """Fetch a blob into a temporary file, to read. Raises Missing."""
        if not self.exists(key):
            raise Missing(key)
        file = tempfile.TemporaryFile()  # noqa: SIM115
        self.client.download_fileobj(self.bucket, self.prefix + key, file)
        file.seek(0)
        return file

    def get(self, key: str) -> bytes:
        """Read a blob. Raises Missing."""
        try:
            return self.client.get_object(Bucket=self.bucket, Key=self.prefix + key)["Body"].read()
        except self.client.exceptions.NoSuchKey:
            raise Missing(key) from None

    def exists(self, key: str) -> bool:
        """Check whether there is a blob."""
        import botocore.exceptions

        try:
            self.client.head_object(Bucket=self.bucket, Key=self.prefix + key)
        except botocore.exceptions.ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchKey"):
                return False
            raise
        return True

    def delete(self, key: str) -> None:
        """Remove a blob if there is one."""
        self.client.delete_object(Bucket=self.bucket, Key=self.prefix + key)


@cache
def _store(address: str) -> Store:
    parts = urlsplit(address)
    if parts.scheme == "s3":
        return BucketStore(parts.netloc, parts.path)
    return FolderStore(Path(address))


def _checked(key: str) -> str:
    if not _KEY.match(key) or ".." in key:
        raise ValueError(f"not a key: {key!r}")
    return key


def put(key: str, content: bytes) -> None:
    """Write a blob under a key."""
    _store(settings.MARGINALIA_STORAGE).put(_checked(key), content)


def get(key: str) -> bytes:
    """Read a blob. Raises Missing."""
    return _store(settings.MARGINALIA_STORAGE).get(_checked(key))


def exists(key: str) -> bool:
    """Check whether there is a blob."""
    return _store(settings.MARGINALIA_STORAGE).exists(_checked(key))


def delete(key: str) -> None:
    """Remove a blob if there is one."""
    _store(settings.MARGINALIA_STORAGE).delete(_checked(key))


def put_content(content: bytes) -> str:
    """Write a blob under the SHA-256 of its content, and return that in hexadecimal."""
    sha256 = hashlib.sha256(content).hexdigest()
    if not exists(content_key(sha256)):
        put(content_key(sha256), content)
    return sha256


def put_contents(contents: dict[str, bytes]) -> None:
    """Write blobs under their SHA-256, which the caller has computed. Those that are stored already stay as they are."""
    for some in _parts(list(contents)):
        blobs = {content_key(sha256): contents[sha256] for sha256 in some if not exists(content_key(sha256))}
        _store(settings.MARGINALIA_STORAGE).put_many(blobs)


def _parts(keys: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(keys), TOGETHER):
        yield keys[start : start + TOGETHER]


def put_content_stream(file: IO[bytes]) -> str:
    """Write a file under the SHA-256 of its content without holding it in memory, and return that in hexadecimal."""
    file.seek(0)
    sha256 = hashlib.file_digest(cast(io.BufferedReader, file), "sha256").hexdigest()
    if not exists(content_key(sha256)):
        file.seek(0)
        _store(settings.MARGINALIA_STORAGE).put_stream(content_key(sha256), file)
    return sha256


def open_content(sha256: str) -> IO[bytes]:
    """Open a content-addressed blob to read. Raises Missing, also for an empty SHA-256: that of a deleted file."""
    if not sha256:
        raise Missing(sha256)
    return _store(settings.MARGINALIA_STORAGE).open(content_key(sha256))


def get_content(sha256: str) -> bytes:
    """Read a content-addressed blob. Raises Missing, and ValueError if its content does not match its name."""
    content = get(content_key(sha256))
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ValueError(f"the content stored under {sha256} is damaged")
    return content


def content_key(sha256: str) -> str:
    """Return the key of a content-addressed blob."""
    return f"content/{sha256[:2]}/{sha256}"
