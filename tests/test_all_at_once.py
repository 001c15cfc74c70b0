"""Everything hostile at once, on what `make run` starts: people go on, leases end, a killed training is picked up again.

There are 100 connections that never get on, a PDF that takes minutes to draw, an archive that unpacks to a gigabyte, and webhook
receivers that are slow or never finish. The load runs once, and each test looks at another side of what came of it.
"""

import http.client
import json
import statistics
import threading
import time
from datetime import datetime

import psutil
import pytest

from benchmarks.queue import Queue, crowd
from tests import hostile
from tests.line import Line, each_run_ended_once_and_was_charged_once, pictures, trained
from tests.load import MB, Memory, Slow, archives, hostile_archives, into, kill_training, leave, one_task, send_file
from tests.stand import Stand, command_of, cpu_of, parent_of
from tests.standins.receiver import receiver

pytestmark = pytest.mark.slow
LOAD_SECONDS, PEOPLE, THINK = 75.0, 6, 0.25
TASK_LEASE, JOB_LEASE = 20, 30


def readers(stand: Stand) -> list[psutil.Process]:
    return [one for one in stand.processes() if "annotator.intake.reader" in command_of(one)]


@pytest.fixture(scope="module")
def stand(tmp_path_factory):
    made = Stand(
        tmp_path_factory.mktemp("load") / "home",
        "--no-sample",
        MARGINALIA_TASK_LEASE_SECONDS=str(TASK_LEASE),
        MARGINALIA_OUTGOING_ALLOW="127.0.0.1/32",
    ).start()
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def load(stand):
    line = Line(stand)
    people = stand.people(PEOPLE + 2)
    queue = Queue(stand, line.token, 3000, False, people[:PEOPLE])
    left = one_task(line, people[PEOPLE:])
    trained(line, pictures(120, detailed=True), 120)
    sent = hostile.endless_pdf(), hostile_archives()
    found = {"queue": queue}
    with receiver() as endless, receiver() as late, receiver() as quick:
        endless.slow, late.pause = 0.5, 8.0
        for ear in (endless, late, quick):
            stand.post(f"{queue.base}webhooks/", {"url": ear.url, "events": ["answer.accepted"]}, line.token)
        threads = [
            threading.Thread(target=into(found, "crowd", lambda: crowd(queue, PEOPLE, LOAD_SECONDS, THINK))),
            threading.Thread(target=into(found, "killed", lambda: kill_training(stand))),
            threading.Thread(target=into(found, "left", lambda: leave(stand, *left))),
            threading.Thread(
                target=into(
                    found,
                    "pdf",
                    lambda: send_file(stand, line.base, line.token, "files", "a.pdf", sent[0]),
                )
            ),
            threading.Thread(target=into(found, "archives", lambda: archives(stand, line, sent[1]))),
        ]
        slow, memory = Slow(stand.port), Memory(stand)
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            slow.close()
            memory.close()
        found |= {"memory": memory.most, "reopened": slow.again, "line": line}
        found |= {"quick": quick, "late": len(late.heard), "endless": len(endless.heard)}
        answered = found["crowd"][0] if isinstance(found["crowd"], tuple) else 0
        stand.wait_until(lambda: len(quick.heard) >= answered, 60, "the quick receiver was not told of every answer")
        found["delays"] = [  # in seconds, of each that was heard
            moment - datetime.fromisoformat(json.loads(body)["created_at"]).timestamp()
            for moment, (_, body) in zip(quick.moments, quick.heard, strict=True)
        ]
    answers, waits, *_ = found["crowd"] if isinstance(found["crowd"], tuple) else (0, [0, 0])
    print(
        f"\nall at once: answers/s {answers / LOAD_SECONDS:.1f} of at most {PEOPLE / THINK:.0f}, "
        f"p95 {statistics.quantiles(waits, n=20)[18]:.0f} ms, picked up after {found['killed']:.1f} s, "
        f"memory MB { {name: size // MB for name, size in memory.most.items()} }, reopened {slow.again}, "
        f"webhook delay at most {max(found['delays'], default=0):.1f} s of {len(quick.heard)}, slow ones heard {found['late']}, "
        f"lease freed after {found['left']}"
    )
    return found


def test_people_go_on(load):
    answers, waits, errors, doubles = load["crowd"]
    assert (errors, doubles) == (0, 0)
    assert answers > PEOPLE * LOAD_SECONDS / 10, "each person answers at least once in ten seconds"
    assert max(waits) < 10_000


def test_no_moment_is_without_an_answer(stand, load):
    project = int(load["queue"].base.split("/")[4])
    [(gap,)] = stand.rows(
        "SELECT max(extract(epoch FROM gap)) FROM (SELECT a.created_at - lag(a.created_at) OVER (ORDER BY a.created_at) AS gap "
        "FROM annotator_answer a JOIN annotator_task t ON t.id = a.task_id JOIN annotator_question q ON q.id = t.question_id "
        "WHERE q.project_id = %s) g",
        project,
    )
    assert gap < 10


def test_a_task_that_somebody_left_goes_to_another(load):
    assert not isinstance(load["left"], BaseException), load["left"]


def test_a_killed_training_is_picked_up_soon_after_its_lease(load):
    """The lease is over after 24 s and the sweeper comes 5 s later. Other tests share the machine, so there is twice the time."""
    assert load["killed"] < 2 * JOB_LEASE, load["killed"]


def test_the_trainings_end_as_if_nothing_had_been(stand, load):
    load["line"].ended("curve", 420)
    assert each_run_ended_once_and_was_charged_once(stand) >= 10


def test_the_hostile_files_are_refused_and_the_rest_comes_in(load):
    status, said = load["pdf"]
    assert status == 400 and "takes too" in str(said), said
    (sounds_state, sounds), (documents_state, documents) = load["archives"]
    assert (sounds_state, sounds["files"], sounds["refused"]) == ("done", 20, 20)
    assert (documents_state, documents["files"], documents["refused"]) == ("done", 2, 1)


def test_memory_stays_bounded(load):
    """An upload and a file of an archive have at most 50 MB each, and each is held a few times at most."""
    assert 0 < load["memory"]["web"] < 350 * MB
    assert 0 < load["memory"]["default"] < 450 * MB
    assert 0 < load["memory"]["housekeeping"] < 300 * MB


def test_slow_receivers_delay_no_other_webhook(stand, load):
    assert load["late"] >= 2 and load["endless"] >= 2, "the slow receivers were asked all the time"
    answers, *_ = load["crowd"]
    assert len(load["quick"].heard) >= answers
    assert statistics.median(load["delays"]) < 8, "less than one answer of the slow receiver"


def draw(stand: Stand, load, where: str):
    """Let a document that never ends be drawn, by a web process and by an import; return the readers at work."""
    line = load["line"]
    content = hostile.endless_pdf() + f"%{where}".encode()
    packed = hostile.archive({"a.pdf": content})

    def send(*sent):
        try:
            send_file(stand, line.base, line.token, *sent)
        except (OSError, http.client.HTTPException):  # who was asked is killed meanwhile
            pass

    threads = [
        threading.Thread(target=send, args=("files", "a.pdf", content)),
        threading.Thread(target=send, args=("archive", "a.zip", packed)),
    ]
    for thread in threads:
        thread.start()

    def busy():
        found = [one for one in readers(stand) if cpu_of(one, 0.2) > 15]
        return found if len({parent_of(one) for one in found}) >= 2 else None

    return stand.wait_until(busy, 60, "the document is not drawn by both"), threads


def test_readers_end_with_processes_that_are_killed(stand, load):
    working, threads = draw(stand, load, "killed")
    children = [one for one in stand.processes() if parent_of(one) == stand.process.pid]
    for child in children:
        if "gunicorn" in command_of(child) or "-Q default" in command_of(child):
            child.kill()
    _, alive = psutil.wait_procs(working, timeout=5)
    for thread in threads:
        thread.join()
    assert not alive
    stand.wait_until(lambda: _answers(stand), 30, "the product did not come back")


def _answers(stand: Stand) -> bool:
    try:
        return stand.get("/healthz")[0] == 200
    except OSError:
        return False


def test_nothing_is_left_when_the_product_stops(stand, load):
    _, threads = draw(stand, load, "stopped")
    stand.process.terminate()
    stand.process.wait(60)
    for thread in threads:
        thread.join()
    deadline = time.monotonic() + 5
    while (left := stand.processes()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == [], [command_of(one) for one in left]
