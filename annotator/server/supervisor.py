"""The processes of one machine: started together, restarted when they die, stopped together."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from annotator.server import postgres
from annotator.server.home import ROOT, home

GRACE_SECONDS = 15
LOOK_SECONDS, SILENT_SECONDS = 10, 60
# The C library's allocator gives each thread its own area, up to eight a core, and returns little of it. With two areas, a
# web process stays small on a machine of many cores. A value that the operator set is kept.
MEMORY = {"MALLOC_ARENA_MAX": "2"}


class Problem(Exception):
    """The installation cannot start. The message is one line for the person at the terminal."""


@dataclass
class Child:
    """A process that should run."""

    name: str
    command: list[str]
    queue: str = ""  # that it takes jobs from, if it is a worker
    process: "subprocess.Popen[bytes] | None" = None
    started: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start it in its own session, so that Ctrl-C reaches only the supervisor, which stops the processes in order."""
        log = home() / "logs" / f"{self.name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as file:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=MEMORY | os.environ,
                stdout=file,
                stderr=file,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self.started.append(time.monotonic())

    def revive(self) -> None:
        """Restart it if it has died, at most once a second."""
        if self.process and self.process.poll() is not None and time.monotonic() - self.started[-1] > 1:
            print(
                f"marginalia: {self.name} ended with {self.process.returncode} and is started again "
                f"(log: {home() / 'logs' / self.name}.log)",
                file=sys.stderr,
                flush=True,
            )
            self.kill_rest()
            self.start()

    def ask_to_stop(self) -> None:
        """Send it SIGTERM."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def wait(self, deadline: float) -> None:
        """Wait until it ends, and kill what is left of its session."""
        if self.process:
            try:
                self.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                pass
            self.kill_rest()
            self.process.wait()

    def kill_rest(self) -> None:
        """Kill every process of its session; otherwise the children of a killed parent would live on."""
        if self.process:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def check_port(host: str, port: int) -> None:
    """Raise Problem if the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise Problem(
                f"port {port} is in use; stop what uses it, or choose another: make run PORT={port + 1}"
            ) from None


def web(host: str, port: int) -> Child:
    """Return the web server: gunicorn with two of our own worker processes (`annotator.server.worker`)."""
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    what = f"-m gunicorn annotator.wsgi:application --bind {address} --workers 2 --preload --log-level warning"
    more = "--worker-class annotator.server.worker.WebWorker --timeout 60 --graceful-timeout 12 --backlog 2048"
    return Child("web", [sys.executable, *what.split(), *more.split()])


def worker(queue: str, *more: str, threads: int = 0, number: int = 1) -> Child:
    """Return a Celery worker for one queue: one process that does one job at a time, or small work in some threads.

    There is no pool of processes. With a broker in the database they all read from one pipe under one lock: if the process
    that waits there is killed, the lock stays taken, and no job of that worker is ever begun again.

    Args:
        queue: whose messages it takes.
        more: further options.
        threads: in how many threads it works; 0 for its only one.
        number: distinguishes workers of the same queue.
    """
    name = f"{queue}{number}"
    pool = f"-P threads -c {threads}" if threads else "-P solo"
    what = f"-m celery -A annotator.celery worker -Q {queue} -n {name}@%h {pool} -l WARNING"
    lean = "--without-mingle --without-gossip --without-heartbeat"
    return Child(f"worker-{name}", [sys.executable, *what.split(), *lean.split(), *more], queue)


def supervise(children: list[Child], stop: "Stop", silent: Callable[[str], bool] | None = None) -> None:
    """Keep the processes and the embedded database running until someone asks to stop.

    Args:
        children: the processes.
        stop: says when.
        silent: says whether the workers of a queue take nothing any more. They are then started again.
    """
    looked, silent_before = time.monotonic(), set[str]()
    while not stop.asked:
        if postgres.embedded() and not postgres.running_pid():
            print("marginalia: the database ended and is started again", file=sys.stderr, flush=True)
            try:
                postgres.start()
            except postgres.DatabaseProblem as problem:
                print(f"marginalia: {problem}", file=sys.stderr, flush=True)
        for child in children:
            child.revive()
        if silent and time.monotonic() - looked > LOOK_SECONDS:
            looked = time.monotonic()
            silent_before = _restart_silent(children, silent, silent_before)
        time.sleep(0.3)


def _restart_silent(children: list[Child], silent: Callable[[str], bool], before: set[str]) -> set[str]:
    """Restart the workers of each queue whose messages nobody takes, unless they have just started.

    `before` are the queues that were silent at the look before; it takes two. Return those that are silent now.
    """
    found = set()
    for queue in sorted({child.queue for child in children if child.queue}):
        workers = [child for child in children if child.queue == queue]
        if any(time.monotonic() - child.started[-1] < SILENT_SECONDS for child in workers) or not silent(queue):
            continue
        if queue not in before:
            found.add(queue)
            continue
        print(f"marginalia: nothing is taken from the queue {queue}; its workers restart", file=sys.stderr, flush=True)
        for child in workers:
            child.kill_rest()
    return found


def stop_all(children: list[Child]) -> None:
    """Stop the processes, then the database."""
    deadline = time.monotonic() + GRACE_SECONDS
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.wait(deadline)
    if postgres.embedded():
        postgres.stop()


class Stop:
    """Remembers that SIGINT or SIGTERM came."""

    def __init__(self) -> None:
        self.asked = False
        signal.signal(signal.SIGINT, self._ask)
        signal.signal(signal.SIGTERM, self._ask)

    def _ask(self, *args: object) -> None:
        self.asked = True
