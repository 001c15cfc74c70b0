"""`kill -9` in the middle: what was begun ends, once."""

import io
import random
import time
import uuid
import zipfile

import numpy as np
import pytest
from PIL import Image

from tests import make
from tests.stand import Stand, command_of
from tests.standins.redis import restartable_redis

pytestmark = pytest.mark.slow


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


@pytest.fixture
def stand(tmp_path):
    made = Stand(tmp_path / "home", "--no-sample", MARGINALIA_JOB_LEASE_SECONDS="4").start()
    try:
        yield made
    finally:
        made.stop()


class Line:
    """A project on a stand, taken through the line over HTTP."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        self.token = stand.token("boss", stand.password("boss", "--create", "--may-begin-projects"))
        self.base = f"/api/projects/{self.post('/api/projects/', name='Shades')['id']}/"
        self.post(f"{self.base}budget/", amount="1000")
        question = {
            "text": "Dark?",
            "kind": "choice",
            "config": {"choices": ["yes", "no"]},
            "overlap": 1,
            "test_overlap": 1,
        }
        self.question = f"{self.base}questions/{self.post(self.base + 'questions/', **question)['id']}/"

    def post(self, path: str, **body):
        status, said = self.stand.post(path, body, self.token)
        assert status < 300, (status, said)
        return said

    def get(self, path: str):
        return self.stand.get(path, self.token)[1]

    def bring(self, content: bytes):
        import urllib.request

        edge = uuid.uuid4().hex
        head = f'--{edge}\r\nContent-Disposition: form-data; name="archive"; filename="a.zip"\r\n\r\n'.encode()
        headers = {"Authorization": f"Token {self.token}", "Content-Type": f"multipart/form-data; boundary={edge}"}
        body = head + content + f"\r\n--{edge}--\r\n".encode()
        urllib.request.urlopen(
            urllib.request.Request(f"{self.stand.url}{self.base}items/", body, headers), timeout=30
        ).read()

    def ended(self, kind: str, timeout: float = 120):
        def look():
            jobs = self.get(f"{self.base}jobs/?kind={kind}")["results"]
            return jobs[0] if jobs and jobs[0]["state"] not in ("waiting", "running") else None

        job = self.stand.wait_until(look, timeout, f"the {kind} job did not end")
        assert job["state"] == "done", job
        return job

    def running(self, kind: str):
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


def trained(line: "Line", content: bytes, count: int) -> None:
    """Bring pictures in, answer for all of them, and freeze a version."""
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


def test_a_curve_killed_ten_times_at_random_moments_ends_each_run_once_and_charges_it_once(stand):
    line, luck = Line(stand), random.Random(8)
    trained(line, pictures(260), 260)
    kills = 0
    for number in range(11):
        time.sleep(luck.uniform(0.3, 2.5))
        what = f"-D {stand.home}/postgres" if number == 5 else "-Q gpu"  # the broker lives in the database
        kills += stand.kill(what) >= 1
        stand.wait_until(
            lambda: any("-Q gpu" in command_of(one) for one in stand.processes()),
            60,
            "the worker did not come back",
        )
    assert kills == 11
    line.ended("curve", 420)
    runs = each_run_ended_once_and_was_charged_once(stand)
    assert stand.rows("SELECT count(*) FROM annotator_job WHERE kind = 'curve'") == [(1,)]
    assert stand.rows("SELECT count(*) FROM annotator_job WHERE kind = 'train'") == [(runs,)]


def test_a_run_longer_than_the_brokers_visibility_timeout_is_not_run_twice(tmp_path):
    made = Stand(
        tmp_path / "home", "--no-sample", "--gpu-workers", "2", MARGINALIA_BROKER_VISIBILITY_SECONDS="2"
    ).start()
    try:
        line = Line(made)
        trained(line, pictures(100, detailed=True), 100)
        line.ended("curve", 420)
        each_run_ended_once_and_was_charged_once(made)
        [(longest, most)] = made.rows(
            "SELECT max(seconds), max(attempts) FROM workers_trainingrun r JOIN annotator_job j ON j.id = r.job_id"
        )
        assert longest > 4 and most == 1
    finally:
        made.stop()


def test_a_broker_that_forgets_everything_loses_no_run(tmp_path):
    with restartable_redis() as (redis, restart):
        made = Stand(
            tmp_path / "home", "--no-sample", CELERY_BROKER_URL=redis, MARGINALIA_JOB_LEASE_SECONDS="4"
        ).start()
        try:
            line = Line(made)
            trained(line, pictures(120), 120)
            time.sleep(2)
            restart()
            line.ended("curve", 420)
            each_run_ended_once_and_was_charged_once(made)
        finally:
            made.stop()


def test_an_import_killed_in_the_middle_ends_with_every_picture_once(stand):
    line = Line(stand)
    line.bring(pictures(3000))
    line.running("import")
    assert stand.kill("-Q default") >= 1
    job = line.ended("import", 120)
    assert job["attempts"] >= 2 and job["result"]["refused"] == 0
    assert stand.rows("SELECT count(*), count(DISTINCT sha256) FROM annotator_item") == [(3000, 3000)]
    assert stand.rows("SELECT count(*) FROM annotator_task") == [(3000,)]


def test_a_running_training_is_stopped_on_request_and_charged_for_its_seconds(stand):
    line = Line(stand)
    line.bring(pictures(260))
    line.ended("import")
    line.answer_all()
    line.post(f"{line.question}versions/")
    planned = line.ended("plan-training", 180)
    line.running("train")
    line.post(f"{line.base}jobs/{planned['id']}/cancel/")
    open_runs = "SELECT count(*) FROM annotator_job WHERE kind = 'train' AND state IN ('waiting', 'running')"
    stand.wait_until(lambda: stand.rows(open_runs) == [(0,)], 30, "the training did not stop")
    assert stand.rows("SELECT count(*) > 0 FROM annotator_job WHERE kind = 'train' AND state = 'cancelled'") == [
        (True,)
    ]
    assert stand.rows("SELECT sum(balance) FROM workers_account WHERE name = 'training'") == [(0,)]
    [(charged, cost)] = stand.rows(
        "SELECT (SELECT sum(amount) FROM workers_entry WHERE kind = 'compute'), (SELECT sum(cost) FROM workers_trainingrun)"
    )
    assert charged == cost > 0


def test_answers_survive_the_death_of_web_worker_and_database(stand):
    line = Line(stand)
    line.bring(pictures(120))
    line.ended("import")
    luck, told = random.Random(5), {}
    deadline = time.monotonic() + 90
    kills = iter(["gunicorn", f"-D {stand.home}/postgres", "-Q default"])
    next_kill = time.monotonic() + 1.0
    while time.monotonic() < deadline:
        if time.monotonic() > next_kill and (what := next(kills, None)):
            assert stand.kill(what) >= 1
            next_kill = time.monotonic() + 4
        try:
            status, said = stand.post(f"{line.question}tasks/next/", {"count": 3}, line.token)
            if status == 200 and not said["tasks"]:
                break
            for task in said["tasks"] if status == 200 else []:
                body = {"id": str(uuid.uuid4()), "value": luck.choice(["yes", "no"])}
                for _ in range(200):  # sent again until the server has said something
                    try:
                        status, _ = stand.post(f"{line.base}tasks/{task['task']}/answer/", body, line.token)
                    except OSError:
                        status = 0
                    if 200 <= status < 500:
                        break
                    time.sleep(0.1)
                if status in (200, 201):
                    told[body["id"]] = (task["task"], body["value"])
                time.sleep(0.05)
        except OSError:
            time.sleep(0.1)
    stored = {
        str(key): (task, value) for key, task, value in stand.rows("SELECT id, task_id, value FROM annotator_answer")
    }
    assert len(told) == 120 and stored == told
    assert stand.rows("SELECT count(*) FROM workers_entry WHERE kind = 'answer'") == [(120,)]
    assert stand.rows("SELECT DISTINCT answer_count, places_left FROM annotator_task") == [(1, 0)]
