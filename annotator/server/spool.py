"""Where bodies and responses wait: small ones in memory, larger ones on disk, within the limits of the process."""

import os
import shutil
import tempfile
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import IO

from annotator.server.limits import FREE_DISK_BYTES, MB, MEMORY_BYTES, SMALL_BODY

CHECK_DISK_EVERY = 16 * MB
PIECE = 256 * 1024


class SpoolFull(Exception):
    """The process may not store more on disk."""


class Pool:
    """The memory and the disk space that all connections of a process share. Thread-safe."""

    def __init__(self, folder: Path, disk_bytes: int, memory_bytes: int = MEMORY_BYTES) -> None:
        self.folder, self.disk_bytes, self.memory_bytes = folder, disk_bytes, memory_bytes
        self.on_disk = self.in_memory = 0
        self._unchecked = CHECK_DISK_EVERY
        self._lock = threading.Lock()

    def file(self) -> IO[bytes]:
        """Return a new file without a name: it disappears when it is closed or the process is killed."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return tempfile.TemporaryFile(dir=self.folder)

    def take_disk(self, count: int) -> None:
        """Reserve disk space, in bytes. Raises SpoolFull."""
        with self._lock:
            if self.on_disk + count > self.disk_bytes:
                raise SpoolFull
            self._unchecked += count
            if self._unchecked >= CHECK_DISK_EVERY:
                self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                if shutil.disk_usage(self.folder).free < count + FREE_DISK_BYTES:
                    raise SpoolFull
                self._unchecked = 0
            self.on_disk += count

    def give_disk(self, count: int) -> None:
        """Release disk space, in bytes."""
        with self._lock:
            self.on_disk -= count

    def take_memory(self, count: int) -> bool:
        """Reserve memory, in bytes. Return False if there is not enough."""
        with self._lock:
            if self.in_memory + count > self.memory_bytes:
                return False
            self.in_memory += count
            return True

    def give_memory(self, count: int) -> None:
        """Release memory, in bytes."""
        with self._lock:
            self.in_memory -= count


class BodySpool:
    """A request's body: in memory up to SMALL_BODY, in a file beyond that. `pending` is what `flush` has not yet written."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.size = 0
        self.pending: list[bytes] = []
        self.pending_size = 0
        self._file: IO[bytes] | None = None
        self._on_disk = 0

    def add(self, data: bytes) -> None:
        """Add received bytes."""
        self.pending.append(data)
        self.size += len(data)
        self.pending_size += len(data)

    @property
    def to_flush(self) -> bool:
        """Whether enough is pending to be written to disk."""
        return self.size > SMALL_BODY and self.pending_size >= PIECE

    def reserve(self, count: int) -> None:
        """Reserve the disk space of a body of known size. Raises SpoolFull."""
        self.pool.take_disk(count)
        self._on_disk += count

    def flush(self, parts: list[bytes]) -> None:
        """Write parts to disk. Called from one thread at a time. Raises SpoolFull and OSError."""
        if self._file is None:
            self._file = self.pool.file()
        count = sum(map(len, parts))
        after = self._file.tell() + count
        if after > self._on_disk:
            self.reserve(after - self._on_disk)
        self._file.writelines(parts)

    def taken(self) -> list[bytes]:
        """Return the pending bytes and forget them."""
        parts, self.pending, self.pending_size = self.pending, [], 0
        return parts

    def content(self) -> bytes | IO[bytes]:
        """Return the whole body: bytes if it is small and was never written to a file, otherwise the file."""
        if self._file is None and self.size <= SMALL_BODY:
            return b"".join(self.pending)
        self.flush(self.taken())
        assert self._file is not None
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        """Release the file and the space."""
        self.pending, self.pending_size = [], 0
        if self._file is not None:
            self._file.close()
            self._file = None
        self.pool.give_disk(self._on_disk)
        self._on_disk = 0


class ResponseSpool:
    """A response between the thread that makes it and the loop that sends it.

    The thread never waits for the client: what the client has not taken is kept in memory, then on disk.
    """

    OWN_MEMORY = 1 * MB

    def __init__(self, pool: Pool, notify: Callable[[], None]) -> None:
        self.pool, self.notify = pool, notify
        self.ended = self.failed = False
        self._closed = False
        self._lock = threading.Lock()
        self._memory: deque[bytes] = deque()
        self._memory_size = 0
        self._file: IO[bytes] | None = None
        self._written = self._read = 0

    def write(self, data: bytes) -> None:
        """Add a piece of the response. Raises BrokenPipeError when the client has gone, SpoolFull, and OSError."""
        if not data:
            return
        with self._lock:
            if self._closed:
                raise BrokenPipeError
            small = self._memory_size + len(data) <= self.OWN_MEMORY or not self._memory
            if self._file is None and small and self.pool.take_memory(len(data)):
                self._memory.append(data)
                self._memory_size += len(data)
            else:
                if self._file is None:
                    self._file = self.pool.file()
                self.pool.take_disk(len(data))
                view = memoryview(data)
                while view:
                    count = os.pwrite(self._file.fileno(), view, self._written)
                    self._written += count
                    view = view[count:]
        self.notify()

    def end(self, failed: bool = False) -> None:
        """Mark the response as ended; with `failed`, as incomplete."""
        with self._lock:
            self.ended, self.failed = True, failed
        self.notify()

    def next_piece(self) -> bytes | None:
        """Return the next piece in memory: b"" if there is none now, None if it must be read from disk."""
        with self._lock:
            if self._memory:
                data = self._memory.popleft()
                self._memory_size -= len(data)
                self.pool.give_memory(len(data))
                return data
            return None if self._file is not None and self._read < self._written else b""

    def read_disk(self) -> bytes:
        """Return the next piece on disk."""
        with self._lock:
            if self._file is None:
                return b""
            data = os.pread(self._file.fileno(), min(PIECE, self._written - self._read), self._read)
            self._read += len(data)
            return data

    def close(self) -> None:
        """Release everything. The thread finds out when it writes its next piece."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self.pool.give_memory(self._memory_size)
            self._memory.clear()
            self._memory_size = 0
            self.pool.give_disk(self._written)
            if self._file is not None:
                self._file.close()
                self._file = None
