"""The line once over Redis, with two Celery worker processes a queue and with storage in S3."""

import pytest

from tests.line import Line, each_run_ended_once_and_was_charged_once, pictures, trained
from tests.stand import Stand, command_of, parent_of
from tests.standins.redis import redis_server
from tests.standins.s3 import client, s3_server

pytestmark = pytest.mark.slow


def test_the_line_runs_over_redis_s3_and_two_workers(tmp_path):
    with redis_server() as redis, s3_server("marginalia") as s3:
        stand = Stand(
            tmp_path / "home",
            "--no-sample",
            "--gpu-workers",
            "2",
            CELERY_BROKER_URL=redis,
            MARGINALIA_STORAGE="s3://marginalia/here",
            **s3,
        ).start()
        try:
            line = Line(stand)
            trained(line, pictures(120), 120)
            line.ended("curve", 300)
            runs = each_run_ended_once_and_was_charged_once(stand)
            assert stand.rows("SELECT count(*) FROM workers_training WHERE found <> '{}'") == [(1,)]
            workers = [
                one for one in stand.processes() if "-Q gpu" in command_of(one) and parent_of(one) == stand.process.pid
            ]
            assert len(workers) == 2
            found = client(s3).list_objects_v2(Bucket="marginalia", Prefix="here/runs/", MaxKeys=1000)["Contents"]
            assert sum(entry["Key"].endswith("weights.safetensors") for entry in found) == runs
            assert not (tmp_path / "home" / "storage").exists()
            item = line.get(f"{line.base}items/")["results"][0]
            assert stand.get(item["content"], line.token)[0] == 200
            assert "sha256" in str(line.get(f"{line.question}versions/1/export/?as=jsonl"))
        finally:
            stand.stop()
        assert stand.processes() == []
