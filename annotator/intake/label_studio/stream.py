"""An export read in a process of its own: what is in it, and its tasks in parts."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from annotator.intake.found import BadContent
from annotator.intake.imports.stream import messages
from annotator.intake.sandbox import KEPT, ROOT


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
        process = subprocess.Popen(
            [sys.executable, "-m", "annotator.intake.label_studio.reader", str(file.fileno())],
            cwd=ROOT,
            env={one: os.environ[one] for one in KEPT if one in os.environ} | {"PYTHONUTF8": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=[file.fileno()],
            bufsize=0,
        )
        try:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(json.dumps(asked).encode() + b"\n")  # type: ignore[union-attr]
            yield messages(name, process, check)
        finally:
            process.kill()
            process.wait()
            process.stdin.close()  # type: ignore[union-attr]
            process.stdout.close()  # type: ignore[union-attr]
