"""Buckets that people may import from. The server's own credentials read them, so the operator names the allowed ones.

`MARGINALIA_IMPORT_BUCKETS` lists buckets or prefixes ("photos", "archive/2026"), separated by commas. Without it, none is
allowed: the server's credentials may reach more than the person who imports.
"""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from django.conf import settings

SCHEME = "s3://"
TRIES = 3  # attempts for an object whose connection breaks off, with growing pauses
LINK_SECONDS = 600  # how long a signed link can be used
STEP = 1024**2
# While a person waits: a bucket that does not answer must not hold the threads of the web process.
AT_A_TIME, WAIT_SECONDS, REST_SECONDS = 2, 0.5, 10.0


class BadBucket(ValueError):
    """The bucket or object cannot be read. The message says why."""


class TooLarge(ValueError):
    """The object has more bytes than are read."""


class NoAnswer(BadBucket):
    """The bucket does not answer in time, or too many people wait for it."""


def client() -> Any:
    """Return boto3's client for jobs. Several threads may use it."""
    return _client(_settings(), 5, 20, 3)


def quick_client() -> Any:
    """Return boto3's client for requests that a person waits for: it gives up early, and does not try again."""
    return _client(_settings(), 2, 4, 1)


def _settings() -> tuple[str, ...]:
    """Return boto3's settings of the environment: who asks which server."""
    return tuple(f"{name}={value}" for name, value in sorted(os.environ.items()) if name.startswith("AWS_"))


@cache
def _client(environment: tuple[str, ...], connect_seconds: float, read_seconds: float, attempts: int) -> Any:
    import boto3
    from botocore.config import Config

    retries: Any = {"total_max_attempts": attempts, "mode": "standard"}
    timeouts = {"connect_timeout": connect_seconds, "read_timeout": read_seconds}
    return boto3.client("s3", config=Config(**timeouts, retries=retries, signature_version="s3v4"))


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


def read_object(client: Any, bucket: str, key: str, most: int, check: Callable[[], None] = lambda: None) -> bytes:
    """Return an object of at most so many bytes. A connection that breaks off while it comes is tried again.

    Raises TooLarge, boto3's errors, and what `check` raises, which is called often.
    """
    from botocore.exceptions import HTTPClientError, IncompleteReadError

    for attempt in range(TRIES):
        try:
            return _whole(client, bucket, key, most, check)
        except (HTTPClientError, IncompleteReadError):
            if attempt == TRIES - 1:
                raise
            time.sleep(0.5 * 2**attempt)
    raise AssertionError


def _whole(client: Any, bucket: str, key: str, most: int, check: Callable[[], None]) -> bytes:
    """Return a whole object. Its stream compares the length with the promised one only when it is read to its end."""
    answer = client.get_object(Bucket=bucket, Key=key)
    content = bytearray()
    with contextlib.closing(answer["Body"]) as body:
        if answer.get("ContentLength", 0) > most:
            raise TooLarge(f"{key}: it has more than {_size(most)}.")
        while piece := body.read(STEP):
            check()
            content += piece
            if len(content) > most:
                raise TooLarge(f"{key}: it has more than {_size(most)}.")
    return bytes(content)


def _size(count: int) -> str:
    return f"{count // 2**20} MB" if count >= 2**20 else f"{count:,} bytes"


def read(address: str, most: int, check: Callable[[], None] = lambda: None) -> bytes:
    """Return an object of at most so many bytes. Raises BadBucket, and what `check` raises, which is called often."""
    bucket, key = parts(address)
    with named_errors():
        return read_object(client(), bucket, key, most, check)


@contextlib.contextmanager
def named_errors() -> Iterator[None]:
    """Turn boto3's errors, and TooLarge, into BadBucket with the reason."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as problem:
        raise BadBucket(reason(problem)) from None
    except TooLarge as problem:
        raise BadBucket(str(problem)) from None


class _Waiting:
    """How many requests of this process wait for a bucket, and until when none is asked, because it did not answer."""

    places = threading.BoundedSemaphore(AT_A_TIME)
    rests_until = 0.0


def read_quickly(address: str, most: int) -> bytes:
    """Return an object for a person who waits. Raises BadBucket; NoAnswer when the bucket does not answer within seconds."""
    from botocore.exceptions import HTTPClientError

    bucket, key = parts(address)
    if time.monotonic() < _Waiting.rests_until or not _Waiting.places.acquire(timeout=WAIT_SECONDS):
        raise NoAnswer("The bucket does not answer at the moment.")
    until = time.monotonic() + REST_SECONDS

    def check() -> None:
        if time.monotonic() > until:
            raise NoAnswer("The bucket takes too long to answer.")

    try:
        with named_errors():
            try:
                return _whole(quick_client(), bucket, key, most, check)
            except HTTPClientError as problem:
                _Waiting.rests_until = time.monotonic() + REST_SECONDS
                raise NoAnswer(reason(problem)) from None
    finally:
        _Waiting.places.release()


def reason(problem: Exception) -> str:
    """Return what went wrong, without the details of the server's credentials."""
    code = str((getattr(problem, "response", None) or {}).get("Error", {}).get("Code", ""))
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
    bucket, key = parts(address)
    asked = {"Bucket": bucket, "Key": key, "ResponseContentType": mime_type}
    with named_errors():
        signed: str = client().generate_presigned_url("get_object", Params=asked, ExpiresIn=LINK_SECONDS)
    return signed
