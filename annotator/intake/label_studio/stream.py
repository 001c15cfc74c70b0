"""An export read in a process of its own: what is in it, and its tasks in parts."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from annotator.intake.found import BadContent
from annotator.intake.imports.stream import messages_of
from annotator.intake.sandbox import IN_A_JOB


def recognise(content: bytes, name: str = "export.json", check: Callable[[], None] = lambda: None) -> dict[str, Any]:
    """Return what an export holds: questions, people, counts, and problems; see `recognition`. Raises BadContent."""
    with _reader(content, name, {"summary": None}, check) as said:
        for one in said:
            return one["summary"]
    raise BadContent(f"{name}: it takes too much time or memory to read.")


@contextmanager
def parts(
    content: bytes, name: str, summary: dict[str, Any], start: int, check: Callable[[], None]
) -> Iterator[Iterator[tuple[list[dict[str, Any]], int]]]:
    """Yield an iterator over the tasks of an export in parts, each with how many are done after it. Raises BadContent.

    `summary` is what `recognise` returned; `start` tasks are left out, because they are done.
    """
    wanted = {"shown": summary["shown"], "questions": summary["questions"]}
    with _reader(content, name, {"summary": wanted, "start": start}, check) as said:
        yield ((one["part"], one["done"]) for one in said)


@contextmanager
def _reader(
    content: bytes, name: str, asked: dict[str, Any], check: Callable[[], None]
) -> Iterator[Iterator[dict[str, Any]]]:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        file.seek(0)
        with messages_of("annotator.intake.label_studio.reader", name, file, asked, IN_A_JOB, check) as said:
            yield said
