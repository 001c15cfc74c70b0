"""Alive, and ready: each part that fails is named, and nothing else is told."""

import pytest

from annotator.jobs import heard
from annotator.server import health

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    monkeypatch.setattr(health, "_last", (-health.KEEP_SECONDS, []))


@pytest.mark.parametrize("part", health.PARTS)
def test_a_part_that_fails_is_named_and_nothing_else(client, monkeypatch, part):
    def fail():
        raise RuntimeError("postgresql://user:secret@host/name")

    monkeypatch.setattr(health, "PARTS", {name: fail if name == part else lambda: None for name in health.PARTS})
    response = client.get("/readyz", headers={"host": "10.0.0.9"})
    assert (response.status_code, response.json()) == (503, {"status": "failing", "failed": [part]})
    assert client.get("/healthz").json() == {"status": "ok"}


def test_ready_when_beat_and_a_worker_were_heard(client, monkeypatch):
    monkeypatch.setitem(health.PARTS, "broker", lambda: None)
    assert client.get("/readyz").json()["failed"] == ["beat", "worker"]
    for queue, failed in (("housekeeping", ["worker"]), ("default", None)):
        heard.record(queue)
        monkeypatch.setattr(health, "_last", (-health.KEEP_SECONDS, []))
        assert client.get("/readyz").json().get("failed") == failed


def test_storage_that_cannot_be_written_is_found(settings, tmp_path):
    (tmp_path / "file").write_text("")
    settings.MARGINALIA_STORAGE = str(tmp_path / "file")
    assert "storage" in health.failed_parts()


def test_other_methods_are_refused(client):
    assert client.post("/readyz").status_code == 405
