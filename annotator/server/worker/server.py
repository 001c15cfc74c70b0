"""The server: the connections of one process, and the threads that answer them."""

import asyncio
import logging
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from typing import Any

from annotator.server import limits
from annotator.server.environ import environ_of
from annotator.server.protocol import Connection, Transmission
from annotator.server.protocol.deadlines import expendable, overdue
from annotator.server.requests import Request
from annotator.server.spool import Pool
from annotator.server.worker.exchange import Exchange

log = logging.getLogger(__name__)
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_HASHING = tuple(path.encode() for path in limits.HASHING_PATHS)


class Lane:
    """Threads for one sort of request. `waiting` counts requests that wait or are being answered; at most `most` are allowed."""

    def __init__(self, name: str, count: int, most: int) -> None:
        self.threads, self.most, self.waiting = ThreadPoolExecutor(count, name), most, 0

    def one_less(self) -> None:
        """Record that a request was answered."""
        self.waiting -= 1


class Server:
    """The connections of one process, and the threads that answer them."""

    def __init__(self, application: Application, own: tuple[str, int], settings: limits.Settings | None = None) -> None:
        self.application, self.own = application, own
        self.settings = settings or limits.settings()
        self.loop = asyncio.get_running_loop()
        self.pool = Pool(self.settings.spool_folder, self.settings.spool_bytes)
        self.web = Lane("web", limits.THREADS, limits.WAITING_REQUESTS)
        self.hashing = Lane("password", limits.HASHING_THREADS, limits.HASHING_WAITING)
        self.disk = ThreadPoolExecutor(2, "spool")
        self.connections: dict[Connection, None] = {}
        self.by_address: Counter[str] = Counter()
        self.stopping = False
        self.date = formatdate(usegmt=True)

    # --- connections

    def admit(self, connection: Connection) -> bool:
        """Accept a connection and return True. If there are too many, close the most expendable one, or return False."""
        address, most = connection.counted_as, self.settings.connections_per_address
        if not self.settings.trusted_proxies and self.by_address[address] >= most:
            if not self._make_room(address):
                return False
        elif len(self.connections) >= self.settings.connections:
            [(busiest, _)] = self.by_address.most_common(1)
            if not self._make_room(busiest):
                return False
        self.connections[connection] = None
        self.by_address[address] += 1
        return True

    def _make_room(self, address: str) -> bool:
        found, rank = None, 0
        for one in self.connections:  # oldest first
            if one.counted_as == address and not one.closed and (its := expendable(one)) > rank:
                found, rank = one, its
                if rank == 4:
                    break
        if found is None:
            return False
        self.forget(found)
        found.closed = True
        found.transport.abort()
        return True

    def forget(self, connection: Connection) -> None:
        """Stop counting a connection."""
        if connection in self.connections:
            del self.connections[connection]
            self.by_address[connection.counted_as] -= 1
            if not self.by_address[connection.counted_as]:
                del self.by_address[connection.counted_as]

    def sweep(self) -> None:
        """Close the connections that are overdue. Called twice a second."""
        now = time.monotonic()
        self.date = formatdate(usegmt=True)
        for connection in list(self.connections):
            if not connection.closed and overdue(connection, now):
                connection.cut()

    # --- work in threads

    def soon(self, function: Callable[..., None], *arguments: Any) -> None:
        """Call a function in the loop, from any thread."""
        try:
            self.loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:  # the loop has ended
            pass

    def ask_gate(self, connection: Connection, request: Request) -> None:
        """Let a thread decide whether a large body is accepted."""

        def decide() -> None:
            from django.conf import settings
            from django.utils.module_loading import import_string

            decide_body = import_string(settings.BODY_GATE)  # the gate knows people, and this server does not

            environ = environ_of(request, b"", self._peer(connection), self.own, self.settings.trusted_proxies)
            self.soon(connection.gate_answered, request, decide_body(environ, request.declared))

        self.web.threads.submit(decide)

    def flush(self, connection: Connection, request: Request, parts: list[bytes]) -> None:
        """Let a thread write a part of a body to disk."""

        def write() -> None:
            problem = None
            try:
                request.body.flush(parts)
            except Exception as found:
                problem = found
            self.soon(connection.flushed, request, problem)

        self.disk.submit(write)

    def read_disk(self, transmission: Transmission) -> None:
        """Let a thread read the next part of a response from disk."""

        def read() -> None:
            try:
                piece: bytes | None = transmission.spool.read_disk()
            except Exception:
                piece = None
            self.soon(transmission.disk_read, piece)

        self.disk.submit(read)

    def handle(self, connection: Connection, request: Request) -> bool:
        """Let a thread answer a request. Return False if too many wait already."""
        lane = self.hashing if request.method == "POST" and request.target.startswith(_HASHING) else self.web
        if lane.waiting >= lane.most:
            return False
        lane.waiting += 1
        lane.threads.submit(self._answer, connection, request, lane)
        return True

    def _peer(self, connection: Connection) -> tuple[str, int]:
        return connection.address, connection.port

    def _answer(self, connection: Connection, request: Request, lane: Lane) -> None:
        """Run the application, in a thread."""
        try:
            if connection.closed:
                return request.body.close()
            body = request.body.content()
            environ = environ_of(request, body, self._peer(connection), self.own, self.settings.trusted_proxies)
            Exchange(self, connection).run(environ)
        except Exception:
            log.exception("a request could not be answered: %s %r", request.method, request.target[:200])
            text = b"Something went wrong on our side.\n"
            self.soon(connection.begin_response, 500, [("Content-Type", "text/plain")], text)
        finally:
            if connection.closed:
                request.body.close()
            self.soon(lane.one_less)

    async def serve(self, listeners: list[socket.socket], alive: Callable[[], bool], beat: Callable[[], None]) -> None:
        """Accept and answer until `alive` returns False; then finish what is in progress."""
        for listener in listeners:
            self.loop.add_reader(listener, self._accept, listener)
        while alive():
            beat()
            self.sweep()
            await asyncio.sleep(0.5)
        self.stopping = True
        for listener in listeners:
            self.loop.remove_reader(listener)
            listener.close()
        deadline = time.monotonic() + limits.STOP_SECONDS
        for connection in list(self.connections):
            connection.stop_when_idle()
        while time.monotonic() < deadline and any(
            one.handling or one.response is not None or one.transport.get_write_buffer_size()
            for one in self.connections
        ):
            beat()
            await asyncio.sleep(0.05)
        for connection in list(self.connections):
            connection.transport.abort()
        await asyncio.sleep(0)
        for lane in (self.web, self.hashing):
            lane.threads.shutdown(wait=False, cancel_futures=True)
        self.disk.shutdown(wait=False, cancel_futures=True)

    def _accept(self, listener: socket.socket) -> None:
        """Accept one connection. A process with many connections waits a moment first, so that one with fewer accepts it."""
        self.loop.remove_reader(listener)
        self.loop.call_later(min(0.001, 0.0001 * len(self.connections)), self._accept_one, listener)

    def _accept_one(self, listener: socket.socket) -> None:
        if self.stopping:
            return
        pause = 0.0
        try:
            sock, _ = listener.accept()
            sock.setblocking(False)
            self.loop.create_task(self._take_up(sock))
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            pass  # another process accepted it first
        except OSError:  # no file descriptor is left
            log.exception("a connection was not accepted")
            pause = 0.1
        self.loop.call_later(pause, self._listen, listener)

    def _listen(self, listener: socket.socket) -> None:
        if not self.stopping:
            self.loop.add_reader(listener, self._accept, listener)

    async def _take_up(self, sock: socket.socket) -> None:
        try:
            await self.loop.connect_accepted_socket(lambda: Connection(self), sock)
        except OSError:
            sock.close()
