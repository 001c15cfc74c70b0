"""A stand: the whole product as `make run` starts it, in a folder of its own, asked over HTTP and watched from its database."""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import psutil
import psycopg

from tests.surroundings import copy_template

ROOT = Path(__file__).resolve().parent.parent
# Waits take so many times what a quick machine needs: other tests run beside, and a wait that succeeds takes no longer for it.
PATIENCE = 4


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def kill(processes: list[psutil.Process]) -> int:
    """Kill processes with SIGKILL; return how many there were. One that has ended meanwhile is no matter."""
    for process in processes:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    return len(processes)


def command_of(process: psutil.Process) -> str:
    """Return a process's command line; empty for one that has ended meanwhile."""
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return ""


def parent_of(process: psutil.Process) -> int:
    """Return the number of a process's parent; 0 for one that has ended meanwhile."""
    try:
        return process.ppid()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return 0


def cpu_of(process: psutil.Process, seconds: float) -> float:
    """Return how much of a core a process takes for some seconds, in percent; 0 for one that has ended meanwhile."""
    try:
        return process.cpu_percent(seconds)
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return 0.0


def memory_of(process: psutil.Process) -> int:
    """Return a process's memory in bytes (RSS); 0 for one that has ended meanwhile."""
    try:
        return process.memory_info().rss
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return 0


def _end_with_parent() -> None:
    """Let the system end a stand whose test run was killed: it would go on for hours, and slow down whatever comes after."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


class Stand:
    """One running installation."""

    def __init__(self, home: Path, *options: str, **environment: str) -> None:
        self.home, self.port = home, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        kept = {
            name: value for name, value in os.environ.items() if name not in ("PGOPTIONS", "DJANGO_SETTINGS_MODULE")
        }
        self.environment = kept | {"MARGINALIA_HOME": str(home)} | environment
        self.output = home.parent / f"{home.name}.log"
        self.options = options
        self.process: subprocess.Popen[bytes] | None = None
        self._passwords: dict[str, str] = {}

    def start(self, timeout: float = 300, fresh: bool = False) -> "Stand":
        """Start it and wait; `fresh` where it is to make its own database, as on a new machine."""
        if not (fresh or self.home.exists() or "DATABASE_URL" in self.environment):
            copy_template(self.home, "postgres", "secrets", "static")
        command = [sys.executable, "manage.py", "up", "--port", str(self.port), *self.options]
        with self.output.open("ab") as file:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=file, stderr=file, preexec_fn=_end_with_parent
            )
        self.wait_until(lambda: f"runs at {self.url}" in self.said(), timeout, "the stand did not start")
        return self

    def stop(self) -> None:
        """Press Ctrl-C and wait. Whatever was done meanwhile, no two transactions may have waited for each other."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60 * PATIENCE)
        log = self.home / "postgres" / "server.log"
        said = log.read_text(errors="replace") if log.exists() else ""
        assert "deadlock detected" not in said, said[said.index("deadlock detected") - 500 :][:4000]

    def abandon(self) -> None:
        """End it at once, where nothing is asked of how it ends: what stops in order takes seconds for it."""
        if self.process:
            self.process.kill()  # first, so that it revives nothing
            self.process.wait()
        while kill(self.processes()):
            time.sleep(0.05)
        self.stop()

    def said(self) -> str:
        return self.output.read_text(errors="replace")

    def wait_until(self, condition: Any, timeout: float, what: str) -> Any:
        """Wait for a condition. `timeout` is what a quick machine needs at most; a loaded one gets four times as long."""
        deadline = time.monotonic() + max(PATIENCE * timeout, 60)
        while time.monotonic() < deadline:
            if result := condition():
                return result
            if self.process and self.process.poll() is not None:
                break
            time.sleep(0.2)
        logs = "".join(
            f"\n== {log.name}\n{log.read_text(errors='replace')[-2000:]}" for log in (self.home / "logs").glob("*.log")
        )
        raise AssertionError(f"{what}\n{self.said()[-3000:]}{logs}")

    def processes(self) -> list[psutil.Process]:
        """Return every process of the stand: ours and the database's, by the folder they work for."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("MARGINALIA_HOME") == str(self.home) or str(self.home) in command_of(process):
                    found.append(process)
            except psutil.Error:
                continue
        return [process for process in found if process.pid != os.getpid()]

    def manage(self, *arguments: str) -> str:
        result = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return result.stdout

    def password(self, name: str, *options: str) -> str:
        """Give a person a password, once: a new one would end what they have open, and takes a process."""
        if name not in self._passwords:
            self._passwords[name] = self.manage("newpassword", name, *options).split()[-1]
        return self._passwords[name]

    def token(self, name: str, password: str) -> str:
        return self.post("/api/v1/token/", {"username": name, "password": password})[1]["token"]

    def people(self, count: int) -> list[tuple[str, str]]:
        """Make people and return their names and tokens."""
        code = (
            "from annotator.models import User; from annotator.people import tokens\n"
            f"for name in ['person%d' % n for n in range({count})]:\n"
            "    print(name, tokens.issue(User.objects.create_user(name), name)[1])"
        )
        lines = self.manage("shell", "-v", "0", "-c", code).splitlines()
        return [(name, token) for name, token in (line.split() for line in lines if line.startswith("person"))]

    def kill(self, what: str) -> int:
        """Kill every process whose command line holds a text, as the machine would; return how many."""
        return kill([process for process in self.processes() if what in command_of(process)])

    def post(self, path: str, body: Any, token: str = "") -> tuple[int, Any]:
        return self._ask("POST", path, json.dumps(body).encode(), token)

    def get(self, path: str, token: str = "") -> tuple[int, Any]:
        return self._ask("GET", path, None, token)

    def _ask(self, method: str, path: str, body: bytes | None, token: str) -> tuple[int, Any]:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Token {token}"} if token else {})
        return self.send(path, body, headers, method)

    def send(self, path: str, body: bytes | None, headers: dict[str, str], method: str = "POST") -> tuple[int, Any]:
        """Send a request as it is, and return status and answer."""
        request = urllib.request.Request(self.url + path, body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30 * PATIENCE) as response:
                status, content = response.status, response.read()
        except urllib.error.HTTPError as error:
            status, content = error.code, error.read()
        try:
            return status, json.loads(content)
        except ValueError:
            return status, content.decode(errors="replace")

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Look into the stand's own database."""
        password = (self.home / "secrets" / "database_password").read_text().strip()
        folder = self._sockets()
        with psycopg.connect(
            host=folder, dbname="marginalia", user="marginalia", password=password, connect_timeout=10
        ) as connection:
            return connection.execute(sql, values).fetchall()

    def _sockets(self) -> str:
        return (self.home / "postgres" / "postmaster.pid").read_text().splitlines()[4]
