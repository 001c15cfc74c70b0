"""Reading files in a separate process with limits on time and memory, because a stranger's file may take forever to read.

The process (`reader`) stays alive and reads one file after another. It is killed when a file takes too long or when the
caller no longer wants it; the next file then gets a new process.
"""

import io
import json
import os
import select
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from annotator.intake.found import BadContent, Found, FoundAnswer, FoundContent, Rejected, clean_name

ROOT = Path(__file__).resolve().parents[2]
MOST_AT_A_TIME = 3  # readers per process of ours
MOST_READ = 10_000  # files after which a reader is replaced, so that memory leaks of libraries end with it
KEPT_BYTES = 1024**2  # size of a shared file that is kept from one request to the next
STEP = 0.1  # seconds between checks for cancellation
KEPT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR", "MARGINALIA_HOME")  # environment passed on: no secrets


@dataclass(frozen=True)
class Limits:
    """The resources that reading a file may use.

    Attributes:
        core_seconds: CPU seconds for each part (a page, a row).
        part_seconds: elapsed seconds for each part.
        seconds: elapsed seconds for the file.
        most_bytes: bytes of everything found in the file.
        wait: seconds to wait for a free reader.
        direct: whether someone is waiting, so that expensive files are refused.
        otherwise: the advice or outcome to report when a limit is reached.
    """

    core_seconds: int
    part_seconds: float
    seconds: float
    most_bytes: int
    wait: float
    direct: bool
    otherwise: str


WAITED_FOR = Limits(10, 15, 15, 200 * 1024**2, 15, True, "Send it in a ZIP archive.")
IN_A_JOB = Limits(20, 60, 900, 2 * 1024**3, 3600, False, "It is left out.")


class TooCostly(BadContent):
    """The file takes more time or memory than it may."""


class Busy(BadContent):
    """No reader is free."""


class _Reader:
    """One reader process."""

    def __init__(self) -> None:
        self.given: IO[bytes] = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
        self.found: IO[bytes] = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
        files = self.given.fileno(), self.found.fileno()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "annotator.intake.reader", *map(str, files)],
            cwd=ROOT,
            env={name: os.environ[name] for name in KEPT if name in os.environ} | {"PYTHONUTF8": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=files,
            bufsize=0,
        )
        self.owner, self.count, self._rest = os.getpid(), 0, b""

    def ask(self, name: str, content: bytes, limits: Limits) -> None:
        """Send a file to the process. Raises BrokenPipeError when the process has ended."""
        self.count += 1
        view, done = memoryview(content), 0
        while done < len(view):
            done += os.pwrite(self.given.fileno(), view[done:], done)
        asked = {
            "name": name,
            "size": len(content),
            "direct": limits.direct,
            "seconds": limits.core_seconds,
            "most_bytes": limits.most_bytes,
        }
        self.process.stdin.write(json.dumps(asked).encode() + b"\n")  # type: ignore[union-attr]

    def answer(self, seconds: float) -> dict[str, Any] | None:
        """Return the process's next message, or None if none comes within `seconds`. Raises EOFError when the process ended."""
        pipe = self.process.stdout.fileno()  # type: ignore[union-attr]
        if b"\n" not in self._rest:
            if not select.select([pipe], [], [], seconds)[0]:
                return None
            more = os.read(pipe, 65536)
            if not more:
                raise EOFError
            self._rest += more
        line, found, rest = self._rest.partition(b"\n")
        if not found:
            return None
        self._rest = rest
        return json.loads(line)

    def contents(self, given: bytes, written: int) -> Iterator[Found]:
        """Yield the contents and rejected rows that were found, one by one."""
        with self._found(written) as file:
            while file.tell() < written:
                fields = json.loads(file.readline())
                if "rejected" in fields:
                    yield Rejected(**fields["rejected"])
                    continue
                size = fields.pop("size")
                fields |= {"original": given if fields["original"] else b"", "changes": tuple(fields["changes"])}
                fields |= {
                    "tags": tuple(fields["tags"]),
                    "answer": fields["answer"] and FoundAnswer(**fields["answer"]),
                }
                yield FoundContent(content=given if size < 0 else file.read(size), **fields)

    def _found(self, written: int) -> IO[bytes]:
        if written <= KEPT_BYTES:
            return io.BytesIO(os.pread(self.found.fileno(), written, 0))
        file = open(os.dup(self.found.fileno()), "rb")  # noqa: PTH123, SIM115
        file.seek(0)
        return file

    def clear(self) -> None:
        """Free the disk space of the last file. Up to KEPT_BYTES stay: they are overwritten, never read."""
        for file in (self.given, self.found):
            if os.fstat(file.fileno()).st_size > KEPT_BYTES:
                os.ftruncate(file.fileno(), 0)

    def end(self) -> None:
        """Kill the process and close its files."""
        self.process.kill()
        self.process.wait()
        for file in (self.process.stdin, self.process.stdout, self.given, self.found):
            file.close()  # type: ignore[union-attr]


_free: list[_Reader] = []
_lock = threading.Lock()
_places = threading.BoundedSemaphore(MOST_AT_A_TIME)


def _forget() -> None:
    """Start without readers in a forked process, because the readers belong to its parent."""
    global _lock, _places
    _free.clear()
    _lock, _places = threading.Lock(), threading.BoundedSemaphore(MOST_AT_A_TIME)


os.register_at_fork(after_in_child=_forget)


@contextmanager
def reading(
    name: str, content: bytes, limits: Limits, check: Callable[[], None] = lambda: None
) -> Iterator[Iterator[Found]]:
    """Read a file in a reader process. Once all of it was read, yield an iterator over its contents and rejected rows.

    Args:
        name: the file's name; its ending decides how it is read.
        content: the file's bytes.
        limits: the resources it may use.
        check: called often; if it raises, the reader is killed and the error is passed on.

    Raises:
        BadContent: the file is broken or of a type that is not accepted.
        TooCostly: it takes more time or memory than it may.
        Busy: no reader is free.
    """
    place, name = _places, clean_name(name)
    _take(place, name, limits, check)
    reader, whole = None, False
    try:
        reader = _asked(name, content, limits)
        said = _answered(reader, name, limits, check)
        whole = not said.get("costly")
        if "done" not in said:
            raise (BadContent if whole else TooCostly)(said["bad"])
        yield reader.contents(content, said["done"])
    finally:
        if reader is not None:
            _put_back(reader, whole)
        place.release()


def read(
    name: str, content: bytes, limits: Limits = WAITED_FOR, check: Callable[[], None] = lambda: None
) -> list[Found]:
    """Return the contents and rejected rows of a file; raises as `reading` does."""
    with reading(name, content, limits, check) as found:
        return list(found)


def shorter(limits: Limits, seconds: float, most_bytes: int) -> Limits:
    """Return limits that allow no more than the given seconds and bytes."""
    left = max(0.0, min(limits.seconds, seconds))
    return replace(
        limits,
        core_seconds=max(1, min(limits.core_seconds, round(left))),
        part_seconds=min(limits.part_seconds, left),
        seconds=left,
        wait=min(limits.wait, left),
        most_bytes=max(0, min(limits.most_bytes, most_bytes)),
    )


@contextmanager
def place(name: str, limits: Limits, check: Callable[[], None]) -> Iterator[None]:
    """Hold the place of one reader process. Raises Busy when none gets free in time, and whatever `check` raises."""
    held = _places
    _take(held, name, limits, check)
    try:
        yield
    finally:
        held.release()


def _take(place: threading.BoundedSemaphore, name: str, limits: Limits, check: Callable[[], None]) -> None:
    until = time.monotonic() + limits.wait
    while not place.acquire(timeout=STEP):
        check()
        if time.monotonic() > until:
            raise Busy(f"{name}: other files are being read; send it again in a minute.")


def _answered(reader: _Reader, name: str, limits: Limits, check: Callable[[], None]) -> dict[str, Any]:
    """Return a reader's final message about a file. Raises TooCostly, and whatever `check` raises."""
    begun = part = time.monotonic()
    while True:
        try:
            said = reader.answer(STEP)
        except EOFError:
            # The system ended it for its time or memory use, or the file crashed it.
            raise TooCostly(f"{name}: it takes too much time or memory to read. {limits.otherwise}") from None
        if said is not None and "part" not in said:
            return said
        check()
        now = time.monotonic()
        part = part if said is None else now
        if now - part > limits.part_seconds or now - begun > limits.seconds:
            raise TooCostly(f"{name}: it takes too long to read. {limits.otherwise}")


def _put_back(reader: _Reader, whole: bool) -> None:
    """Keep a reader for the next file; end one that is busy, broken or old."""
    if not whole or reader.count >= MOST_READ:
        reader.end()
        return
    reader.clear()
    with _lock:
        _free.append(reader)


def _asked(name: str, content: bytes, limits: Limits) -> _Reader:
    """Return a reader that has been sent the file."""
    while True:
        with _lock:
            reader = _free.pop() if _free else None
        if reader is None:
            reader = _Reader()
            reader.ask(name, content, limits)
            return reader
        try:
            reader.ask(name, content, limits)
            return reader
        except BrokenPipeError:  # it ended while it was idle
            reader.end()
