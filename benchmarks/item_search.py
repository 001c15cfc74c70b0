"""Searching in a million items: the server's time for a page of what a word finds, with its count, and for other pages."""

import statistics
import time
import uuid
from collections.abc import Callable
from typing import Any

from benchmarks.figure import figure

ITEMS = 1_000_000
ROUNDS = 15
LEAST_OFTEN = 1000  # the word that is looked for is in one of so many items
# Twelve words each, of ten thousand words: the first are frequent, as in a language. The index of words is made at the end.
FILL = """
INSERT INTO annotator_item (project_id, name, sha256, modality, mime_type, size, width, height, length, excerpt, source,
                            original_sha256, changes, fields, path, text, external_id, "group", priority, tags, split, created_at,
                            withdrawn_reason)
SELECT %(project)s, 'reviews-' || n || '.txt', md5(n::text) || md5('x' || n), 'text', 'text/plain', 80, 0, 0, 80, '', '', '',
       '[]', jsonb_build_object('city', 'town' || n %% 500), '',
       concat_ws(' ', w(n, 1), w(n, 2), w(n, 3), w(n, 4), w(n, 5), w(n, 6), w(n, 7), w(n, 8), w(n, 9), w(n, 10), w(n, 11),
                 w(n, 12), CASE WHEN n %% %(often)s = 7 THEN 'marginal' END, CASE WHEN n < 300000 THEN 'early' END),
       'r-' || n, 'shop-' || n %% 5000, 0, CASE WHEN n %% 200 = 0 THEN ARRAY['checked'] ELSE ARRAY[]::varchar[] END,
       CASE WHEN n %% 5 = 0 THEN 'test' ELSE 'train' END, now(), ''
FROM generate_series(1, %(items)s) n
"""
WORD = """
CREATE FUNCTION pg_temp.w(n int, place int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT 'word' || (power(((n::bigint * 2654435761 + place::bigint * 40503 * n) %% 1000003)::float / 1000003, 3) * 10000)::int
$$
"""


def run() -> None:
    """Print the figures."""
    import os

    import django

    import tests.surroundings  # noqa: F401  # a state folder and a PostgreSQL of our own

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotator.settings")
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    project, took = _filled()
    from annotator.items import found
    from annotator.items.search import Search

    def ms(search: Search, start: int = 0) -> float:
        return _median(lambda: found.page(project, search, 60, start))

    count = found.page(project, Search(words="marginal", may_tell=True), 60).count
    assert count == ITEMS // LEAST_OFTEN, count
    figure(
        "intake.search_1m_ms",
        ms(Search(words="marginal", order="newest", may_tell=True)),
        "ms",
        f"filled in {took:.0f} s",
    )
    pages: dict[str, Any] = {
        "beginning_of_a_word": {"words": "marg"},
        "two_letters": {"words": "wo"},
        "frequent_word": {"words": "word1"},
        "word_of_old_items": {"words": "early"},
        "external_id": {"words": "r-777777"},
        "no_words": {},
        "tag": {"tag": "checked"},
        "group": {"group": "shop-77"},
        "test_split": {"split": "test"},
        "modality_of_none": {"modality": "picture"},
        "by_name": {"order": "name"},
        "by_external_id": {"order": "external_id"},
        "by_priority": {"order": "priority"},
        "withdrawn": {"withdrawn": True},
    }
    for name, values in pages.items():
        figure(f"items.{name}_1m_ms", ms(Search(**({"order": "newest"} | values), may_tell=True)), "ms")
    figure("items.last_page_1m_ms", ms(Search(may_tell=True), 9_900), "ms")


def _median(act: Callable[[], Any]) -> float:
    act()
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        act()
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


def _filled() -> tuple[Any, float]:
    """Return a project with a million texts, and the seconds that it took to make them."""
    from django.db import connection

    from tests import make

    project = make.project(make.user(uuid.uuid4().hex[:20]), name="Bench")
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'item_by_words'")
        [[index]] = cursor.fetchall()
        cursor.execute("DROP INDEX item_by_words")
        cursor.execute(WORD.replace("%%", "%"))
        fill = FILL.replace("w(n", "pg_temp.w(n")
        cursor.execute(fill, {"project": project.pk, "items": ITEMS, "often": LEAST_OFTEN})
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute(index)
        cursor.execute("VACUUM ANALYZE annotator_item")
    return project, time.perf_counter() - begun


if __name__ == "__main__":
    run()
