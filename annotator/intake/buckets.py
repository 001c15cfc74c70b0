"""The objects of a bucket as files to import. `annotator.server.buckets` says which buckets may be read."""

from collections.abc import Callable, Iterator
from typing import Any

from annotator.intake.found import MOST_BYTES
from annotator.intake.unpacking import MOST_MEMBERS, ArchiveMember, BadArchive, clean_path, is_junk
from annotator.server import buckets
from annotator.server.buckets import SCHEME, BadBucket


def _read(client: Any, bucket: str, key: str) -> bytes:
    try:
        return buckets.read_object(client, bucket, key, MOST_BYTES)
    except buckets.TooLarge as problem:
        raise BadArchive(str(problem)) from None


def _may_be_read(address: str) -> bool:
    """Check an object that was listed: a prefix without its last slash is the beginning of other folders, too."""
    try:
        buckets.parts(address)
    except BadBucket:
        return False
    return True


class BucketFiles:
    """The objects under a prefix of a bucket, in the form of an archive."""

    def __init__(self, address: str, check: Callable[[], None] = lambda: None) -> None:
        """List the objects. Raises BadBucket."""
        from botocore.exceptions import BotoCoreError, ClientError

        self.bucket, self.prefix = buckets.parts(address)
        self.client = buckets.client()
        self.keys: list[str] = []
        self.total: int | None = 0
        try:
            pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix)
            for page in pages:
                check()
                keys = [one["Key"] for one in page.get("Contents", []) if not is_junk(one["Key"])]
                self.keys += [key for key in keys if _may_be_read(f"{SCHEME}{self.bucket}/{key}")]
                if len(self.keys) > MOST_MEMBERS:
                    raise BadBucket(f"There are more than {MOST_MEMBERS:,} objects; import a prefix with fewer.")
        except (BotoCoreError, ClientError) as problem:
            raise BadBucket(buckets.reason(problem)) from None
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
                    raise BadBucket(buckets.reason(problem)) from None
                except BotoCoreError as problem:
                    raise BadBucket(buckets.reason(problem)) from None

            yield ArchiveMember(clean_path(key), content, f"{SCHEME}{self.bucket}/{key}")
