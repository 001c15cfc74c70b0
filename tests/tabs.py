"""People at work over HTTP with every bad habit, each in a tab, and a log of what each was told."""

import http.client
import json
import random
import threading
import time
import uuid
from dataclasses import dataclass, field, replace
from typing import Any

from tests.stand import Stand


@dataclass
class Told:
    """One request and what was said of it; status 0 where nothing was."""

    person: str
    sent_at: float
    told_at: float
    path: str
    body: dict[str, Any]
    status: int
    said: dict[str, Any]


@dataclass
class Client:
    """One tab of one person. It never gives an answer up: it sends it until something is said of it."""

    stand: Stand
    base: str
    question: str
    person: str
    token: str
    seed: int
    log: list[Told]
    end: threading.Event
    settled: threading.Event  # set once nobody pauses, closes or strikes anything any more
    connection: http.client.HTTPConnection | None = None
    idle: int = 0
    luck: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.luck = random.Random(self.seed)

    def once(self, path: str, body: dict[str, Any]) -> Told:
        """Send a request once and note what came of it."""
        sent = time.monotonic()
        status = 0
        said: Any = {}
        headers = {"Authorization": f"Token {self.token}", "Content-Type": "application/json"}
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.stand.port, timeout=20)
            self.connection.request("POST", path, json.dumps(body), headers)
            response = self.connection.getresponse()
            content = response.read()
            status, said = response.status, json.loads(content) if content[:1] == b"{" else {}
        except (OSError, http.client.HTTPException):
            self.connection = None
        told = Told(self.person, sent, time.monotonic(), path, body, status, said)
        self.log.append(told)
        return told

    def until_said(self, path: str, body: dict[str, Any]) -> Told:
        """Send a request again and again until the server says something."""
        while True:
            told = self.once(path, body)
            if 200 <= told.status < 500 or self.end.is_set():
                return told
            time.sleep(0.05 + 0.1 * self.luck.random())

    def run(self) -> None:
        """Work until there has been nothing to do for a while, since things settled."""
        while not self.end.is_set() and self.idle < 8:
            told = self.until_said(f"{self.question}tasks/next/", {"count": self.luck.choice([1, 1, 2, 3])})
            tasks = told.said.get("tasks", [])
            self.idle = 0 if tasks or not self.settled.is_set() else self.idle + 1
            if not tasks:
                time.sleep(0.25)
            self.luck.shuffle(tasks)
            for task in tasks:
                self.treat(task["task"])

    def treat(self, task: str) -> None:
        """Do something with a task: mostly answer it, somehow."""
        habit = self.luck.random()
        path = f"{self.base}tasks/{task}/"
        time.sleep(self.luck.choice([0, 0, 0.002, 0.02, 0.1]))
        if habit < 0.04:
            self.until_said(f"{path}return/", {})
            return
        if habit < 0.06:
            self.until_said(f"{path}skip/", {"reason": "I cannot tell"})
            return
        if habit < 0.10:
            time.sleep(self.luck.choice([1.2, 2.6]))  # away, perhaps for longer than the lease
        elif habit < 0.14:
            self.until_said(f"{path}renew/", {})
        body: dict[str, Any] = {
            "id": str(uuid.UUID(int=self.luck.getrandbits(128))),
            "value": self.luck.choice(["yes", "no"]),
        }
        if self.luck.random() < 0.3:
            body["next"] = self.luck.choice([1, 3])
        if habit > 0.85:  # a double click that two connections carry
            twin = replace(self, seed=self.seed + 1, connection=None)
            other = dict(body) if habit > 0.92 else body | {"id": str(uuid.UUID(int=self.luck.getrandbits(128)))}
            thread = threading.Thread(target=twin.until_said, args=(f"{path}answer/", other))
            thread.start()
            self.until_said(f"{path}answer/", body)
            thread.join()
        else:
            self.until_said(f"{path}answer/", body)
            if habit > 0.8:
                self.until_said(f"{path}answer/", body)
