"""The line over HTTP on a stand without the sample: pictures in, answers, a frozen version, its training."""

import io
import json
import urllib.request
import uuid
import zipfile
from typing import Any

import numpy as np
from PIL import Image

from tests import make
from tests.stand import Stand


class Line:
    """A project on a stand, taken through the line over HTTP."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        self.token = stand.token("boss", stand.password("boss", "--create", "--may-begin-projects"))
        self.base = f"/api/v1/projects/{self.post('/api/v1/projects/', name='Shades')['id']}/"
        self.post(f"{self.base}budget/", amount="1000")
        question = {
            "text": "Dark?",
            "kind": "choice",
            "config": {"choices": ["yes", "no"]},
            "overlap": 1,
            "test_overlap": 1,
        }
        self.question = f"{self.base}questions/{self.post(self.base + 'questions/', **question)['id']}/"

    def post(self, path: str, **body: Any) -> Any:
        status, said = self.stand.post(path, body, self.token)
        assert status < 300, (status, said)
        return said

    def get(self, path: str) -> Any:
        return self.stand.get(path, self.token)[1]

    def bring(self, content: bytes) -> None:
        """Import an archive of pictures."""
        self._send(f"{self.base}items/", "archive", "a.zip", content)

    def bring_table(self, name: str, content: bytes, uses: dict[str, str], on_rejected: str = "skip") -> str:
        """Begin to import a table, and return the address of the import."""
        fields = {"mapping": json.dumps({"columns": uses}), "on_rejected": on_rejected, "start": "true"}
        found = self._send(f"{self.base}imports/", "file", name, content, **fields)
        return f"{self.base}imports/{found['id']}/"

    def _send(self, path: str, field: str, name: str, content: bytes, **fields: str) -> Any:
        edge = uuid.uuid4().hex
        parts = [f'--{edge}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{fields[key]}\r\n' for key in fields]
        head = f'--{edge}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'
        headers = {"Authorization": f"Token {self.token}", "Content-Type": f"multipart/form-data; boundary={edge}"}
        body = "".join(parts).encode() + head.encode() + content + f"\r\n--{edge}--\r\n".encode()
        request = urllib.request.Request(f"{self.stand.url}{path}", body, headers)
        return json.loads(urllib.request.urlopen(request, timeout=120).read())

    def over(self, kind: str, timeout: float = 120) -> Any:
        """Wait until the last job of a kind has ended in any way, and return it."""

        def look() -> Any:
            jobs = self.get(f"{self.base}jobs/?kind={kind}").get("results")
            return jobs[0] if jobs and jobs[0]["state"] not in ("waiting", "running") else None

        return self.stand.wait_until(look, timeout, f"the {kind} job did not end")

    def ended(self, kind: str, timeout: float = 120) -> Any:
        """Wait until the last job of a kind is done, and return it."""
        job = self.over(kind, timeout)
        assert job["state"] == "done", job
        return job

    def running(self, kind: str) -> Any:
        return self.stand.wait_until(
            lambda: any(
                job["state"] == "running" and job["done"]
                for job in self.get(f"{self.base}jobs/?kind={kind}")["results"]
            ),
            60,
            f"the {kind} job did not run",
        )

    def answer_all(self) -> int:
        count = 0
        while tasks := self.post(f"{self.question}tasks/next/", count=3)["tasks"]:
            for task in tasks:
                value = "yes" if int(task["content"][-2], 16) % 2 else "no"
                self.post(f"{self.base}tasks/{task['task']}/answer/", id=str(uuid.uuid4()), value=value)
                count += 1
        return count


def trained(line: Line, content: bytes, count: int) -> None:
    """Import items, answer for all of them, and freeze a version."""
    line.bring(content)
    line.ended("import")
    assert line.answer_all() == count
    line.post(f"{line.question}versions/")
    line.ended("plan-training", 180)


def each_run_ended_once_and_was_charged_once(stand: Stand) -> int:
    """Check it in the database, and return how many runs there were."""
    [(runs, done, judged)] = stand.rows(
        "SELECT count(*), count(*) FILTER (WHERE j.state = 'done'), count(r.error) "
        "FROM workers_trainingrun r JOIN annotator_job j ON j.id = r.job_id"
    )
    assert runs == done == judged >= 10
    [(entries, charged, cost)] = stand.rows(
        "SELECT (SELECT count(DISTINCT run_id) FROM workers_entry WHERE kind = 'compute'), "
        "(SELECT sum(amount) FROM workers_entry WHERE kind = 'compute'), (SELECT sum(cost) FROM workers_trainingrun)"
    )
    assert entries == runs and charged == cost
    assert stand.rows("SELECT sum(balance) FROM workers_account WHERE name = 'training'") == [(0,)]
    for history, epochs in stand.rows("SELECT history, epochs FROM workers_trainingrun"):
        assert [entry["epoch"] for entry in history] == list(range(1, len(history) + 1)) and len(history) <= epochs
    return runs


def pictures(count: int, detailed: bool = False) -> bytes:
    """Return an archive of pictures; detailed ones are learned at the largest side, which takes long."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(count):
            archive.writestr(f"{number}.png", noise(number) if detailed else make.png(number * 37 + 11, (64, 64)))
    return buffer.getvalue()


def noise(number: int) -> bytes:
    """Return a picture of nothing but detail."""
    buffer = io.BytesIO()
    shades = np.random.default_rng(number).integers(0, 255, (96, 96, 3), dtype=np.uint8)
    Image.fromarray(shades).save(buffer, "PNG")
    return buffer.getvalue()
