"""A load for a stand: slow connections, hostile files, killed trainings and abandoned tasks; and the memory that it takes."""

import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import psutil

from benchmarks.queue import Client
from benchmarks.trust import STATES, slow_connections
from tests import hostile, make
from tests.line import Line
from tests.stand import Stand, command_of, kill, memory_of

MB = 1024**2


class Slow:
    """100 slow connections, all the time: one that the server closes is opened again."""

    def __init__(self, port: int) -> None:
        self.port, self.opened = port, slow_connections(port)
        self.again = 0
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._keep)
        self.thread.start()

    def _keep(self) -> None:
        while not self.stop.wait(1):
            states = {one.laddr: one.status for one in psutil.Process().net_connections("tcp") if one.raddr}
            for place, sock in enumerate(self.opened):
                if states.get(sock.getsockname()) != psutil.CONN_ESTABLISHED:
                    sock.close()
                    # slow_connections goes through the states in turn: the same state comes in the same place.
                    *others, sock = slow_connections(self.port, place % len(STATES) + 1)
                    for other in others:
                        other.close()
                    self.opened[place], self.again = sock, self.again + 1

    def close(self) -> None:
        self.stop.set()
        self.thread.join()
        for sock in self.opened:
            sock.close()


class Memory:
    """The most memory that each part of the stand has taken, sampled while the load goes on."""

    def __init__(self, stand: Stand) -> None:
        self.stand, self.most = stand, dict.fromkeys(("web", "default", "housekeeping"), 0)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._look)
        self.thread.start()

    def _look(self) -> None:
        marks = {"gunicorn": "web", "-Q default": "default", "-Q housekeeping": "housekeeping"}
        while not self.stop.wait(1):
            for process in self.stand.processes():
                command = command_of(process)
                for mark, part in marks.items():
                    if mark in command:
                        self.most[part] = max(self.most[part], memory_of(process))

    def close(self) -> None:
        self.stop.set()
        self.thread.join()


def send_file(stand: Stand, base: str, token: str, field: str, name: str, content: bytes) -> tuple[int, Any]:
    edge = uuid.uuid4().hex
    head = f'--{edge}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'.encode()
    headers = {"Authorization": f"Token {token}", "Content-Type": f"multipart/form-data; boundary={edge}"}
    return stand.send(f"{base}items/", head + content + f"\r\n--{edge}--\r\n".encode(), headers)


def gpu_workers(stand: Stand) -> list[psutil.Process]:
    """Return the processes of the worker for trainings."""
    return [one for one in stand.processes() if "-Q gpu" in command_of(one)]


def kill_training(stand: Stand) -> float:
    """Kill the worker amid a training; return after how many seconds the job was claimed again."""
    amid = "SELECT id FROM annotator_job WHERE kind = 'train' AND state = 'running' AND attempts = 1 AND done > 0"
    taken = "SELECT state, attempts FROM annotator_job WHERE id = %s"
    for _ in range(10):
        [(job,)] = stand.wait_until(lambda: stand.rows(amid)[:1], 120, "no training runs")
        assert kill(gpu_workers(stand)) >= 1
        killed = time.monotonic()
        if stand.rows(taken, job) == [("running", 1)]:  # it had not ended just before
            stand.wait_until(
                lambda found=job: stand.rows(taken, found)[0][1] >= 2, 120, "the training was not picked up again"
            )
            return time.monotonic() - killed
    raise AssertionError("each training ended before it was killed")


def into(found: dict[str, Any], name: str, function: Callable[[], Any]) -> Callable[[], None]:
    """Return a call of a function that keeps what it returns or raises."""

    def run() -> None:
        try:
            found[name] = function()
        except BaseException as problem:
            found[name] = problem

    return run


def one_task(line: Line, people: list[tuple[str, str]]) -> tuple[str, str, list[str]]:
    """Make a question with a single task for a single person; return where it is asked for, and by whom."""
    base = f"/api/v1/projects/{line.post('/api/v1/projects/', name='One')['id']}/"
    line.post(f"{base}budget/", amount="10")
    ask = {"text": "?", "kind": "choice", "config": {"choices": ["yes", "no"]}, "overlap": 1, "test_overlap": 1}
    question = line.post(f"{base}questions/", **ask)["id"]
    for name, _ in people:
        line.post(f"{base}members/", username=name, role="annotator")
    status, said = send_file(line.stand, base, line.token, "files", "a.png", make.png(1))
    assert status == 201, said
    return base, f"{base}questions/{question}/tasks/next/", [token for _, token in people]


def leave(stand: Stand, base: str, path: str, tokens: list[str]) -> float:
    """Let one person take the task and leave; wait until it is freed though nobody asks; let another answer it."""
    first, second = (Client(stand, token) for token in tokens)
    status, said, _, _ = first.post(path, {"count": 1})
    assert status == 200 and len(said["tasks"]) == 1, said
    status, none, _, _ = second.post(path, {"count": 1})
    assert status == 200 and none["tasks"] == []
    project = int(base.split("/")[4])
    states = (
        "SELECT a.state FROM annotator_assignment a JOIN annotator_task t ON t.id = a.task_id "
        "JOIN annotator_question q ON q.id = t.question_id WHERE q.project_id = %s"
    )
    began = time.monotonic()
    stand.wait_until(lambda: stand.rows(states, project) == [("expired",)], 70, "the lease was not freed")
    freed = time.monotonic() - began
    second = Client(stand, tokens[1])  # a connection of its own is not kept open that long
    status, said, _, _ = second.post(path, {"count": 1})
    assert status == 200 and len(said["tasks"]) == 1, said
    body = {"id": str(uuid.uuid4()), "value": "yes", "next": 0}
    status, said, _, _ = second.post(f"{base}tasks/{said['tasks'][0]['task']}/answer/", body)
    assert status == 201, said
    return freed


def hostile_archives() -> list[bytes]:
    sounds = hostile.archive((f"{n}.wav", hostile.sound(49 * MB, n)) for n in range(20))
    assert len(sounds) < 1.2 * MB
    return [sounds, hostile.archive({"a.pdf": hostile.endless_pdf(), "b.png": make.png(99_999, (64, 64))})]


def archives(stand: Stand, line: Line, contents: list[bytes]) -> list[tuple[Any, ...]]:
    """Bring the archives in; return the results of their imports."""
    for content in contents:
        status, said = send_file(stand, line.base, line.token, "archive", "a.zip", content)
        assert status in (201, 202), said
    imports = "SELECT state, result FROM annotator_job WHERE kind = 'import' ORDER BY created_at"
    stand.wait_until(
        lambda: {state for state, _ in stand.rows(imports)} <= {"done", "failed"}, 240, "the imports did not end"
    )
    return stand.rows(imports)[1:]
