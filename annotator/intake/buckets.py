"""Buckets that people may import from. The server's own credentials read them, so the operator names the allowed ones.

`MARGINALIA_IMPORT_BUCKETS` lists buckets or prefixes ("photos", "archive/2026"), separated by commas. Without it, none is
allowed: the server's credentials may reach more than the person who imports.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from annotator.intake.found import MOST_BYTES
from annotator.intake.unpacking import MOST_MEMBERS, ArchiveMember, BadArchive, clean_path, is_junk

TRIES = 4  # attempts for each request, with growing pauses; boto3 counts and waits


class BadBucket(ValueError):
    """The bucket or object cannot be read. The message says why."""


def _client() -> Any:
    import boto3
    from botocore.config import Config

    retries = {"max_attempts": TRIES, "mode": "standard"}
    return boto3.client("s3", config=Config(connect_timeout=5, read_timeout=30, retries=retries))


def _parts(address: str) -> tuple[str, str]:
    """Return the bucket and the key of an address. Raises BadBucket when the operator does not allow it."""
    parts = urlsplit(address)
    bucket, key = parts.netloc, parts.path.lstrip("/")
    if parts.scheme.lower() != "s3" or not bucket:
        raise BadBucket("The address must begin with s3:// and name a bucket.")
    for one in settings.IMPORT_BUCKETS:
        allowed, _, prefix = one.partition("/")
        if bucket == allowed and (not prefix or key == prefix.rstrip("/") or key.startswith(prefix.rstrip("/") + "/")):
            return bucket, key
    raise BadBucket(
        f"The bucket “{bucket[:63]}” is not among those that people may import from; the operator lists them in "
        "MARGINALIA_IMPORT_BUCKETS."
    )


def read(address: str) -> bytes:
    """Return an object of a bucket. Raises BadBucket."""
    from botocore.exceptions import BotoCoreError, ClientError

    bucket, key = _parts(address)
    try:
        return _read(_client(), bucket, key)
    except (BotoCoreError, ClientError) as problem:
        raise BadBucket(_reason(problem)) from None
    except BadArchive as problem:
        raise BadBucket(str(problem)) from None


def _read(client: Any, bucket: str, key: str) -> bytes:
    """Return an object. A connection that breaks off while the object comes is tried again; boto3 does that only before."""
    from botocore.exceptions import HTTPClientError

    for attempt in range(TRIES):
        try:
            with client.get_object(Bucket=bucket, Key=key)["Body"] as body:
                content: bytes = body.read(MOST_BYTES + 1)
            break
        except (HTTPClientError, OSError):
            if attempt == TRIES - 1:
                raise
            time.sleep(0.5 * 2**attempt)
    if len(content) > MOST_BYTES:
        raise BadArchive(f"{key}: it has more than {MOST_BYTES // 2**20} MB.")
    return content


def _reason(problem: Exception) -> str:
    """Return what went wrong, without the details of the server's credentials."""
    code = str(getattr(problem, "response", {}).get("Error", {}).get("Code", ""))
    reasons = {
        "NoSuchBucket": "there is no such bucket",
        "NoSuchKey": "there is no such object",
        "404": "there is no such object",
        "AccessDenied": "the server may not read it",
        "403": "the server may not read it",
        "InvalidAccessKeyId": "the server's credentials are wrong",
        "SignatureDoesNotMatch": "the server's credentials are wrong",
        "ExpiredToken": "the server's credentials have expired",
    }
    return f"The bucket cannot be read: {reasons.get(code, type(problem).__name__)}."


class BucketFiles:
    """The objects under a prefix of a bucket, in the form of an archive."""

    def __init__(self, address: str, check: Callable[[], None] = lambda: None) -> None:
        """List the objects. Raises BadBucket."""
        from botocore.exceptions import BotoCoreError, ClientError

        self.bucket, self.prefix = _parts(address)
        self.client = _client()
        self.keys: list[str] = []
        self.total: int | None = 0
        try:
            pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix)
            for page in pages:
                check()
                self.keys += [one["Key"] for one in page.get("Contents", []) if not is_junk(one["Key"])]
                if len(self.keys) > MOST_MEMBERS:
                    raise BadBucket(f"There are more than {MOST_MEMBERS:,} objects; import a prefix with fewer.")
        except (BotoCoreError, ClientError) as problem:
            raise BadBucket(_reason(problem)) from None
        self.total = len(self.keys)

    def __iter__(self) -> Iterator[ArchiveMember]:
        """Yield the objects. Reading one raises BadArchive when it is too large or gone, BadBucket when none can be read."""
        from botocore.exceptions import BotoCoreError, ClientError

        for key in self.keys:

            def content(key: str = key) -> bytes:
                try:
                    return _read(self.client, self.bucket, key)
                except ClientError as problem:
                    if problem.response.get("Error", {}).get("Code") in ("NoSuchKey", "404"):
                        raise BadArchive(f"{key}: it is not in the bucket any more.") from None
                    raise BadBucket(_reason(problem)) from None
                except BotoCoreError as problem:
                    raise BadBucket(_reason(problem)) from None

            yield ArchiveMember(clean_path(key), content)
