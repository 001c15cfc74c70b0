"""The sample's line once over Redis, with two Celery worker processes a queue and with storage in S3."""

import pytest

from tests.stand import Stand, command_of
from tests.standins.redis import redis_server
from tests.standins.s3 import client, s3_server

pytestmark = pytest.mark.slow


def test_the_line_runs_over_redis_s3_and_two_workers(tmp_path):
    with redis_server() as redis, s3_server("marginalia") as s3:
        stand = Stand(
            tmp_path / "home",
            "--gpu-workers",
            "2",
            CELERY_BROKER_URL=redis,
            MARGINALIA_STORAGE="s3://marginalia/here",
            **s3,
        ).start()
        try:
            stand.wait_until(lambda: "The sample is complete" in stand.said(), 420, "the sample was not built")
            [(runs, judged, jobs)] = stand.rows(
                "SELECT count(*), count(error), count(DISTINCT job_id) FROM workers_trainingrun"
            )
            assert runs == judged == jobs > 40
            assert stand.rows("SELECT count(DISTINCT run_id) FROM workers_entry WHERE kind = 'compute'") == [(runs,)]
            assert stand.rows("SELECT count(*) FROM workers_training WHERE found <> '{}'") == [(5,)]
            assert stand.rows("SELECT count(*) FROM datasets_version") == [(5,)]
            workers = [
                one for one in stand.processes() if "-Q gpu" in command_of(one) and one.ppid() == stand.process.pid
            ]
            assert len(workers) == 2
            keys = [
                entry["Key"]
                for entry in client(s3).list_objects_v2(Bucket="marginalia", Prefix="here/runs/", MaxKeys=1000)[
                    "Contents"
                ]
            ]
            assert sum(key.endswith("weights.safetensors") for key in keys) == runs
            assert not (tmp_path / "home" / "storage").exists()
            token = stand.token("scientist", stand.password("scientist"))
            projects = stand.get("/api/projects/", token)[1]["results"]
            project = next(one for one in projects if one["name"] == "Handwritten digits")
            item = stand.get(f"/api/projects/{project['id']}/items/", token)[1]["results"][0]
            assert stand.get(item["content"], token)[0] == 200
            export = stand.get(f"/api/projects/{project['id']}/questions/1/versions/5/export/?as=jsonl", token)[1]
            assert "sha256" in str(export)
        finally:
            stand.stop()
        assert stand.processes() == []
