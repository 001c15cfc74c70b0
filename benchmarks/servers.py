"""The product behind our own web worker and behind other servers, each with and without 100 slow connections.

Waitress and Granian are no part of the product. Install them for this bench alone, in a folder:
`pip install --target FOLDER waitress granian`, then `PYTHONPATH=FOLDER make bench NAME=servers`. A server that is not
installed is left out, and a line on standard error says so.
"""

import copy
import http.client
import importlib.util
import json
import shlex
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from annotator.server import supervisor
from benchmarks.figure import figure
from benchmarks.queue import Client, Queue, crowd
from benchmarks.trust import slow_connections
from tests.stand import ROOT, Stand, free_port

ROUNDS, ASKED, ASK_SECONDS = 2, 300, 12.0
CLOSED_SECONDS, PATIENCE = 6.0, 5.0  # a request that takes longer than this counts as so long
# Two processes of four threads, as `make run` starts. Waitress has one process, so it has all eight threads there.
COMMANDS = {
    "own": supervisor.web("127.0.0.1", 1).command[1:],
    "waitress": shlex.split(
        "-m waitress --listen 127.0.0.1:1 --threads 8 --connection-limit 1000 benchmarks.gated:application"
    ),
    "granian": shlex.split(
        "-m granian --interface wsgi --host 127.0.0.1 --port 1 --workers 2 --blocking-threads 4 --log-level warning "
        "benchmarks.gated:application"
    ),
    "gthread": shlex.split(
        "-m gunicorn benchmarks.gated:application --bind 127.0.0.1:1 --workers 2 --threads 4 --worker-class gthread "
        "--preload --log-level warning --backlog 2048 --timeout 60"
    ),
}
PACKAGES = {"waitress": "waitress", "granian": "granian"}


class Server:
    """One server in front of a stand's database."""

    def __init__(self, name: str, stand: Stand) -> None:
        self.stand = copy.copy(stand)
        self.stand.port = free_port()
        self.stand.url = f"http://127.0.0.1:{self.stand.port}"
        port = str(self.stand.port)
        command = [port if one == "1" else one.replace("127.0.0.1:1", f"127.0.0.1:{port}") for one in COMMANDS[name]]
        log = (stand.home / "logs" / f"bench-{name}.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=stand.environment, stdout=log, stderr=log
        )
        deadline = time.monotonic() + 60
        while True:
            try:
                if self.stand.get("/healthz")[0] == 200:
                    return
            except (OSError, http.client.HTTPException):
                pass
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"benchmarks: {name} did not start; see {log.name}")
            time.sleep(0.2)

    def stop(self) -> None:
        """End it; one that waits for its slow clients is killed."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(8)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Impatient(Queue):
    """A queue whose people give up after a while."""

    def client(self, number: int) -> Client:
        """Return the connection of one person."""
        return Client(self.stand, self.people[number][1], PATIENCE)


def waits(queue: Queue) -> list[float]:
    """Return how long the next task took, in ms, for one person; at most as long as our patience."""
    client, found, end = queue.client(0), [], time.monotonic() + ASK_SECONDS
    while len(found) < ASKED and time.monotonic() < end:
        try:
            status, _, _, waited = client.post(queue.next, {"count": 1})
            assert status == 200, status
            found.append(waited)
        except (OSError, http.client.HTTPException):
            found.append(PATIENCE * 1000)
            client = queue.client(0)
    return found


def refuses(stand: Stand, path: str, token: str = "") -> bool:
    """Say whether a large body is refused after its headers, before any of it is sent."""
    who = f"Authorization: Token {token}\r\n" if token else ""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{who}Content-Type: application/json\r\nContent-Length: 20000000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", stand.port), timeout=3) as sock:
        sock.sendall(head.encode())
        try:
            return sock.recv(100).split(b" ")[1][:1] == b"4"
        except (TimeoutError, IndexError):
            return False


def answers(queue: Queue) -> float:
    """Return how many answers eight people give a second, with no pause."""
    begun = time.monotonic()
    given, _, _, _ = crowd(queue, 8, CLOSED_SECONDS, 0.0)
    return given / max(CLOSED_SECONDS, time.monotonic() - begun)


def measure(name: str, stand: Stand, boss: str, people: list[tuple[str, str]], took: dict[str, list[float]]) -> None:
    """Measure one server once, and add what was found."""
    server = Server(name, stand)
    opened: list[socket.socket] = []
    try:
        queue = Impatient(server.stand, boss, 8_000, False, people)
        for state in ("without", "with_100_slow"):
            if state != "without":
                took["refuses_by_size"] = [float(refuses(server.stand, "/sign-in/"))]
                took["refuses_by_permission"] = [float(refuses(server.stand, f"{queue.base}items/", people[0][1]))]
                opened = slow_connections(server.stand.port)
                time.sleep(1)
            took.setdefault(f"next_{state}", []).extend(waits(queue))
            took.setdefault(f"answers_{state}", []).append(answers(queue))
    finally:
        server.stop()
        for sock in opened:
            sock.close()


def p95(values: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(values, n=20)[18]


def run() -> None:
    """Print the figures of each server that is installed; the references are its ratios to our own worker."""
    installed = [name for name in COMMANDS if name not in PACKAGES or importlib.util.find_spec(PACKAGES[name])]
    for name in COMMANDS:
        if name not in installed:
            print(f"benchmarks: {name} is not installed and is left out", file=sys.stderr)
    found: dict[str, dict[str, list[float]]] = {name: {} for name in installed}
    with tempfile.TemporaryDirectory(prefix="marginalia-bench-") as folder:
        stand = Stand(Path(folder) / "home", "--no-sample").start()
        try:
            boss = stand.token("boss", stand.password("boss", "--create", "--may-begin-projects"))
            people = stand.people(8)
            for turn in range(ROUNDS):
                for name in installed if turn % 2 == 0 else reversed(installed):
                    measure(name, stand, boss, people, found[name])
        finally:
            stand.stop()
    own = found["own"]
    for name, took in found.items():
        without, slow = p95(took["next_without"]), p95(took["next_with_100_slow"])
        figure(f"servers.{name}_next_p95_ms", without, "ms", f"{without / p95(own['next_without']):.2f} × own")
        figure(f"servers.{name}_slow_100_delay_ms", slow - without, "ms", "<= 50")
        for state in ("without", "with_100_slow"):
            rate, ours = (statistics.mean(one[f"answers_{state}"]) for one in (took, own))
            figure(f"servers.{name}_answers_{state}", rate, "1/s", f"{rate / max(ours, 0.01):.2f} × own")
        for what in ("refuses_by_size", "refuses_by_permission"):
            figure(f"servers.{name}_{what}_before_the_body", took[what][0], "bool", json.dumps(True))


if __name__ == "__main__":
    run()
