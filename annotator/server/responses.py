"""The heads of responses: the headers, how the body's length is given, and whether the connection closes."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from annotator.server.requests import Request

NO_BODY = frozenset({204, 304})
Headers = list[tuple[str, str]]


class Refusal(Protocol):
    """A response sent before the body is read."""

    status: int
    headers: Headers
    body: bytes


@dataclass(frozen=True)
class Shape:
    """How a response is sent.

    Attributes:
        head: its status line and headers.
        bodiless: whether no body follows, whatever the application gave.
        chunked: whether the body is sent in chunks.
        close: whether the connection closes after it.
    """

    head: bytes
    bodiless: bool
    chunked: bool
    close: bool


def shape_of(request: Request, status: int, headers: Headers, size: int | None, close: bool, date: str) -> Shape:
    """Return how a response is sent.

    Args:
        request: the request that is answered.
        status: the HTTP status.
        headers: the application's headers; those about the connection are left out.
        size: the size of the body in bytes, if known.
        close: whether the connection closes in any case.
        date: the value of the Date header.
    """
    lines, length, named = [], None, set()
    for name, value in headers:
        lower = name.lower()
        named.add(lower)
        if lower in ("connection", "transfer-encoding", "keep-alive"):
            continue
        if lower == "content-length":
            length = value
        lines.append(f"{name}: {value}\r\n")
    bodiless = request.method == "HEAD" or status in NO_BODY or status < 200
    chunked, keep_alive = False, request.keep_alive
    if length is None and not bodiless:
        if size is not None:
            lines.append(f"Content-Length: {size}\r\n")
        elif request.version == "1.1":
            chunked = True
            lines.append("Transfer-Encoding: chunked\r\n")
        else:
            keep_alive = False  # the end of the connection is the end of the body
    close = close or not keep_alive
    if close:
        lines.append("Connection: close\r\n")
    elif request.version == "1.0":
        lines.append("Connection: keep-alive\r\n")
    if "date" not in named:
        lines.append(f"Date: {date}\r\n")
    head = f"HTTP/1.1 {status} {phrase(status)}\r\n{''.join(lines)}\r\n".encode("latin-1")
    return Shape(head, bodiless, chunked, close)


def early(status: int, headers: Headers, body: bytes, date: str) -> bytes:
    """Return a response that is sent before the whole request was read. The connection closes after it."""
    lines = [("Content-Type", "text/plain; charset=utf-8"), *headers]
    if any(name.lower() == "content-type" for name, _ in headers):
        lines = headers
    head = "".join(f"{name}: {value}\r\n" for name, value in lines)
    answer = (
        f"HTTP/1.1 {status} {phrase(status)}\r\n{head}Content-Length: {len(body)}\r\n"
        f"Date: {date}\r\nConnection: close\r\n\r\n"
    )
    return answer.encode("latin-1") + body


def phrase(status: int) -> str:
    """Return the reason phrase of a status."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
