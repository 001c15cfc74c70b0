"""The state of a connection: requests come in, bodies pass the gate, responses go out."""

import asyncio
import socket
import time
from collections import deque
from typing import TYPE_CHECKING, cast

from annotator.server import limits
from annotator.server.address import counted_as
from annotator.server.protocol.transmission import Transmission
from annotator.server.requests import Request, RequestParser, Unacceptable
from annotator.server.responses import Headers, Refusal, early, phrase, shape_of
from annotator.server.spool import PIECE, ResponseSpool, SpoolFull

if TYPE_CHECKING:
    from annotator.server.worker import Server


class Connection(asyncio.Protocol):
    """A connection: it receives requests, lets bodies through the gate, and sends responses."""

    def __init__(self, server: "Server") -> None:
        self.server = server
        self.transport: asyncio.Transport = cast(asyncio.Transport, None)
        self.address, self.counted_as, self.port = "", "", 0
        self.requests: deque[Request] = deque()  # the first one is being answered, the others wait
        self.parser = RequestParser(server.pool, self.requests)
        self.handling = False  # a thread has the first request
        self.gating = False  # a thread decides whether a body is accepted
        self.flushing = False
        self.response: Transmission | None = None
        self.write_paused = False
        self.close_after = False
        self.lingering = False
        self.closed = False
        now = time.monotonic()
        self.since = self.last_read = self.last_write = now  # start of this phase; last byte read, last byte written
        self.unsent = 0  # at the last sweep
        self.requests_done = 0

    # --- asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Accept the connection, or refuse it if there are too many and none can be closed for it."""
        self.transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        if isinstance(peer, tuple):
            self.address, self.port = peer[0].removeprefix("::ffff:"), peer[1]
            self.counted_as = counted_as(self.address)
        sock = transport.get_extra_info("socket")
        if sock is not None and sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not self.server.admit(self):
            self.closed = True
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Release everything."""
        self.closed = True
        self.server.forget(self)
        if self.response is not None:
            self.response.close()
        for request in self.requests:
            if not (self.handling and request is self.requests[0]) and not self.flushing:
                request.body.close()
        if self.parser.reading is not None and self.parser.reading not in self.requests and not self.flushing:
            self.parser.reading.body.close()

    def pause_writing(self) -> None:
        """Stop sending for now, because the client is slow."""
        self.write_paused = True

    def resume_writing(self) -> None:
        """Continue sending."""
        self.write_paused = False
        self.last_write = time.monotonic()
        self.more()

    def eof_received(self) -> bool:
        """Keep the sending side open while a response is due."""
        if self.lingering or not self.requests or not self.requests[0].complete:
            return False  # the rest of the request will never come
        self.close_after = True
        return True

    def data_received(self, data: bytes) -> None:
        """Parse received bytes."""
        self.last_read = time.monotonic()
        if self.lingering or self.closed:
            return
        try:
            if self.parser.feed(data):
                self.close_after = True  # no other protocol is supported: answer as HTTP/1.1
        except Unacceptable as problem:
            self._refuse_reading(problem.status)
            return
        finally:
            self.since = max(self.since, self.parser.turned)
        self._body_step()
        self._next()

    # --- the body

    def _body_step(self) -> None:
        """Ask the gate about a large body, write received parts to disk, and continue reading only when both are done."""
        if not self.requests or self.handling or self.response is not None or self.closed or self.lingering:
            return
        request = self.requests[0]
        large = (request.declared or 0) > limits.SMALL_BODY or request.body.size > limits.SMALL_BODY
        if request.limit is None and large:
            if not self.gating:
                self.gating = True
                self.server.ask_gate(self, request)
        elif request.limit is not None and request.raw_body > 2 * request.limit + limits.HEAD_BYTES:
            self._refuse_reading(413)
            return
        elif request.body.to_flush and not self.flushing:
            self.flushing = True
            self.server.flush(self, request, request.body.taken())
        elif request.expects_continue and not request.complete:
            request.expects_continue = False
            if request.body.size == 0:
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._steer_reading()

    def _steer_reading(self) -> None:
        """Continue reading if there is room for what may come; otherwise pause."""
        busy = self.requests and self.requests[0].complete
        if self.closed or self.lingering:
            return
        if busy or self.gating or (self.flushing and self.requests and self.requests[-1].body.pending_size > PIECE):
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    def gate_answered(self, request: Request, answer: "int | Refusal") -> None:
        """Continue reading up to the limit, or refuse the request."""
        self.gating = False
        if self.closed:
            request.body.close()
            return
        if not isinstance(answer, int):
            self._answer_early(answer.status, answer.headers, answer.body)
            return
        request.limit = answer
        if (request.declared or 0) > answer or request.body.size > answer:
            self._refuse_reading(413)
            return
        if request.declared:
            try:
                request.body.reserve(request.declared)
            except (SpoolFull, OSError):
                self._refuse_reading(503)
                return
        self.last_read = request.began = time.monotonic()
        self._body_step()
        self._next()

    def flushed(self, request: Request, problem: Exception | None) -> None:
        """Continue after a write to disk."""
        self.flushing = False
        if self.closed:
            request.body.close()
        elif problem is not None:
            self._refuse_reading(503)
        else:
            self._body_step()
            self._next()

    # --- answering

    def _next(self) -> None:
        """Hand the first request to a thread once it is complete."""
        if self.closed or self.handling or self.lingering or self.response is not None or not self.requests:
            return
        request = self.requests[0]
        if not request.complete or self.gating or self.flushing:
            return
        self.handling = True
        self.transport.pause_reading()
        if not self.server.handle(self, request):
            self.handling = False
            request.keep_alive = False
            self._answer_early(503, [("Retry-After", "2")], b"The server is busy. Please try again.\n")

    def begin_response(self, status: int, headers: Headers, body: "bytes | ResponseSpool") -> None:
        """Send a response's head, and its body or the part of it that is ready."""
        if self.closed:
            if isinstance(body, ResponseSpool):
                body.close()
            return
        request = self.requests[0]
        size = None if isinstance(body, ResponseSpool) else len(body)
        closing = self.close_after or self.server.stopping
        shape = shape_of(request, status, headers, size, closing, self.server.date)
        self.close_after = shape.close
        self.last_write = time.monotonic()
        if isinstance(body, ResponseSpool) and not shape.bodiless:
            self.transport.write(shape.head)
            self.response = Transmission(self, body, shape.chunked)
            self.response.pump()
        else:
            if isinstance(body, ResponseSpool):
                body.close()
                body = b""
            self.transport.write(shape.head if shape.bodiless else shape.head + body)
            self.answered()

    def more(self) -> None:
        """Continue sending: the thread has written more of the response, or the client can take more."""
        if self.response is not None:
            self.response.pump()

    def answered(self) -> None:
        """Continue with the next request, or close."""
        if self.response is not None:
            self.response.close()
            self.response = None
        self.handling = False
        self.requests_done += 1
        request = self.requests.popleft()
        request.body.close()
        self.since = self.last_read = time.monotonic()
        if self.close_after:
            self._linger() if not request.complete else self.transport.close()
            return
        self._body_step()
        self._steer_reading()
        self._next()

    # --- refusing

    def _refuse_reading(self, status: int) -> None:
        """Refuse a request without reading the rest of it, after the requests before it are answered."""
        self.parser.reading = None
        if self.handling or self.response is not None:
            self.close_after = True  # earlier requests are answered, then the connection closes
            self.transport.pause_reading()
            while len(self.requests) > 1:
                self.requests.pop().body.close()
            return
        text = f"{status} {phrase(status)}\n".encode()
        self._answer_early(status, [], text)

    def _answer_early(self, status: int, headers: Headers, body: bytes) -> None:
        """Answer before the whole request was read. Then discard the rest for a while, so that the answer arrives."""
        if self.closed:
            return
        self.transport.write(early(status, headers, body, self.server.date))
        for request in self.requests:
            if not self.flushing:
                request.body.close()
        self.requests.clear()
        self.parser.reading = None
        self._linger()

    def _linger(self) -> None:
        """Discard what still comes: closing at once would reset the connection, and the client would lose the answer."""
        self.lingering = True
        self.since = self.last_read = time.monotonic()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.transport.resume_reading()

    # --- deadlines

    def cut(self) -> None:
        """Close a connection that is overdue, with 408 if a request had begun."""
        if self.parser.reading is not None and not self.handling and self.response is None and not self.lingering:
            self._answer_early(408, [], b"The request took too long.\n")
            self.since = 0.0
        else:
            self.transport.abort()

    def stop_when_idle(self) -> None:
        """Close now if nothing is in progress; otherwise after the current response."""
        self.close_after = True
        if not self.requests and not self.lingering:
            self.transport.close()
