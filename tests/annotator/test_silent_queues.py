"""A queue whose messages nobody takes is noticed, and its workers are started again."""

import sys
import time
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from annotator import jobs
from annotator.jobs import heard
from annotator.models import Job
from annotator.models.job import JobState
from annotator.server import supervisor
from annotator.server.supervisor import Child


@pytest.mark.django_db
def test_a_queue_is_silent_when_nothing_is_taken_although_no_job_runs(project):
    heard.record("default")
    assert not heard.silent("default") and heard.silent("gpu")
    cache.set("heard-default", time.time() - heard.SECONDS - 1)
    assert heard.silent("default")
    job = jobs.submit(project, "import", "Import", "import:1")
    assert heard.silent("default"), "a job that waits is taken by nobody"
    now = timezone.now()
    for state, lease, ended, silent in (
        (JobState.RUNNING, now + timedelta(seconds=20), None, False),
        (JobState.RUNNING, now - timedelta(seconds=20), None, True),
        (JobState.DONE, None, now, False),
        (JobState.DONE, None, now - timedelta(minutes=2), True),
    ):
        Job.objects.filter(pk=job.pk).update(state=state, lease_until=lease, ended_at=ended)
        assert heard.silent("default") is silent, (state, lease, ended)


@pytest.mark.django_db
def test_nothing_is_restarted_when_the_database_cannot_be_asked(monkeypatch):
    def gone(*arguments):
        raise OSError("the database is gone")

    monkeypatch.setattr(cache, "get", gone)
    assert heard.silent("default") is False


def test_only_the_workers_of_the_silent_queue_are_restarted_and_not_before_they_could_be_heard(tmp_path, monkeypatch):
    monkeypatch.setenv("MARGINALIA_HOME", str(tmp_path))

    def silent(queue):
        return queue == "default"

    children = [
        Child(f"worker-{name}", [sys.executable, "-c", "import time; time.sleep(600)"], queue)
        for name, queue in (("default1", "default"), ("default2", "default"), ("gpu1", "gpu"), ("web", ""))
    ]
    try:
        for child in children:
            child.start()
        before = [child.process.pid for child in children]
        assert supervisor._restart_silent(children, silent, {"default"}) == set()
        for child in children:
            child.started = [time.monotonic() - supervisor.SILENT_SECONDS - 1]
        assert supervisor._restart_silent(children, silent, set()) == {"default"}, "one look is not enough"
        assert [child.process.poll() for child in children] == [None] * 4
        assert supervisor._restart_silent(children, silent, {"default"}) == set()
        for child in children[:2]:
            child.process.wait(10)
        for child in children:
            child.revive()
        after = [child.process.pid for child in children]
        assert [one != other for one, other in zip(before, after, strict=True)] == [True, True, False, False]
    finally:
        for child in children:
            child.kill_rest()
            child.process.wait(10)
