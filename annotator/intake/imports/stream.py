"""Tables read in a process of their own, as a stream: memory does not grow with the file."""

import contextlib
import fcntl
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from annotator.intake.found import BadContent, Found, FoundAnswer, FoundContent, Rejected
from annotator.intake.sandbox import IN_A_JOB, KEPT, ROOT, STEP, WAITED_FOR, Limits, place
from annotator.intake.tables.source import TableReading

PIPE = 1024**2  # bytes that wait between the processes
MOST_SAID = 64 * 1024**2  # bytes of one message


@dataclass(frozen=True)
class Part:
    """Some rows of a table: what they became, how many rows are done after them, and how much of the file is read (0 to 1)."""

    found: list[Found]
    done: int
    share: float


def preview(
    name: str, file: IO[bytes], reading: TableReading, check: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """Return what is recognised in a table: how it is read, its columns, and a use for each. Raises BadContent."""
    with _reader(name, file, reading, {"uses": None}, WAITED_FOR, check) as said:
        return next(said)


@contextmanager
def parts(
    name: str,
    file: IO[bytes],
    reading: TableReading,
    uses: Mapping[str, str],
    start: int = 0,
    check: Callable[[], None] = lambda: None,
) -> Iterator[Iterator[Part]]:
    """Read a table and yield an iterator over its rows in parts.

    Args:
        name: the file's name; its ending names the format.
        file: the open file.
        reading: how it is read.
        uses: what each column is used for.
        start: how many rows to leave out, because they are done.
        check: called often; if it raises, the process is killed and the error is passed on.

    Raises:
        BadContent: the file is broken, or takes more time or memory than it may.
    """
    with _reader(name, file, reading, {"uses": dict(uses), "start": start}, IN_A_JOB, check) as said:
        yield _parts(said)


def as_written(
    name: str, file: IO[bytes], reading: TableReading, lines: Sequence[int], check: Callable[[], None] = lambda: None
) -> Iterator[tuple[int, str]]:
    """Yield rows, given by their lines, as they are written in the file; JSON for rows of a workbook and Parquet."""
    with _reader(name, file, reading, {"uses": {}, "lines": list(lines)}, IN_A_JOB, check) as said:
        yield from ((one["line"], one["raw"]) for one in said if "line" in one)


def _parts(said: Iterator[dict[str, Any]]) -> Iterator[Part]:
    for one in said:
        if "part" in one:
            yield Part([as_found(row) for row in one["part"]], one["done"], one["share"])


def as_found(row: list[Any]) -> Found:
    """Return a row as the reader process writes it: its line, then what it became, or the reason and the row."""
    line, made, placed = row
    if isinstance(made, str):
        return Rejected(made, placed, line)
    name, text, modality, mime_type, length, excerpt, fields = made
    content = text.encode()
    if placed is None:
        return FoundContent(
            name, content, modality, mime_type, length=length, excerpt=excerpt, fields=fields, line=line
        )
    external_id, group, split, priority, tags, answer = placed
    return FoundContent(
        name,
        content,
        modality,
        mime_type,
        length=length,
        excerpt=excerpt,
        fields=fields,
        external_id=external_id,
        group=group,
        split=split,
        priority=priority,
        tags=tuple(tags),
        line=line,
        answer=FoundAnswer(*answer) if answer else None,
    )


@contextmanager
def _reader(
    name: str, file: IO[bytes], reading: TableReading, wanted: dict[str, Any], limits: Limits, check: Callable[[], None]
) -> Iterator[Iterator[dict[str, Any]]]:
    asked = {"name": name, "reading": reading.as_dict(), "start": 0, "lines": None} | wanted
    with messages_of("annotator.intake.imports.reader", name, file, asked, limits, check) as said:
        yield said


@contextmanager
def messages_of(
    module: str, name: str, file: IO[bytes], asked: dict[str, Any], limits: Limits, check: Callable[[], None]
) -> Iterator[Iterator[dict[str, Any]]]:
    """Start a process that reads a file, and yield an iterator over its messages. The process ends with the block.

    Args:
        module: the module that it runs; it gets the file's descriptor, and the request as JSON on standard input.
        name: the file's name.
        file: the open file.
        asked: the request.
        limits: how long to wait for a free place, and for each message.
        check: called often; if it raises, the error is passed on.

    Raises BadContent when the process reports a problem, ends early or takes too long.
    """
    with place(name, limits, check):
        process = _started(module, file)
        try:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(json.dumps(asked).encode() + b"\n")  # type: ignore[union-attr]
            yield _messages(name, process, limits.part_seconds, check)
        finally:
            process.kill()
            process.wait()
            process.stdin.close()  # type: ignore[union-attr]
            process.stdout.close()  # type: ignore[union-attr]


def _started(module: str, file: IO[bytes]) -> "subprocess.Popen[bytes]":
    descriptor = file.fileno()
    os.lseek(descriptor, 0, os.SEEK_SET)
    return subprocess.Popen(
        [sys.executable, "-m", module, str(descriptor)],
        cwd=ROOT,
        env={name: os.environ[name] for name in KEPT if name in os.environ}
        | {"PYTHONUTF8": "1", "ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        pass_fds=[descriptor],
        bufsize=0,
    )


def _messages(
    name: str, process: "subprocess.Popen[bytes]", seconds: float, check: Callable[[], None]
) -> Iterator[dict[str, Any]]:
    """Yield the messages of a process until it ends. Raises BadContent."""
    pipe = process.stdout.fileno()  # type: ignore[union-attr]
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE)
    waiting, last = bytearray(), time.monotonic()
    while True:
        check()
        if not select.select([pipe], [], [], STEP)[0]:
            if time.monotonic() - last > seconds:
                raise BadContent(f"{name}: it takes too long to read.")
            continue
        piece = os.read(pipe, PIPE)
        if not piece:
            if waiting or process.wait() != 0:
                raise BadContent(f"{name}: it takes too much time or memory to read.")
            return
        waiting += piece
        if len(waiting) > MOST_SAID:
            raise BadContent(f"{name}: a row of it is too large.")
        if b"\n" not in piece:
            continue
        *lines, rest = bytes(waiting).split(b"\n")
        waiting = bytearray(rest)
        for line in lines:
            said = json.loads(line)
            if "bad" in said:
                raise BadContent(f"{name}: {said['bad']}")
            yield said
        last = time.monotonic()
