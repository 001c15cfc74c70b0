"""A history: many people at work on one question, and a judgement from the log of what each was told."""

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.stand import Stand
from tests.tabs import Client, Told

OVERLAP = 3


@contextmanager
def many_at_once(folder: Path, boss: str, people: int) -> Iterator[Stand]:
    """Start a stand whose leases end soon, with a manager (`boss`, a token) and some people (`people`, names and tokens)."""
    made = Stand(folder, "--no-sample", MARGINALIA_TASK_LEASE_SECONDS="2", MARGINALIA_JOB_LEASE_SECONDS="4").start()
    try:
        made.boss = made.token(boss, made.password(boss, "--create", "--may-begin-projects"))  # type: ignore[attr-defined]
        made.people = made.people(people)  # type: ignore[assignment, method-assign]
        yield made
    finally:
        made.stop()


class History:
    """A project, 12 people in 16 tabs, and what they were told."""

    def __init__(self, stand: Stand, boss: str, people: list[tuple[str, str]], seed: int, tasks: int) -> None:
        self.stand, self.boss, self.people, self.seed, self.tasks = stand, boss, people, seed, tasks
        self.project = stand.post("/api/v1/projects/", {"name": f"history {seed}"}, boss)[1]["id"]
        self.base = f"/api/v1/projects/{self.project}/"
        assert stand.post(f"{self.base}budget/", {"amount": "100"}, boss)[0] == 201
        ask = {
            "text": "?",
            "kind": "choice",
            "config": {"choices": ["yes", "no"]},
            "overlap": OVERLAP,
            "test_overlap": OVERLAP,
        }
        self.question_id = stand.post(f"{self.base}questions/", ask, boss)[1]["id"]
        self.question = f"{self.base}questions/{self.question_id}/"
        for name, _ in people:
            assert stand.post(f"{self.base}members/", {"username": name, "role": "annotator"}, boss)[0] == 201
        stand.manage("shell", "-v", "0", "-c", _FILL.format(project=self.project, tasks=tasks))
        gold = [
            item for (item,) in stand.rows("SELECT id FROM annotator_item WHERE project_id = %s LIMIT 6", self.project)
        ]
        for item in gold:
            assert stand.post(f"{self.question}gold/", {"item": item, "value": "yes"}, boss)[0] == 201
        # Everyone errs: nobody is to be paused by it here.
        assert (
            stand._ask("PATCH", self.question, json.dumps({"gold_rate": 0.1, "gold_bar": 0.0}).encode(), boss)[0] == 200
        )
        self.log: list[Told] = []
        self.end, self.settled = threading.Event(), threading.Event()

    def manage(self, seconds: float) -> None:
        """Do what a manager may do in mid-work: pause people, let them go on, pause the batch, change the order."""
        luck, end = random.Random(self.seed), time.monotonic() + seconds
        ask = self.stand._ask

        def say(method: str, path: str, **body: Any) -> None:
            status, said = ask(method, f"{self.question}{path}", json.dumps(body).encode(), self.boss)
            assert status == 200, (path, status, said)

        while time.monotonic() < end:
            name = luck.choice(self.people)[0]
            say("PATCH", f"statuses/{name}/", paused=True)
            time.sleep(luck.random() * 0.2)
            say("PATCH", f"statuses/{name}/", paused=False)
            say("POST", "priorities/", rule=luck.choice(["newest_first", "equal"]))
            if luck.random() < 0.3:
                say("PATCH", "batches/1/", state="paused")
                say("PATCH", "batches/1/", state="open")

    def run(self, seconds: float, meanwhile: Any = None) -> None:
        """Let everyone work until all is done, and `meanwhile` happen."""
        tabs = [*self.people, *self.people[:4]]  # four people have two tabs
        clients = [
            Client(
                self.stand,
                self.base,
                self.question,
                name,
                token,
                self.seed * 1000 + number,
                self.log,
                self.end,
                self.settled,
            )
            for number, (name, token) in enumerate(tabs)
        ]
        threads = [threading.Thread(target=client.run) for client in clients]
        for thread in threads:
            thread.start()
        try:
            if meanwhile:
                meanwhile()
            self.settled.set()
            deadline = time.monotonic() + seconds
            for thread in threads:
                thread.join(max(0.1, deadline - time.monotonic()))
        finally:
            self.end.set()
            for thread in threads:
                thread.join(30)

    def judge(self) -> dict[str, int]:
        """Hold the database against the log. Returns what happened how often."""
        names = self._tasks_by_public_id()
        stored = {
            str(key): (person, task, value, json.loads(purpose))
            for key, person, task, value, purpose in self.stand.rows(
                "SELECT a.id, u.username, a.task_id, a.value, to_json(t.purpose)::text FROM annotator_answer a "
                "JOIN annotator_user u ON u.id = a.worker_id JOIN annotator_task t ON t.id = a.task_id WHERE t.question_id = %s",
                self.question_id,
            )
        }
        acknowledged: dict[str, tuple[str, int, str]] = {}
        first_told: dict[str, int] = Counter()
        for told in self.log:
            if told.path.endswith("/answer/") and told.status in (200, 201):
                key, task = told.said["id"], names[told.path.split("/")[-3]]
                entry = (told.person, task, told.body["value"])
                assert key == told.body["id"] and acknowledged.setdefault(key, entry) == entry
                first_told[key] += told.status == 201
        assert all(stored[key][:3] == entry for key, entry in acknowledged.items()), (
            "an acknowledged answer is not there"
        )
        assert set(stored) == set(acknowledged), "an answer nobody was told of"
        charges = dict(
            self.stand.rows(
                "SELECT split_part(idempotency_key, ':', 2), sum(amount)::text FROM workers_entry "
                "WHERE project_id = %s AND kind = 'answer' GROUP BY 1",
                self.project,
            )
        )
        assert charges == dict.fromkeys(stored, "0.020000"), "a charge without its answer, or not paid once and right"
        self._the_books_stand()
        assert max(Counter((person, task) for person, task, *_ in stored.values()).values()) == 1
        aside = set(
            self.stand.rows(
                "SELECT u.username, a.task_id FROM annotator_assignment a JOIN annotator_user u ON u.id = a.worker_id "
                "JOIN annotator_task t ON t.id = a.task_id WHERE t.question_id = %s AND a.state = 'excluded'",
                self.question_id,
            )
        )
        work = Counter(
            task for person, task, _, purpose in stored.values() if purpose == "work" and (person, task) not in aside
        )
        assert max(work.values()) <= OVERLAP, "overlap exceeded"
        states = self.stand.rows(
            "SELECT t.id, t.overlap, t.answer_count, t.open_slots + t.unfunded, count(a.id) FILTER (WHERE a.state = 'held') "
            "FROM annotator_task t LEFT JOIN annotator_assignment a ON a.task_id = t.id "
            "WHERE t.question_id = %s AND t.purpose = 'work' GROUP BY t.id",
            self.question_id,
        )
        for task, overlap, count, places, held in states:
            assert count == work[task] and places == overlap - count - held, (task, overlap, count, places, held)
        self._nobody_is_given_what_they_answered(names)
        self._nobody_is_told_201_twice(first_told)
        return {
            "answers": len(stored),
            "aside": len(aside),
            "done": sum(count == overlap for _, overlap, count, _, _ in states),
            "tasks": len(states),
            "refused": sum(told.status == 409 for told in self.log),
            "unsaid": sum(told.status == 0 or told.status >= 500 for told in self.log),
            "late": sum(told.said.get("code") == "lease_expired" for told in self.log),
        }

    def _the_books_stand(self) -> None:
        wrong = self.stand.rows(
            "SELECT a.name, a.balance, coalesce(sum(e.sum), 0) FROM workers_account a LEFT JOIN ("
            "  SELECT source_id AS account, -amount AS sum FROM workers_entry "
            "  UNION ALL SELECT target_id, amount FROM workers_entry) e ON e.account = a.id "
            "WHERE a.project_id = %s GROUP BY a.id HAVING a.balance <> coalesce(sum(e.sum), 0) "
            "  OR a.balance < 0 AND a.name <> 'funding'",
            self.project,
        )
        assert not wrong, f"balances that are not what was booked, or under their floor: {wrong}"
        short = self.stand.rows(
            "SELECT b.id FROM annotator_batch b JOIN workers_account a ON a.batch_id = b.id "
            "WHERE b.question_id = %s AND b.state IN ('open', 'paused') AND a.balance < a.slot_price * ("
            "  (SELECT coalesce(sum(open_slots), 0) FROM annotator_task WHERE batch_id = b.id) + (SELECT count(*) "
            "   FROM annotator_assignment s JOIN annotator_task t ON t.id = s.task_id "
            "   WHERE t.batch_id = b.id AND s.state = 'held'))",
            self.question_id,
        )
        assert not short, "an open batch is not covered"

    def _tasks_by_public_id(self) -> dict[str, int]:
        """Return the task behind each id that a person was told."""
        return dict(self.stand.rows("SELECT public_id::text, task_id FROM annotator_assignment"))

    def _nobody_is_given_what_they_answered(self, names: dict[str, int]) -> None:
        since: dict[tuple[str, int], float] = {}
        for told in self.log:
            if told.path.endswith("/answer/") and told.status in (200, 201):
                key = (told.person, names[told.path.split("/")[-3]])
                since[key] = min(told.told_at, since.get(key, told.told_at))
        for told in self.log:
            for task in told.said.get("tasks", []):
                answered = since.get((told.person, names[task["task"]]))
                assert answered is None or told.sent_at < answered, "a task was handed out that was answered before"

    def _nobody_is_told_201_twice(self, first_told: dict[str, int]) -> None:
        assert all(count <= 1 for count in first_told.values())


_FILL = """
from annotator.models import Item, Project
from annotator import queue
project = Project.objects.get(pk={project})
Item.objects.bulk_create(
    Item(project=project, name=str(n), sha256=f'{{n:064x}}', mime_type='image/png', size=1, width=1, height=1, split='train')
    for n in range({tasks}))
queue.create_all_tasks(project)
"""
