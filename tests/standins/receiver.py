"""A stand-in for a system that is told things by webhook: keeps what it hears, and answers as it is told to."""

import contextlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Receiver:
    """What was heard, as headers and body; `statuses` are answered in turn, then 200."""

    address: str = "127.0.0.1"
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    location: str = ""
    slow: float = 0.0  # seconds between the bytes of a head that never ends
    pause: float = 0.0  # seconds before it answers
    moments: list[float] = field(default_factory=list)  # when each was heard, by the clock
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://{self.address}:{self.port}/hook?x=1"


@contextmanager
def receiver(address: str = "127.0.0.1") -> Iterator[Receiver]:
    found = Receiver(address)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.moments.append(time.time())
            found.heard.append((dict(self.headers), body))
            status = found.statuses.pop(0) if found.statuses else 200
            time.sleep(found.pause)
            if found.slow:
                for byte in b"HTTP/1.1 200 OK\r\n" + b"X" * 1000:
                    try:
                        self.wfile.write(bytes([byte]))
                    except OSError:
                        return
                    time.sleep(found.slow)
            self.send_response(status)
            if found.location:
                self.send_header("Location", found.location)
            self.end_headers()
            with contextlib.suppress(OSError):  # who asked has given up
                self.wfile.write(b"thanks")

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer((address, 0), Handler)
    server.daemon_threads = True
    found.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
