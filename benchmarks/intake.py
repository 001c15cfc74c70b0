"""Imports over HTTP, on what `make run` starts: seconds until items can be answered, and until all are there. Then the search."""

import http.client
import io
import json
import tempfile
import threading
import time
import uuid
import zipfile
from pathlib import Path
from typing import Any

import psutil
import pyarrow
import pyarrow.parquet

from benchmarks import item_search
from benchmarks.figure import figure
from benchmarks.separate_process import jpeg
from tests.stand import Stand

TEXTS, ROWS = 50_000, 1_000_000
PICTURES, DIFFERENT = 2_000, 100
WORDS = [
    "delivery",
    "late",
    "again",
    "please",
    "refund",
    "order",
    "parcel",
    "broken",
    "thanks",
    "great",
    "support",
    "nobody",
    "answers",
    "phone",
]


def run() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory(prefix="marginalia-bench-") as folder:
        stand = Stand(Path(folder) / "home", "--no-sample").start()
        try:
            boss = stand.token("boss", stand.password("boss", "--create", "--may-begin-projects"))
            project = _project(stand, boss, "texts")
            first, whole = _import(stand, boss, project, "texts.csv", _texts())
            figure("intake.rows_50k_s", first, "s", "<= 2, until the first can be answered")
            figure("intake.rows_50k_all_s", whole, "s", "with their tasks, at a question that asks about everything")
            project = _project(stand, boss, "rows", plan="batches")
            with _Memory(stand) as memory:
                _, whole = _import(stand, boss, project, "rows.parquet", _rows())
            figure("intake.rows_1m_s", whole, "s", "<= 60")
            web, worker = memory.most["web"], memory.most["worker"]
            figure("intake.rows_1m_rss_mb", max(web, worker), "MB", f"<= 600; web {web:.0f}, worker {worker:.0f}")
            project = _project(stand, boss, "pictures")
            took = _archive(stand, boss, project, _pictures())
            figure("intake.pictures_per_s", PICTURES / took, "1/s", ">= 80; JPEGs of a megapixel in a ZIP")
        finally:
            stand.stop()
    item_search.run()


def _pictures() -> bytes:
    """Return a ZIP of JPEGs, each another file: they have the pixels of a few, and a comment of their own."""
    different = [jpeg(number) for number in range(DIFFERENT)]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(PICTURES):
            picture, comment = different[number % DIFFERENT], f"picture {number}".encode()
            segment = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
            archive.writestr(f"{number}.jpg", picture[:2] + segment + picture[2:])
    return buffer.getvalue()


def _archive(stand: Stand, boss: str, question: str, content: bytes) -> float:
    """Import an archive; return the seconds until its job is done."""
    base = question.split("questions/")[0]
    began = time.perf_counter()
    status, said = _send(stand, boss, f"{base}items/", "a.zip", content, {}, "archive")
    assert status < 300, said
    while True:
        [job] = stand.get(f"{base}jobs/?kind=import", boss)[1]["results"]
        if job["state"] not in ("waiting", "running"):
            assert job["state"] == "done" and job["result"]["new"] == PICTURES, job
            return time.perf_counter() - began
        time.sleep(0.2)


def _texts() -> bytes:
    lines = ["id,text,source,label"]
    lines += [f'{n},"{_text(n)}",web,{"yes" if n % 3 else "no"}' for n in range(TEXTS)]
    return "\n".join(lines).encode()


def _text(number: int) -> str:
    return " ".join(WORDS[(number * k) % len(WORDS)] for k in range(1, 13)) + f", number {number}"


def _rows() -> bytes:
    numbers = range(ROWS)
    table = pyarrow.table(
        {"id": list(numbers), "text": [_text(n) for n in numbers], "source": [f"shop {n % 50}" for n in numbers]}
    )
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(table, buffer, row_group_size=100_000)
    return buffer.getvalue()


def _project(stand: Stand, boss: str, name: str, plan: str = "everything") -> str:
    project = stand.post("/api/v1/projects/", {"name": name}, boss)[1]["id"]
    base = f"/api/v1/projects/{project}/"
    stand.post(f"{base}budget/", {"amount": "1000000"}, boss)
    ask = {"text": "?", "kind": "choice", "config": {"choices": ["yes", "no"]}, "plan": plan}
    question = stand.post(f"{base}questions/", ask, boss)[1]["id"]
    return f"{base}questions/{question}/"


def _import(stand: Stand, boss: str, question: str, name: str, content: bytes) -> tuple[float, float]:
    """Import a file; return the seconds until the first task can be held, and until the job is done."""
    base = question.split("questions/")[0]
    uses = {"id": "external_id", "text": "text"}
    fields = {"mapping": json.dumps({"columns": uses}), "start": "true"}
    began = time.perf_counter()
    status, said = _send(stand, boss, f"{base}imports/", name, content, fields)
    assert status == 201, said
    first, planned = 0.0, name.endswith("parquet")
    while True:
        if not first and not planned:
            found = stand.post(f"{question}tasks/next/", {"count": 1}, boss)[1]
            first = time.perf_counter() - began if found.get("tasks") else 0.0
        job = stand.get(f"{base}imports/{said['id']}/", boss)[1]["job"]
        if job["state"] not in ("waiting", "running"):
            assert job["state"] == "done" and job["result"]["refused"] == 0, job
            return first, time.perf_counter() - began
        time.sleep(0.02 if not first and not planned else 0.5)  # so that asking takes none of what is measured


def _send(
    stand: Stand, boss: str, path: str, name: str, content: bytes, fields: dict[str, str], field: str = "file"
) -> tuple[int, dict[str, Any]]:
    boundary = uuid.uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in fields.items()
    ]
    head = "".join(parts) + (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    connection = http.client.HTTPConnection("127.0.0.1", stand.port, timeout=120)
    headers = {"Authorization": f"Token {boss}", "Content-Type": f"multipart/form-data; boundary={boundary}"}
    connection.request("POST", path, body, headers)
    response = connection.getresponse()
    return response.status, json.loads(response.read())


class _Memory:
    """The most memory that the web processes and the workers take, each with its children, in MB."""

    def __init__(self, stand: Stand) -> None:
        self.stand, self.most = stand, {"web": 0.0, "worker": 0.0}
        self._over = threading.Event()

    def __enter__(self) -> "_Memory":
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.5):
            for kind, word in (("web", "gunicorn"), ("worker", "celery"), ("worker", "imports.reader")):
                sizes = []
                for one in self.stand.processes():
                    try:
                        if word in " ".join(one.cmdline()):
                            sizes.append(one.memory_info().rss / 1e6)
                    except psutil.Error:
                        continue
                self.most[kind] = max(self.most[kind], *sizes, 0.0)
