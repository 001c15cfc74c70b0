"""Addresses in a table: each is fetched and becomes the item of its row.

Only public addresses and allowed buckets are reached.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from annotator.hooks import outgoing
from annotator.intake import sandbox
from annotator.intake.found import ADDRESS, MOST_BYTES, BadContent, FoundContent, Rejected, clean_name
from annotator.server import buckets

AT_A_TIME = 8
LISTEN_SECONDS = 0.5  # how often it is asked whether the import goes on
TRIES = 3  # for an address that cannot be reached


def fetched(contents: list[FoundContent], rejected: list[Rejected], check: Callable[[], None]) -> list[FoundContent]:
    """Return contents with each address replaced by what it leads to. Addresses that lead to nothing are added to `rejected`."""
    found: list[FoundContent] = []
    stopped = threading.Event()
    pool = ThreadPoolExecutor(AT_A_TIME)  # not as a context, whose end waits for every address
    waiting = [
        (one, pool.submit(_fetch, one.content.decode(), stopped) if one.modality == ADDRESS else None)
        for one in contents
    ]
    try:
        for one, fetching in waiting:
            check()
            if fetching is None:
                found.append(one)
                continue
            while not fetching.done():
                wait([fetching], LISTEN_SECONDS)
                check()
            try:
                found += _items(one, fetching.result(), check)
            except BadContent as problem:
                reason = f"{one.name}: {one.content.decode()[:200]}: {problem}"
                rejected.append(Rejected(reason, line=one.line))
    finally:
        stopped.set()
        pool.shutdown(wait=False, cancel_futures=True)
    return found


def _fetch(address: str, stopped: threading.Event) -> bytes:
    """Return what stands at an address. Raises BadContent, also when nobody wants it any more."""

    def check() -> None:
        if stopped.is_set():
            raise BadContent("it was not wanted any more")

    try:
        if address.lower().startswith(buckets.SCHEME):
            return buckets.read(address, MOST_BYTES, check)
        for attempt in range(TRIES):
            try:
                return outgoing.get(address, MOST_BYTES)
            except outgoing.Unreachable:
                if attempt == TRIES - 1:
                    raise
    except (outgoing.Forbidden, outgoing.Unreachable, buckets.BadBucket) as problem:
        raise BadContent(str(problem)) from None
    raise AssertionError


def _items(row: FoundContent, content: bytes, check: Callable[[], None]) -> list[FoundContent]:
    """Return the items in a fetched file, with what else the row says. Raises BadContent."""
    address = row.content.decode()
    name = clean_name(unquote(urlsplit(address).path)) or "unnamed"
    with sandbox.reading(name, content, sandbox.IN_A_JOB, check) as found:
        made: list[FoundContent] = []
        for one in found:
            if isinstance(one, Rejected):
                raise BadContent(one.reason)
            made.append(one)
    if len(made) != 1 and (not made or row.external_id or row.answer):
        raise BadContent(f"it holds {len(made)} items; a row with an id or an answer needs exactly one")
    kept = {
        "fields": row.fields,
        "external_id": row.external_id,
        "group": row.group or (made[0].source if len(made) > 1 else ""),
        "split": row.split,
        "priority": row.priority,
        "tags": row.tags,
        "line": row.line,
        "answer": row.answer,
        "path": address[:1000],
    }
    return [replace(one, **kept) for one in made]  # type: ignore[arg-type]
