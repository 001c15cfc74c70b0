"""The queue over HTTP, on what `make run` starts: next, submit, people as fast as they can, and many who think.

Times are the server's own (its Server-Timing header) for single requests, and what the client waits under load.
"""

import http.client
import json
import statistics
import tempfile
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.figure import figure
from tests.stand import Stand

ROUNDS = 300
SIZES = {"1k": (1_000, False), "50k": (50_000, False), "1m": (1_000_000, True)}  # tasks, half of them done
CLOSED_SECONDS, THINK_SECONDS = 15.0, 20.0
FILL = """
WITH made AS (
    INSERT INTO annotator_item (project_id, name, sha256, modality, mime_type, size, width, height, length, excerpt, source,
                                original_sha256, changes, fields, path, split, created_at)
    SELECT %(project)s, 'item ' || n, encode(sha256(n::text::bytea), 'hex'), 'picture', 'image/png', 1, 1, 1, 0, '',
           '', '', '[]', '{}', '', 'train', now()
    FROM generate_series(1, %(tasks)s) n RETURNING id
)
INSERT INTO annotator_task (question_id, batch_id, purpose, item_id, overlap, open_slots, answer_count, priority,
                            shuffle_key, sort_key, skips, created_at)
SELECT %(question)s, (SELECT id FROM annotator_batch WHERE question_id = %(question)s), 'work', id, 3,
       CASE WHEN %(half)s AND id %% 2 = 0 THEN 0 ELSE 3 END, CASE WHEN %(half)s AND id %% 2 = 0 THEN 3 ELSE 0 END,
       0, place, place, 0, now() FROM (SELECT id, (random() * 2147483646)::int AS place FROM made) m ORDER BY place
"""


class Client:
    """One person's keep-alive connection."""

    def __init__(self, stand: Stand, token: str, patience: float = 60) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", stand.port, timeout=patience)
        self.headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}

    def post(self, path: str, body: Any) -> tuple[int, dict[str, Any], float, float]:
        """Return status, answer, the server's milliseconds and the client's."""
        began = time.perf_counter()
        self.connection.request("POST", path, json.dumps(body), self.headers)
        response = self.connection.getresponse()
        said = json.loads(response.read())
        waited = (time.perf_counter() - began) * 1000
        return response.status, said, float(response.headers["Server-Timing"].split("dur=")[1]), waited


class Queue:
    """A project with many tasks and some people."""

    def __init__(self, stand: Stand, boss: str, tasks: int, half: bool, people: list[tuple[str, str]]) -> None:
        self.stand, self.people = stand, people
        project = stand.post("/api/v1/projects/", {"name": f"{tasks} tasks"}, boss)[1]["id"]
        self.base = f"/api/v1/projects/{project}/"
        ask = {"text": "?", "kind": "choice", "config": {"choices": ["yes", "no"]}, "overlap": 3, "test_overlap": 3}
        question = stand.post(f"{self.base}questions/", ask, boss)[1]["id"]
        for name, _ in people:
            stand.post(f"{self.base}members/", {"username": name, "role": "annotator"}, boss)
        self.next = f"{self.base}questions/{question}/tasks/next/"
        stand.post(f"{self.base}budget/", {"amount": "100000"}, boss)
        fill(stand, FILL, {"project": project, "question": question, "tasks": tasks, "half": half})
        # Rows written past the queue are held for by the sweep, as `everything` is when it comes in.
        stand.manage("shell", "-v", "0", "-c", "from workers.budget import reservations; reservations.sweep()")

    def client(self, number: int) -> Client:
        """Return the connection of one person."""
        return Client(self.stand, self.people[number][1])

    def answer(self, client: Client, task: int, ahead: int = 0) -> tuple[int, dict[str, Any], float, float]:
        """Answer a task, and ask for the next with it where `ahead` says so, as the desk does."""
        body = {"id": str(uuid.uuid4()), "value": "yes", "next": ahead}
        return client.post(f"{self.base}tasks/{task}/answer/", body)


def fill(stand: Stand, sql: str, values: dict[str, Any]) -> None:
    """Write into the stand's database, and let it know its new sizes."""
    password = (stand.home / "secrets" / "database_password").read_text().strip()
    address = {"host": stand._sockets(), "dbname": "marginalia", "user": "marginalia", "password": password}
    with psycopg.connect(**address, autocommit=True) as connection:
        connection.execute(sql, values)
        connection.execute("VACUUM ANALYZE annotator_task")
        connection.execute("VACUUM ANALYZE annotator_item")


def run() -> None:
    """Print the figures of the queue."""
    with tempfile.TemporaryDirectory(prefix="marginalia-bench-") as folder:
        stand = Stand(Path(folder) / "home", "--no-sample").start()
        try:
            boss = stand.token("boss", stand.password("boss", "--create", "--may-begin-projects"))
            people = stand.people(64)
            by_size = single({name: Queue(stand, boss, *size, people) for name, size in SIZES.items()})
            for name in ("1k", "50k"):
                figure(f"queue.next_p50_ms_{name}", by_size[name][0], "ms", "Label Studio 1.23.2: 76 / 108 ms")
            figure("queue.next_growth_1m_over_1k", by_size["1m"][0] / by_size["1k"][0], "ratio", "<= 1.3")
            figure("queue.submit_p50_ms", by_size["50k"][1], "ms", "Label Studio 84 ms")
            closed_loop(Queue(stand, boss, 50_000, False, people))
            thinking(Queue(stand, boss, 50_000, False, people))
            web = [one for one in stand.processes() if "gunicorn" in " ".join(one.cmdline())]
            figure(
                "queue.web_rss_mb", sum(one.memory_full_info().pss for one in web) / 1e6, "MB", "Label Studio 450 MB"
            )
        finally:
            stand.stop()


def single(queues: dict[str, Queue]) -> dict[str, tuple[float, float]]:
    """Return the medians of next and submit for one person alone, by size: asked in turn, so that a ratio shares its noise."""
    took: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in queues}
    clients = {name: queue.client(0) for name, queue in queues.items()}
    for _ in range(ROUNDS):
        for name, queue in queues.items():
            _, said, next_ms, _ = clients[name].post(queue.next, {"count": 1})
            took[name][0].append(next_ms)
            took[name][1].append(queue.answer(clients[name], said["tasks"][0]["task"])[2])
    return {name: (statistics.median(nexts), statistics.median(submits)) for name, (nexts, submits) in took.items()}


def crowd(queue: Queue, people: int, seconds: float, think: float) -> tuple[int, list[float], int, int]:
    """Let people work; return answers acknowledged, waits in ms, errors, and answers the database has too many or too few."""
    waits: list[float] = []
    acknowledged, errors, lock = [], 0, threading.Lock()
    stop = time.monotonic() + seconds

    def work(number: int) -> None:
        nonlocal errors
        client, mine, wrong, given, said = queue.client(number), [], 0, [], {}
        time.sleep(think * number / people)
        while time.monotonic() < stop:
            try:
                if not said.get("tasks"):
                    status, said, _, waited = client.post(queue.next, {"count": 1})
                    mine.append(waited)
                    wrong += status != 200
                status, said, _, waited = queue.answer(client, said["tasks"][0]["task"], 1)
                mine.append(waited)
                wrong += status != 201
                given.append(said.get("id"))
            except (OSError, KeyError, IndexError, http.client.HTTPException):
                wrong += 1
                client, said = queue.client(number), {}
            time.sleep(think)
        with lock:
            waits.extend(mine)
            acknowledged.extend(given)
            errors += wrong

    threads = [threading.Thread(target=work, args=(number,)) for number in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    project = int(queue.base.split("/")[4])
    [(stored, over)] = queue.stand.rows(
        "SELECT count(*), count(*) FILTER (WHERE t.answer_count > t.overlap) FROM annotator_answer a "
        "JOIN annotator_task t ON t.id = a.task_id JOIN annotator_question q ON q.id = t.question_id WHERE q.project_id = %s",
        project,
    )
    return len(acknowledged), waits, errors, abs(stored - len(set(acknowledged))) + over


def closed_loop(queue: Queue) -> None:
    """Eight people answer as fast as they can."""
    answers, waits, errors, doubles = crowd(queue, 8, CLOSED_SECONDS, 0.0)
    figure("queue.closed_loop_8_answers_per_s", answers / CLOSED_SECONDS, "1/s", "Label Studio 6.6")
    figure("queue.closed_loop_8_p95_ms", statistics.quantiles(waits, n=20)[18], "ms", "<= 60")
    figure("queue.closed_loop_8_doubles", doubles + errors, "count", "0")


def thinking(queue: Queue) -> None:
    """64 people think for a second between answers."""
    _, waits, errors, doubles = crowd(queue, 64, THINK_SECONDS, 1.0)
    figure("queue.think_64_p95_ms", statistics.quantiles(waits, n=20)[18], "ms", "<= 100")
    figure("queue.think_64_errors_and_doubles", errors + doubles, "count", "0")
