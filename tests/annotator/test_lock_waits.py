"""A request waits for a lock only so long; then it is told to come again, and nothing of it is stored."""

import subprocess
import sys
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection, connections

from annotator.models import AuditEntry, Batch, Task, TaskPlan
from annotator.server import lock_waits
from annotator.server.locks import Lock
from tests import make

MESSAGE = "Something else is changing this project right now. Try again in a few seconds."


@contextmanager
def held_elsewhere(statement):
    """Hold a lock on another connection, and let this one wait 0.2 s for locks."""
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as other:
        other.execute(statement)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 200")
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")
            other.rollback()


@pytest.mark.django_db(transaction=True)
def test_a_request_that_waits_too_long_changes_nothing_and_says_when_to_come_again(project, manager, client, api):
    question = make.question(project, plan=TaskPlan.BATCHES)
    make.items(project, 3)
    client.force_login(manager)
    boss = api(manager)
    rest = f"projects/{project.pk}/questions/{question.pk}/batches/"
    before = AuditEntry.objects.count()
    advisory = f"SELECT pg_advisory_xact_lock(({int(Lock.OPEN_SLOTS)}::bigint << 40) + {project.pk})"
    row = f"SELECT 1 FROM annotator_question WHERE id = {question.pk} FOR UPDATE"
    for lock in (advisory, row):
        with held_elsewhere(lock):
            page = client.post(f"/{rest}plan/", {"name": "one", "count": 3, "order": "random"})
            said = boss.post(f"/api/v1/{rest}", {"name": "one", "count": 3}, format="json")
            assert page.status_code == said.status_code == 503
            assert page["Retry-After"] == said["Retry-After"] == "5"
            assert MESSAGE in page.content.decode() and said.json() == {"detail": MESSAGE, "code": "busy"}
            assert not Batch.objects.exists() and not Task.objects.exists()
            assert AuditEntry.objects.count() == before
    assert boss.post(f"/api/v1/{rest}", {"name": "one", "count": 3}, format="json").status_code == 201


@pytest.mark.django_db
def test_a_new_connection_of_a_web_process_has_the_limit(monkeypatch):
    settings = connections.settings["default"]
    monkeypatch.setitem(settings, "OPTIONS", dict(settings["OPTIONS"]))
    lock_waits.limit_lock_waits(7)
    made = connections.create_connection("default")
    try:
        with made.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            assert cursor.fetchone() == ("7s",)
    finally:
        made.close()


@pytest.mark.parametrize(("module", "limited"), [("annotator.wsgi", True), ("annotator.celery", False)])
def test_only_web_processes_have_the_limit(module, limited):
    code = f"import {module}; from django.db import connections; print(connections.settings['default']['OPTIONS']['options'])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert ("lock_timeout=10000" in said) == limited
