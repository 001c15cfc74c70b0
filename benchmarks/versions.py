"""Versions of 100,000 texts: frozen and verified; and exports of 50,000 with their texts."""

import os
import time
import uuid
from collections.abc import Callable
from typing import Any

from benchmarks.figure import figure

ITEMS = 100_000
PICTURES = 2_000
# About 200 characters each, with the label that a crowd of three would give.
FILL = """
INSERT INTO annotator_item (project_id, name, sha256, modality, mime_type, size, width, height, length, excerpt, source,
                            original_sha256, changes, fields, path, text, external_id, "group", priority, tags, split, created_at,
                            withdrawn_reason)
SELECT %(project)s, n || '.txt', encode(sha256(t.text::bytea), 'hex'), 'text', 'text/plain', length(t.text), 0, 0,
       length(t.text), '', '', '', '[]', jsonb_build_object('city', 'town' || n %% 500, 'stars', n %% 5), '', t.text, 'r-' || n,
       '', 0, ARRAY[]::varchar[], CASE WHEN n %% 5 = 0 THEN 'test' ELSE 'train' END, now(), ''
FROM generate_series(1, %(items)s) n, LATERAL (SELECT 'Review ' || n || ': ' || repeat('good tea and kind people, ', 7) AS text) t
"""
LABELS = """
INSERT INTO datasets_label (question_id, item_id, value, probability, answers, crowd, gain, decided, simulated, imported,
                            updated_at)
SELECT %(question)s, id, CASE WHEN id %% 3 = 0 THEN '"yes"'::jsonb ELSE '"no"' END, 0.9 + (id %% 1000) / 10001.0, 3,
       '[["yes", 0.912345], ["no", 0.087655]]', 0, false, 0, 0, now()
FROM annotator_item WHERE project_id = %(project)s
"""


def run() -> None:
    """Print the figures."""
    import django

    import tests.surroundings  # noqa: F401  # a state folder and a PostgreSQL of our own

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotator.settings")
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from datasets.models import Label
    from datasets.versions import differences, verification, versions

    question = _filled(ITEMS)

    def frozen() -> Any:
        return versions.freeze(question, versions.build(question), None)[0]

    version, seconds = _timed(frozen)
    figure("versions.freeze_100k_s", seconds, "s", 8)
    some = Label.objects.filter(question=question, item__split="train").order_by("pk")[:1000]
    Label.objects.filter(pk__in=[label.pk for label in some]).update(value="maybe")
    second, seconds = _timed(frozen)
    figure("versions.freeze_next_100k_s", seconds, "s", "most entries are stored already")
    found, seconds = _timed(lambda: differences.between(version, second))
    assert len(found.relabelled) == 1000
    figure("versions.diff_100k_s", seconds, "s", "2; 1,000 items relabelled")
    found, seconds = _timed(lambda: list(verification.differences(version)))
    assert found == []
    figure("versions.verify_100k_s", seconds, "s", 10)
    _exports()
    _pictures()


def _pictures() -> None:
    """Export 2,000 pictures of a megapixel each, with a box on each, as COCO."""
    import resource

    from annotator.models import Item, Project, Question, User
    from datasets.exports import FORMATS
    from datasets.exports.source import Source
    from datasets.models import Label
    from datasets.versions import versions

    user = User.objects.create(username=uuid.uuid4().hex[:20])
    project = Project.objects.create(name="Cups", created_by=user)
    config = {"labels": [{"value": "cup", "label": "Cup", "key": "1"}], "shapes": ["box"], "least": 0}
    question = Question.objects.create(project=project, text="Where?", kind="box", config=config, created_by=user)
    items = Item.objects.bulk_create(_megapixels(project))
    box = {"type": "box", "label": "cup", "x": 10, "y": 20, "width": 30, "height": 40}
    labels = [Label(question=question, item=one, value={"shapes": [box]}, probability=0.9, answers=1) for one in items]
    Label.objects.bulk_create(labels)
    version, _ = versions.freeze(question, versions.build(question), None)
    size, seconds = _timed(lambda: sum(map(len, FORMATS["coco"].write(Source(version)))))
    figure("versions.coco_pictures_per_s", PICTURES / seconds, "1/s", f"at least 100; {size / 1e6:.0f} MB")
    figure(
        "versions.coco_rss_mb",
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "MB",
        "at most 300; the whole bench",
    )


def _megapixels(project: Any) -> Any:
    import io

    import numpy as np
    from PIL import Image

    from annotator import storage
    from annotator.models import Item

    noise = np.random.default_rng(1).integers(0, 256, (1000, 1000, 3), dtype=np.uint8)
    for number in range(PICTURES):
        buffer = io.BytesIO()
        Image.fromarray(np.roll(noise, (number % 1000, number // 1000), axis=(0, 1)) // 8).save(
            buffer, "JPEG", quality=85
        )
        sha256 = storage.put_content(buffer.getvalue())
        yield Item(
            project=project,
            name=f"{number}.jpg",
            sha256=sha256,
            modality="picture",
            mime_type="image/jpeg",
            size=buffer.tell(),
            width=1000,
            height=1000,
            split="test" if number % 5 == 0 else "train",
        )


def _exports() -> None:
    from datasets.exports import FORMATS
    from datasets.exports.source import Source
    from datasets.versions import versions

    question = _filled(50_000)
    version, _ = versions.freeze(question, versions.build(question), None)
    for name, bound in (("json", 1), ("parquet", 2), ("csv", 2), ("jsonl", 2)):
        form = FORMATS[name]
        size, seconds = _timed(lambda form=form: sum(map(len, form.write(Source(version)))))  # type: ignore[misc]
        figure(f"versions.export_50k_{name}_s", seconds, "s", f"at most {bound}; {size / 1e6:.1f} MB")


def _filled(items: int) -> Any:
    """Return a question about a project with labelled texts."""
    from django.db import connection

    from annotator.models import Project, Question, User

    user = User.objects.create(username=uuid.uuid4().hex[:20])
    project = Project.objects.create(name="Reviews", created_by=user)
    question = Question.objects.create(
        project=project, text="Is it good?", kind="choice", config={"choices": ["yes", "no"]}, created_by=user
    )
    with connection.cursor() as cursor:
        cursor.execute(FILL, {"project": project.pk, "items": items})
        cursor.execute(LABELS, {"project": project.pk, "question": question.pk})
        cursor.execute("ANALYZE")
    return question


def _timed(act: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    found = act()
    return found, time.perf_counter() - start
