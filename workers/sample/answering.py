"""A simulated person at work: requests tasks and answers them over HTTP, through the same endpoints as the desk."""

import http.client
import json
import random
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from workers.sample.digits import CLASSES
from workers.sample.people import Simulated

TRIES = 8
Decide = Callable[[Simulated, Any, random.Random], Any]


class Desk:
    """One person's connection."""

    def __init__(self, base: str, token: str) -> None:
        self.address, self.token = urlsplit(base), token
        self.connection: http.client.HTTPConnection | None = None

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Post JSON and return status and content.

        If the server cannot be reached, it tries TRIES times in all, then raises.
        """
        for attempt in range(TRIES):
            try:
                return self._post(path, body)
            except (OSError, http.client.HTTPException, json.JSONDecodeError):
                self.close()
                if attempt == TRIES - 1:
                    raise
                time.sleep(0.2 * 2**attempt)
        raise AssertionError("not reached")

    def _post(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.connection is None:
            kind = http.client.HTTPSConnection if self.address.scheme == "https" else http.client.HTTPConnection
            self.connection = kind(self.address.hostname or "localhost", self.address.port, timeout=30)
        self.connection.request(
            "POST", path, json.dumps(body), {"Authorization": f"Token {self.token}", "Content-Type": "application/json"}
        )
        response = self.connection.getresponse()
        content = response.read()
        if response.status >= 500:
            raise OSError(f"the server answered {response.status}")
        return response.status, json.loads(content) if content else {}

    def close(self) -> None:
        """Close the connection."""
        if self.connection:
            self.connection.close()
        self.connection = None


def digit(person: Simulated, truth: str, luck: random.Random) -> str:
    """Return a person's answer: the truth, or at their error rate another digit; a spammer answers any digit."""
    if person.spammer:
        return luck.choice(CLASSES)
    if luck.random() < person.error_rate:
        return luck.choice([digit for digit in CLASSES if digit != truth])
    return truth


def work(
    person: Simulated,
    token: str,
    base: str,
    project: int,
    question: int,
    decide: Decide,
    truth: dict[str, Any],
    stop: threading.Event,
) -> int:
    """Answer tasks until there are none or `stop` is set; return how many were answered. Tasks left over are returned."""
    desk, luck, answered = Desk(base, token), random.Random(f"{person.name}-{time.time_ns()}"), 0  # noqa: S311
    api = f"/api/v1/projects/{project}/"
    try:
        while not stop.is_set():
            _, said = desk.post(f"{api}questions/{question}/tasks/next/", {"count": 3})
            tasks = said.get("tasks", [])
            if not tasks:
                break
            for task in tasks:
                if stop.is_set():
                    desk.post(f"{api}tasks/{task['task']}/return/", {})
                    continue
                sha256 = task["content"].rstrip("/").rsplit("/", 1)[1]
                value = decide(person, truth[sha256], luck)
                answer = {
                    "id": str(uuid.uuid4()),
                    "value": value,
                    "active_ms": int(1000 * luck.lognormvariate(0.9, 0.5)),
                }
                status, _ = desk.post(f"{api}tasks/{task['task']}/answer/", answer)
                answered += status == 201
    finally:
        desk.close()
    return answered
