"""Incoming requests: parsed piece by piece, and refused during parsing when they exceed a limit."""

import time
from collections import deque
from typing import TYPE_CHECKING, Any

import httptools

from annotator.server import limits
from annotator.server.spool import BodySpool

if TYPE_CHECKING:
    from annotator.server.spool import Pool


class Unacceptable(Exception):
    """A request is refused during parsing, with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Request:
    """An incoming request."""

    def __init__(self, pool: "Pool") -> None:
        self.target = b""
        self.method = ""
        self.version = "1.1"
        self.keep_alive = False
        self.headers: list[tuple[bytes, bytes]] = []
        self.head_size = 0
        self.declared: int | None = 0  # None for a chunked body
        self.expects_continue = False
        self.head_done = self.complete = False
        self.raw_body = 0  # bytes on the wire, chunk framing included
        self.body = BodySpool(pool)
        self.limit: int | None = None  # None until the gate has been asked
        self.began = time.monotonic()


class RequestParser:
    """Parse the bytes of one connection into requests. A request joins `requests` when its head is complete."""

    def __init__(self, pool: "Pool", requests: deque[Request]) -> None:
        self.pool, self.requests = pool, requests
        self.reading: Request | None = None  # the request being received
        self.turned = 0.0  # when a request last began or ended
        self._parser: Any = httptools.HttpRequestParser(self)
        self._buffered = 0  # bytes of an incomplete head

    def feed(self, data: bytes) -> bool:
        """Parse received bytes; return whether the client asked for another protocol. Raises Unacceptable."""
        upgrade = False
        request = self.reading
        if request is not None and request.head_done:
            request.raw_body += len(data)
        else:
            self._buffered += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            upgrade = True
        except (httptools.HttpParserError, httptools.HttpParserCallbackError) as error:
            cause = error.__context__
            raise Unacceptable(cause.status if isinstance(cause, Unacceptable) else 400) from None
        request = self.reading
        if request is not None and not request.head_done and self._buffered > 2 * limits.HEAD_BYTES:
            raise Unacceptable(431)
        return upgrade

    # --- called by httptools

    def on_message_begin(self) -> None:
        """Begin a request."""
        if len(self.requests) >= limits.PIPELINED:
            raise Unacceptable(503)
        self.reading = Request(self.pool)
        self.turned = self.reading.began

    def on_url(self, url: bytes) -> None:
        """Add the target, or a part of it."""
        request = self._now()
        request.target += url
        self._head(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Add a header. Trailers, which follow a chunked body, are dropped."""
        request = self._now()
        if request.head_done:
            return
        request.headers.append((name.lower(), value))
        self._head(len(name) + len(value) + 4)

    def _head(self, count: int) -> None:
        request = self._now()
        request.head_size += count
        if request.head_size > limits.HEAD_BYTES or len(request.headers) > limits.HEADER_COUNT:
            raise Unacceptable(431)

    def on_headers_complete(self) -> None:
        """Check the headers and note how the body will be sent."""
        request = self._now()
        request.method = self._parser.get_method().decode("ascii")
        request.version = self._parser.get_http_version()
        request.keep_alive = self._parser.should_keep_alive()
        request.head_done = True
        self._buffered = 0
        hosts = 0
        for name, value in request.headers:
            if name == b"content-length":
                request.declared = int(value)
            elif name == b"transfer-encoding":
                if value.strip().lower() != b"chunked":
                    raise Unacceptable(501)
                request.declared = None
            elif name == b"expect":
                request.expects_continue = value.strip().lower() == b"100-continue"
            elif name == b"host":
                hosts += 1
        if hosts > 1 or request.method == "CONNECT" or (not hosts and request.version == "1.1"):
            raise Unacceptable(400)
        self.requests.append(request)

    def on_body(self, data: bytes) -> None:
        """Add a part of the body."""
        request = self._now()
        request.body.add(data)
        if request.limit is not None and request.body.size > request.limit:
            raise Unacceptable(413)

    def on_message_complete(self) -> None:
        """Mark the request as complete."""
        self._now().complete = True
        self.reading = None
        self.turned = time.monotonic()

    def _now(self) -> Request:
        assert self.reading is not None
        return self.reading
