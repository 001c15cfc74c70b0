"""Buckets that people may import from. The server's own credentials read them, so the operator names the allowed ones.

`MARGINALIA_IMPORT_BUCKETS` lists buckets or prefixes ("photos", "archive/2026"), separated by commas. Without it, none is
allowed: the server's credentials may reach more than the person who imports.
"""

import os
import time
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

SCHEME = "s3://"
TRIES = 4  # attempts for each request, with growing pauses; boto3 counts and waits
LINK_SECONDS = 600  # how long a signed link can be used


class BadBucket(ValueError):
    """The bucket or object cannot be read. The message says why."""


class TooLarge(ValueError):
    """The object has more bytes than are read."""


def client() -> Any:
    """Return boto3's client. Several threads may use it."""
    return _client(_settings())


def _settings() -> tuple[str, ...]:
    """Return boto3's settings of the environment: who asks which server."""
    return tuple(f"{name}={value}" for name, value in sorted(os.environ.items()) if name.startswith("AWS_"))


@cache
def _client(environment: tuple[str, ...]) -> Any:
    import boto3
    from botocore.config import Config

    retries = {"max_attempts": TRIES, "mode": "standard"}
    return boto3.client("s3", config=Config(connect_timeout=5, read_timeout=30, retries=retries))


def parts(address: str) -> tuple[str, str]:
    """Return the bucket and the key of an address. Raises BadBucket when the operator does not allow it."""
    bucket, _, key = address[len(SCHEME) :].partition("/")
    if not address.lower().startswith(SCHEME) or not bucket:
        raise BadBucket("The address must begin with s3:// and name a bucket.")
    for one in settings.IMPORT_BUCKETS:
        allowed, _, prefix = one.partition("/")
        if bucket == allowed and (not prefix or key == prefix.rstrip("/") or key.startswith(prefix.rstrip("/") + "/")):
            return bucket, key
    raise BadBucket(
        f"The bucket “{bucket[:63]}” is not among those that people may import from; the operator lists them in "
        "MARGINALIA_IMPORT_BUCKETS."
    )


def read_object(client: Any, bucket: str, key: str, most: int) -> bytes:
    """Return an object of at most so many bytes. A connection that breaks off while it comes is tried again.

    boto3 does that only before the first byte. Raises TooLarge, and boto3's errors.
    """
    from botocore.exceptions import HTTPClientError

    for attempt in range(TRIES):
        try:
            with client.get_object(Bucket=bucket, Key=key)["Body"] as body:
                content: bytes = body.read(most + 1)
            break
        except (HTTPClientError, OSError):
            if attempt == TRIES - 1:
                raise
            time.sleep(0.5 * 2**attempt)
    if len(content) > most:
        raise TooLarge(f"{key}: it has more than {most // 2**20} MB.")
    return content


def read(address: str, most: int) -> bytes:
    """Return an object of at most so many bytes. Raises BadBucket."""
    from botocore.exceptions import BotoCoreError, ClientError

    bucket, key = parts(address)
    try:
        return read_object(client(), bucket, key, most)
    except (BotoCoreError, ClientError) as problem:
        raise BadBucket(reason(problem)) from None
    except TooLarge as problem:
        raise BadBucket(str(problem)) from None


def reason(problem: Exception) -> str:
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


def link(address: str, mime_type: str) -> str:
    """Return a signed link to an object, which anybody can use for `LINK_SECONDS`. Raises BadBucket."""
    from botocore.exceptions import BotoCoreError, ClientError

    bucket, key = parts(address)
    asked = {"Bucket": bucket, "Key": key, "ResponseContentType": mime_type}
    try:
        signed: str = client().generate_presigned_url("get_object", Params=asked, ExpiresIn=LINK_SECONDS)
    except (BotoCoreError, ClientError) as problem:
        raise BadBucket(reason(problem)) from None
    return signed


def origins() -> list[str]:
    """Return the origins that signed links lead to, for the policy that says where pages may load pictures from."""
    if not settings.IMPORT_BUCKETS:
        return []
    return list(_origins(tuple(settings.IMPORT_BUCKETS), _settings()))


@cache
def _origins(allowed: tuple[str, ...], environment: tuple[str, ...]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for one in allowed:
        try:
            split = urlsplit(link(f"{SCHEME}{one.rstrip('/')}", ""))
        except BadBucket:  # no credentials, so there are no links either
            continue
        found[f"{split.scheme}://{split.netloc}"] = None
    return tuple(found)
