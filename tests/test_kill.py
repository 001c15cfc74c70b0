"""`kill -9` in the middle: what was begun ends, once."""

import random
import time
import uuid

import psycopg
import pytest

from tests.line import Line, each_run_ended_once_and_was_charged_once, pictures, trained
from tests.stand import Stand, command_of
from tests.standins.redis import restartable_redis

pytestmark = pytest.mark.slow


@pytest.fixture
def stand(tmp_path):
    made = Stand(tmp_path / "home", "--no-sample", MARGINALIA_JOB_LEASE_SECONDS="4").start()
    try:
        yield made
    finally:
        made.stop()


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


def test_jobs_go_on_after_idle_processes_of_the_workers_were_killed(stand):
    """Whichever process of the queue is killed while it waits: the next job is begun all the same."""
    line, luck = Line(stand), random.Random(3)
    for number in range(6):
        idle = stand.wait_until(
            lambda: [one for one in stand.processes() if "-Q default" in command_of(one)], 30, "no worker came back"
        )
        luck.choice(idle).kill()
        time.sleep(luck.choice([0, 0.1, 1, 3]))
        line.bring(pictures(4 + number))
        line.ended("import", 60)
    assert len(stand.rows("SELECT id FROM annotator_job WHERE kind = 'import' AND state = 'done'")) == 6


def test_workers_that_take_nothing_any_more_are_reported_and_started_again(stand):
    line = Line(stand)
    stand.wait_until(lambda: stand.get("/readyz")[0] == 200, 60, "it is not ready")
    for worker in [one for one in stand.processes() if "-Q default" in command_of(one)]:
        worker.suspend()
    line.bring(pictures(5))
    stand.wait_until(
        lambda: "worker" in stand.get("/readyz")[1].get("failed", ()), 90, "it still says that it is ready"
    )
    line.ended("import", 120)
    stand.wait_until(lambda: stand.get("/readyz")[0] == 200, 60, "it does not get ready again")


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
    begun = "SELECT count(*) > 0 FROM workers_trainingrun WHERE seconds > 0"
    stand.wait_until(lambda: stand.rows(begun) == [(True,)], 60, "no run has used a second")
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
        str(key): (task, value)
        for key, task, value in stand.rows(
            "SELECT a.id, s.public_id::text, a.value FROM annotator_answer a JOIN annotator_assignment s "
            "ON s.task_id = a.task_id AND s.worker_id = a.worker_id"
        )
    }
    assert len(told) == 120 and stored == told
    assert stand.rows("SELECT count(*) FROM workers_entry WHERE kind = 'answer'") == [(120,)]
    assert stand.rows("SELECT DISTINCT answer_count, open_slots FROM annotator_task") == [(1, 0)]


COUNTED = "SELECT count(*), count(DISTINCT sha256) FROM annotator_item"
TASKS = "SELECT count(*), count(DISTINCT item_id) FROM annotator_task"
ROWS = 40_000


def table_begun(line, on_rejected="skip"):
    """Begin to import a table, and return the address of the import."""
    content = "id,text\n" + "".join(f"{n},this is the text of row number {n}\n" for n in range(ROWS))
    return line.bring_table("rows.csv", content.encode(), {"id": "external_id", "text": "text"}, on_rejected)


def each_row_is_there_once(line, path):
    assert line.stand.rows(COUNTED) == line.stand.rows(TASKS) == [(ROWS, ROWS)]
    said = line.get(path)
    assert said["position"] == ROWS
    assert said["counts"] == {"new": ROWS, "known": 0, "changed": 0, "answers": 0, "rejected": 0}
    assert not [one for one in line.stand.processes() if "imports.reader" in command_of(one)]


@pytest.mark.parametrize("on_rejected", ["skip", "stop"])
def test_a_table_whose_worker_and_database_are_killed_has_each_row_once(stand, on_rejected):
    line, luck = Line(stand), random.Random(3)
    path = table_begun(line, on_rejected)
    taken_up = "SELECT true FROM annotator_job WHERE kind = 'import_table' AND state = 'running' AND attempts = %s"
    for number, victim in enumerate(("-Q default", f"-D {stand.home}/postgres"), start=1):
        stand.wait_until(lambda number=number: stand.rows(taken_up, number), 60, "no worker has taken it up")
        time.sleep(luck.uniform(0.5, 2.5))
        assert stand.kill(victim) >= 1
        [(count, different)] = stand.wait_until(lambda: asked(stand, COUNTED), 60, "the database did not come back")
        assert count == different < ROWS
        assert on_rejected == "skip" or count == 0, "all or nothing"
    job = line.ended("import_table", 240)
    assert job["attempts"] == 3
    each_row_is_there_once(line, path)


def asked(stand, sql):
    """Return what the database says, or nothing while it is away."""
    try:
        return stand.rows(sql)
    except (psycopg.Error, OSError):
        return []


def test_a_table_whose_reader_is_killed_can_be_continued(stand):
    line = Line(stand)
    path = table_begun(line)
    line.running("import_table")
    assert stand.kill("imports.reader") >= 1
    stopped = line.over("import_table")
    assert stopped["state"] == "failed" and "items were imported before" in stopped["error"]
    [(count, different)] = stand.rows(COUNTED)
    assert 0 < count == different == line.get(path)["position"] < ROWS
    line.post(f"{path}continue/")
    line.ended("import_table", 240)
    each_row_is_there_once(line, path)
