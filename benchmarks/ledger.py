"""A million ledger entries: the overview over HTTP (the server's own time), and the statement as a file."""

import http.cookiejar
import re
import statistics
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

from benchmarks.figure import figure
from benchmarks.queue import fill
from tests.stand import Stand

ENTRIES, ROUNDS = 1_000_000, 15
# Answers of a hundred days by 64 people, each with its charge; written past the triggers, then booked in one go.
FILL = """
ALTER TABLE workers_entry DISABLE TRIGGER USER;
ALTER TABLE workers_account DISABLE TRIGGER USER;
WITH items AS (
    INSERT INTO annotator_item (project_id, name, sha256, modality, mime_type, size, width, height, length, excerpt, source,
                                original_sha256, changes, fields, path, split, created_at)
    SELECT %(project)s, 'item ' || n, encode(sha256(n::text::bytea), 'hex'), 'picture', 'image/png', 1, 1, 1, 0, '',
           '', '', '[]', '{}', '', 'train', now() FROM generate_series(1, %(entries)s / 2) n RETURNING id
), tasks AS (
    INSERT INTO annotator_task (question_id, batch_id, purpose, item_id, overlap, open_slots, answer_count, priority, shuffle_key,
                                sort_key, skips, created_at)
    SELECT %(question)s, b.id, 'work', items.id, 2, 0, 2, 0, 0, 0, 0, now() FROM items, annotator_batch b
    WHERE b.question_id = %(question)s RETURNING id
), answers AS (
    INSERT INTO annotator_answer (id, task_id, worker_id, value, active_ms, simulated, decision, revision, created_at)
    SELECT gen_random_uuid(), tasks.id, p.id, '"yes"', 4000, false, false, 1, now() - random() * interval '100 days'
    FROM tasks, generate_series(0, 1) k,
         LATERAL (SELECT (%(people)s::bigint[])[1 + (tasks.id + k) %% %(count)s] AS id) p
    RETURNING id, task_id, worker_id, created_at
)
INSERT INTO workers_entry (project_id, source_id, target_id, amount, currency, kind,
    idempotency_key, memo, phase_id, question_id, batch_id,
                           worker_id, created_at)
SELECT %(project)s, h.id, a.id, 0.02, 'USD', 'answer', 'answer:' || answers.id, '', f.id, %(question)s, b.id, answers.worker_id,
       answers.created_at
FROM (SELECT * FROM answers ORDER BY created_at) answers, annotator_batch b, workers_account h, workers_account a,
     workers_phase f
WHERE b.question_id = %(question)s AND h.project_id = %(project)s AND h.name = 'reserved' AND h.batch_id IS NULL
  AND f.project_id = %(project)s AND f.current AND a.phase_id = f.id AND a.name = 'answers';
UPDATE workers_account a SET balance = b.sum FROM (
    SELECT account, sum(amount) AS sum FROM (
        SELECT source_id AS account, -amount AS amount FROM workers_entry UNION ALL SELECT target_id, amount FROM workers_entry
    ) x GROUP BY account) b WHERE b.account = a.id AND a.name <> 'reserved';
ALTER TABLE workers_account ENABLE TRIGGER USER;
ALTER TABLE workers_entry ENABLE TRIGGER USER;
ANALYZE
"""
PAGES = {"overview": "", "budget": "budget/", "phases": "phases/", "statement": "budget/statement/"}


def run() -> None:
    """Print the figures of the ledger."""
    with tempfile.TemporaryDirectory(prefix="marginalia-bench-") as folder:
        stand = Stand(Path(folder) / "home", "--no-sample").start()
        try:
            word = stand.password("boss", "--create", "--may-begin-projects")
            boss = stand.token("boss", word)
            people = stand.people(64)
            project = stand.post("/api/v1/projects/", {"name": "A million entries"}, boss)[1]["id"]
            base = f"/api/v1/projects/{project}/"
            stand.post(f"{base}budget/", {"amount": "50000"}, boss)
            ask = {"text": "?", "kind": "choice", "config": {"choices": ["yes", "no"]}, "overlap": 2, "test_overlap": 2}
            question = stand.post(f"{base}questions/", ask, boss)[1]["id"]
            for name, _ in people:
                stand.post(f"{base}members/", {"username": name, "role": "annotator"}, boss)
            ids = [one for (one,) in stand.rows("SELECT id FROM annotator_user WHERE username LIKE 'person%%'")]
            values = {"project": project, "question": question, "entries": ENTRIES, "people": ids, "count": len(ids)}
            for statement in FILL.split(";\n"):
                fill(stand, statement, values)
            opener = _signed_in(stand, "boss", word)
            for name, path in PAGES.items():
                reference = "<= 200" if name == "overview" else None
                figure(f"ledger.{name}_1m_ms", _page(stand, opener, f"/projects/{project}/{path}"), "ms", reference)
            figure("ledger.statement_rows_per_s", _file(stand, opener, project), "1/s", ">= 50,000")
        finally:
            stand.stop()


def _signed_in(stand: Stand, name: str, word: str) -> urllib.request.OpenerDirector:
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    form = opener.open(f"{stand.url}/sign-in/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
    fields = {"username": name, "password": word, "csrfmiddlewaretoken": token[1] if token else ""}
    opener.open(
        urllib.request.Request(
            f"{stand.url}/sign-in/", urllib.parse.urlencode(fields).encode(), {"Referer": f"{stand.url}/sign-in/"}
        )
    )
    return opener


def _page(stand: Stand, opener: urllib.request.OpenerDirector, path: str) -> float:
    """Return the median of the server's own milliseconds for a page."""
    times = []
    for _ in range(ROUNDS):
        with opener.open(stand.url + path) as response:
            response.read()
            times.append(float(response.headers["Server-Timing"].split("dur=")[1]))
    return statistics.median(times)


def _file(stand: Stand, opener: urllib.request.OpenerDirector, project: int) -> float:
    """Return the rows a second of the statement as a file, from the request to its last byte."""
    began, rows = time.perf_counter(), -1
    with opener.open(f"{stand.url}/projects/{project}/budget/statement/entries.csv") as response:
        while piece := response.read(1 << 20):
            rows += piece.count(b"\n")
    assert rows >= ENTRIES, rows
    return rows / (time.perf_counter() - began)
