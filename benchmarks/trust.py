"""Trust: what hostile or unlucky input costs everybody else. One function a figure; `run` calls each."""

import socket
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks import compare, gold_auc, pdf_kill
from benchmarks.figure import figure
from benchmarks.queue import Client, Queue
from tests.stand import Stand

SLOW, ASKED = 100, 400
STATES = [
    b"",
    b"POST /sign-in/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow:",
    b"POST /sign-in/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 60000\r\n\r\nname=",
    # Unlike the form, which is refused for its missing cookie, this one is read to its end before anything is said.
    b"POST /api/v1/token/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{",
    b"GET /sign-in/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 8,  # answered, and never read
]


def slow_connections(port: int, count: int = SLOW) -> list[socket.socket]:
    """Open connections that never get on: silent, with unfinished headers, with an unfinished body, and unread."""
    opened = []
    for number in range(count):
        sock = socket.create_connection(("127.0.0.1", port))
        if state := STATES[number % len(STATES)]:
            sock.sendall(state)
        opened.append(sock)
    return opened


def slow_100_delay() -> None:
    """Print how much longer the next task takes (p95) with 100 slow connections than with none."""
    with tempfile.TemporaryDirectory(prefix="marginalia-bench-") as folder:
        stand = Stand(Path(folder) / "home", "--no-sample").start()
        try:
            boss = stand.token("boss", stand.password("boss", "--create", "--may-begin-projects"))
            queue = Queue(stand, boss, 1_000, False, stand.people(1))
            client, path = queue.client(0), queue.next
            _waits(client, path, 50)
            without = _waits(client, path, ASKED)
            opened = slow_connections(stand.port)
            time.sleep(1)
            with_them = _waits(client, path, ASKED)
            for sock in opened:
                sock.close()
        finally:
            stand.stop()
    figure("trust.slow_100_delay_ms", _p95(with_them) - _p95(without), "ms", f"p95 without: {_p95(without):.1f} ms")


def _waits(client: Client, path: str, count: int) -> list[float]:
    found = []
    for _ in range(count):
        status, _, _, waited = client.post(path, {"count": 1})
        assert status == 200
        found.append(waited)
    return found


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[18]


def gold() -> None:
    """Print how well a classifier tells gold from regular tasks."""
    with tempfile.TemporaryDirectory(prefix="marginalia-bench-") as folder:
        stand = Stand(Path(folder) / "home", "--no-sample").start()
        try:
            boss = stand.token("boss", stand.password("boss", "--create", "--may-begin-projects"))
            [(name, token)] = stand.people(1)
            gold_auc.measure(stand, boss, name, token)
        finally:
            stand.stop()


def run() -> None:
    """Print the figures of trust."""
    slow_100_delay()
    gold()
    compare.measure()
    pdf_kill.measure()
