"""The sample's line from an empty folder: how long it takes, how right it ends, and how heavy the web process is after it."""

import http.cookiejar
import re
import statistics
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

from benchmarks.figure import figure
from tests.stand import Stand

PAGES = ["", "items/", "labels/", "versions/", "runs/", "budget/", "people/", "desk/"]
ROUNDS = 15


def run() -> None:
    """Build the sample in a folder of its own and print the figures."""
    with tempfile.TemporaryDirectory(prefix="marginalia-bench-") as folder:
        stand = Stand(Path(folder) / "home").start()
        try:
            stand.wait_until(lambda: "The sample is complete" in stand.said(), 600, "the sample was not built")
            _line(stand)
            _pages(stand)
            web = [one for one in stand.processes() if "gunicorn" in " ".join(one.cmdline())]
            figure("line.web_rss_mb", max(one.memory_info().rss for one in web) / 1e6, "MB", "<= 200")
            stand.stop()
            stand.output.unlink()
            began = time.monotonic()
            stand.start()
            figure("line.second_start_s", time.monotonic() - began, "s", "<= 10")
        finally:
            stand.stop()


def _line(stand: Stand) -> None:
    [(seconds,)] = stand.rows("SELECT extract(epoch FROM max(ended_at) - min(created_at)) FROM annotator_job")
    figure("line.sample_s", float(seconds), "s", "<= 180")
    [(answers, answering)] = stand.rows(
        "SELECT (SELECT count(*) FROM annotator_answer), sum(extract(epoch FROM ended_at - started_at)) "
        "FROM annotator_job WHERE kind = 'simulate'"
    )
    figure(
        "line.answers_per_s",
        answers / float(answering),
        "1/s",
        "12 simulated people on the same machine, training beside them",
    )
    [(error,)] = stand.rows(
        "SELECT error FROM workers_trainingrun WHERE error IS NOT NULL AND NOT chosen ORDER BY train_size DESC LIMIT 1"
    )
    figure("line.accuracy", (1 - error) * 100, "%", ">= 95")


def _pages(stand: Stand) -> None:
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    form = opener.open(f"{stand.url}/sign-in/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
    fields = {
        "username": "manager",
        "password": stand.password("manager"),
        "csrfmiddlewaretoken": token.group(1) if token else "",
    }
    opener.open(f"{stand.url}/sign-in/", urllib.parse.urlencode(fields).encode())
    slowest = 0.0
    for path in PAGES:
        times = []
        for _ in range(ROUNDS):
            with opener.open(f"{stand.url}/projects/1/{path}") as response:
                times.append(float(response.headers["Server-Timing"].split("dur=")[1]))
        slowest = max(slowest, statistics.median(times))
    figure("line.slowest_page_p50_ms", slowest, "ms", "<= 100")
