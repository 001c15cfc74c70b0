"""Long work: once, seen, stopped, taken up again."""

import os
import subprocess
import threading
from datetime import timedelta
from types import SimpleNamespace

import pytest
from celery.exceptions import WorkerLostError
from django.db import OperationalError, connection
from django.utils import timezone

from annotator import jobs, tasks
from annotator.jobs import leases, registry
from annotator.models import Job
from annotator.models.job import JobState

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def handler(monkeypatch):
    """Let a test say what the work is."""

    def register(function):
        monkeypatch.setitem(registry.handlers, "test", function)

    return register


@pytest.fixture
def job(project, handler):
    handler(lambda work: None)
    return jobs.submit(project, "test", "A test", "test:1")


def test_a_cause_asked_for_twice_is_one_job_and_one_message(project, job, sent):
    assert jobs.submit(project, "test", "A test", "test:1") == job
    assert sent == [str(job.pk)]


def test_it_runs_once_however_often_the_message_comes(job, handler):
    ran = []
    handler(lambda work: ran.append(work.job.pk))
    jobs.run(job.pk)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (ran, job.state, job.percent) == ([job.pk], JobState.DONE, 100)


def test_a_job_someone_has_is_left_to_them(job, handler):
    ran = []
    handler(lambda work: ran.append(work))
    Job.objects.update(state=JobState.RUNNING, lease_until=timezone.now() + timedelta(seconds=30))
    jobs.run(job.pk)
    assert ran == []


def test_a_job_whose_worker_died_is_sent_again_and_taken_up(job, handler, sent):
    ran = []
    handler(lambda work: ran.append(work.job.attempts))
    past = timezone.now() - timedelta(seconds=60)
    Job.objects.update(state=JobState.RUNNING, lease_until=past, sent_at=past, attempts=1)
    assert jobs.sweep() == 1 and sent[-1] == str(job.pk)
    jobs.run(job.pk)
    assert ran == [2]


def test_a_job_whose_worker_died_comes_before_those_that_wait(project, job, handler):
    ran = []
    handler(lambda work: ran.append(work.job.idempotency_key))
    past = timezone.now() - timedelta(seconds=60)
    waiting = jobs.submit(project, "test", "A test", "test:2")
    elsewhere = jobs.submit(project, "test", "A test", "test:3", queue="gpu")
    Job.objects.exclude(pk=waiting.pk).update(state=JobState.RUNNING, lease_until=past, attempts=1)
    jobs.run(waiting.pk)
    assert ran == ["test:1", "test:2"]
    elsewhere.refresh_from_db()
    assert elsewhere.state == JobState.RUNNING


def held(job, holder, process, attempts=1):
    until = timezone.now() + timedelta(seconds=20)
    Job.objects.filter(pk=job.pk).update(
        state=JobState.RUNNING, lease_until=until, holder=holder, holder_process=process, attempts=attempts
    )


def free_for_others(job):
    return Job.objects.filter(pk=job.pk, lease_until__lt=timezone.now()).exists()


def test_a_worker_that_starts_again_frees_what_it_held_and_nothing_else(project, job, sent):
    others = [jobs.submit(project, "test", "A test", f"test:{n}") for n in (2, 3)]
    held(job, "gpu1@here", 7)
    held(others[0], "gpu2@here", 7)
    held(others[1], "gpu1@here", 8, attempts=2)
    sent.clear()
    tasks._after_start("gpu1@here")
    assert free_for_others(job) and sent == [str(job.pk)]
    assert not free_for_others(others[0])
    assert not free_for_others(others[1]), "a job that killed its worker twice waits for its lease"


def test_a_process_that_was_killed_frees_what_it_held_and_its_brothers_go_on(project, job):
    other = jobs.submit(project, "test", "A test", "test:2")
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    held(job, "default1@here", ended.pid)
    held(other, "default1@here", os.getpid())
    sender = SimpleNamespace(request=SimpleNamespace(hostname="default1@here"))
    tasks._after_failure(sender, ValueError("the work itself failed"))
    assert not free_for_others(job)
    tasks._after_failure(sender, WorkerLostError("killed"))
    assert free_for_others(job) and not free_for_others(other)


def test_what_a_killed_process_held_comes_before_the_next_job_of_its_worker(project, job, handler):
    ran = []
    handler(lambda work: ran.append(work.job.idempotency_key))
    others = [jobs.submit(project, "test", "A test", f"test:{n}") for n in (2, 3)]
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    held(job, "gpu1@here", ended.pid)
    held(others[0], "gpu2@elsewhere", ended.pid)
    jobs.run(others[1].pk, "gpu1@here")
    assert ran == ["test:1", "test:3"]


def test_the_holder_of_a_job_is_known(job):
    jobs.run(job.pk, "gpu1@here")
    job.refresh_from_db()
    assert (job.holder, job.holder_process) == ("gpu1@here", os.getpid())


def test_the_sweep_comes_within_the_time_that_a_job_is_kept(settings):
    sweep = settings.CELERY_BEAT_SCHEDULE["annotator.sweep_jobs"]["schedule"]
    assert 30 * leases.LEASE_SHARE + sweep < 30


def test_a_job_that_kills_its_worker_again_and_again_is_given_up(job):
    Job.objects.update(
        state=JobState.RUNNING, lease_until=timezone.now() - timedelta(seconds=60), attempts=jobs.MOST_ATTEMPTS
    )
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED and "died" in job.error


def test_a_lost_message_is_sent_again(job, sent):
    Job.objects.update(sent_at=timezone.now() - timedelta(seconds=60))
    jobs.sweep()
    assert sent.count(str(job.pk)) == 2


def test_a_running_job_is_not_sent_again(job):
    Job.objects.update(state=JobState.RUNNING, lease_until=timezone.now() + timedelta(seconds=20), sent_at=None)
    assert jobs.sweep() == 0


def test_a_broker_that_is_away_is_no_harm(project, handler, monkeypatch):
    def away(*arguments, **named):
        raise OSError("no broker")

    monkeypatch.setattr("annotator.jobs.messages.current_app.send_task", away)
    assert jobs.submit(project, "test", "A test", "test:2").state == JobState.WAITING


def test_a_waiting_job_is_cancelled_at_once(job):
    jobs.ask_to_cancel(job)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED


def test_a_running_job_stops_at_its_next_step(job, handler, settings):
    settings.JOB_LEASE_SECONDS = 1
    started = threading.Event()

    def endless(work):
        started.set()
        for _ in range(400):
            work.check()
            threading.Event().wait(0.02)

    handler(endless)

    def run():
        try:
            jobs.run(job.pk)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert started.wait(5)
    jobs.ask_to_cancel(job)
    thread.join(10)
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED


def test_work_whose_lease_went_to_another_writes_nothing(job, handler):
    written = []

    def slow(work):
        Job.objects.update(lease_token="00000000-0000-4000-8000-000000000000")
        with work.finish():
            written.append(1)

    handler(slow)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert written == [] and job.state == JobState.RUNNING


def test_a_problem_is_told_and_a_fault_is_not_spread_out(job, handler, project):
    def problem(work):
        raise jobs.JobProblem("The archive is empty.")

    handler(problem)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, "The archive is empty.")

    def fault(work):
        raise KeyError("secret path")

    handler(fault)
    other = jobs.submit(project, "test", "A test", "test:3")
    jobs.run(other.pk)
    other.refresh_from_db()
    assert other.state == JobState.FAILED and "secret" not in other.error


def test_a_job_that_loses_the_database_is_left_to_be_taken_up_again(job, handler):
    def lose(work):
        raise OperationalError("the connection is closed")

    handler(lose)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.RUNNING and job.error == ""


def test_progress_is_written(job, handler):
    seen = []

    def steps(work):
        work.report(3, 10, "three of ten")
        seen.append(Job.objects.values_list("done", "total", "message").get())

    handler(steps)
    jobs.run(job.pk)
    assert seen == [(3, 10, "three of ten")]


def test_how_a_job_ended_is_shown_until_somebody_has_read_it(project, as_role, sent):
    result = {
        "files": 3,
        "new": 1,
        "known": 0,
        "refused": 2,
        "reasons": ["b.png: it is broken.", "c.png: it is broken."],
    }
    job = jobs.submit(project, "import", "Import of 3 files", "import:1")
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE, result=result, ended_at=timezone.now())
    browser, home = as_role("manager"), f"/projects/{project.pk}/items/"
    assert "b.png: it is broken." in browser.get(home).content.decode()
    address = f"/projects/{project.pk}/jobs/{job.pk}/dismiss/"
    assert as_role("annotator").post(address).status_code == 403
    assert as_role("stranger").post(address).status_code == 404
    response = browser.post(address, {"next": home})
    assert response.status_code == 302 and response["Location"] == home
    assert browser.post(address, {"next": "//evil.example"})["Location"] == "/"
    assert "broken" not in browser.get(home).content.decode()
    Job.objects.filter(pk=job.pk).update(state=JobState.FAILED, error="It failed again.", ended_at=timezone.now())
    assert "It failed again." in browser.get(home).content.decode()
    running = jobs.submit(project, "import", "Import of 4 files", "import:2")
    browser.post(f"/projects/{project.pk}/jobs/{running.pk}/dismiss/")
    running.refresh_from_db()
    assert running.dismissed_at is None


def test_a_job_is_dismissed_where_the_page_is_and_nothing_else_is_loaded(project, as_role):
    job = jobs.submit(project, "import", "Import of 3 files", "import:1")
    Job.objects.filter(pk=job.pk).update(state=JobState.FAILED, error="It failed.", ended_at=timezone.now())
    address = f"/projects/{project.pk}/jobs/{job.pk}/dismiss/"
    browser = as_role("manager")
    # A page that only a POST makes names no address that could be loaded again.
    block = browser.get(f"/projects/{project.pk}/jobs/").content.decode()
    assert f'hx-post="{address}"' in block and f'name="next" value="/projects/{project.pk}/"' in block
    response = browser.post(address, headers={"HX-Request": "true"})
    assert response.status_code == 200 and b'id="jobs"' in response.content and b"It failed." not in response.content
