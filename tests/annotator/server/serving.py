"""The web server by itself, with a small application in place of Django, and connections to it."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from annotator.server import limits
from annotator.server.worker import Server

BIG = 8 * 1024**2


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    if path == "/echo":
        body = environ["wsgi.input"].read()
        start_response("200 OK", [("Content-Type", "text/plain"), ("X-Length", environ.get("CONTENT_LENGTH", "none"))])
        return [body]
    if path == "/big":
        start_response("200 OK", [])
        return (bytes([number % 256]) * 65536 for number in range(BIG // 65536))
    if path == "/cut":
        start_response("200 OK", [])
        return cut()
    if path == "/wrong":
        raise RuntimeError("wrong")
    if path == "/wait":
        time.sleep(0.7)
    if path == "/sign-in/":
        time.sleep(0.3)
    if path == "/none":
        start_response("204 No Content", [])
        return []
    text = repr({key: environ.get(key) for key in ("QUERY_STRING", "PATH_INFO", "HTTP_X_ONE", "HTTP_X_FORWARDED_FOR")})
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [text.encode()]


def cut() -> Iterator[bytes]:
    yield b"x" * 400_000
    raise RuntimeError("cut")


@contextmanager
def serving(tmp_path: Path, **changed: Any) -> Iterator[Any]:
    """Run the server in a thread of this process."""
    values: dict[str, Any] = {
        "connections": 500,
        "connections_per_address": 400,
        "spool_bytes": 64 * 1024**2,
        "trusted_proxies": 0,
    }
    settings = limits.Settings(**values | {"spool_folder": tmp_path / "spool"} | changed)
    listener = socket.create_server(("127.0.0.1", 0), backlog=500)
    listener.setblocking(False)
    stop = threading.Event()
    made: list[Any] = []
    own = listener.getsockname()

    async def main() -> None:
        server = Server(application, own, settings)
        made.append(server)
        await server.serve([listener], lambda: not stop.is_set(), lambda: None)

    thread = threading.Thread(target=asyncio.run, args=[main()])
    thread.start()
    try:
        while not made:
            time.sleep(0.01)
        server = made[0]
        server.port = own[1]
        server.stop_now = stop.set
        server.thread = thread
        yield server
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()
    assert server.pool.on_disk == 0 and server.pool.in_memory == 0 and not server.connections


def connect(server: Any) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


def everything(sock: socket.socket) -> bytes:
    received = b""
    while data := sock.recv(65536):
        received += data
    return received


def ask(server: Any, data: bytes) -> bytes:
    """Send bytes as they are and return all that comes back until the server closes."""
    with closing(connect(server)) as sock:
        sock.sendall(data)
        return everything(sock)
